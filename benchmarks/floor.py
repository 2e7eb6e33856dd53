"""The floor: the least that a chat on these libraries can be. It has no tools, no guards, no rendering.

`python -m benchmarks.floor chat`: a prompt_toolkit loop that imports openai beside the user's typing.
`python -m benchmarks.floor once TEXT`: import openai, one streamed request, print the answer.
Both take OPENAI_BASE_URL and OPENAI_API_KEY from the environment.
"""

import sys
import threading


def once(text: str) -> None:
    """Ask once and print the answer."""
    import openai

    client = openai.OpenAI()
    stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}], stream=True)
    for chunk in stream:
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)


def chat() -> None:
    """Ask again and again."""
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession("> ")
    ready = threading.Thread(target=__import__, args=("openai",), daemon=True)
    started = False

    def start() -> None:
        nonlocal started
        if not started:
            started = True
            ready.start()

    while True:
        try:
            text = session.prompt(pre_run=start)
        except EOFError:
            return
        ready.join()
        once(text)


if __name__ == "__main__":
    chat() if sys.argv[1] == "chat" else once(sys.argv[2])
