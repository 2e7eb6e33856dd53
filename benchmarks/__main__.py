"""The measurements, one function each."""

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.grounding import grounding
from benchmarks.measure import Run, Sample, cpu_of_children, in_turns, process, resident, show, tell
from benchmarks.rendering import reading, streaming
from benchmarks.replaying import replaying, side_by_side
from benchmarks.serving import guarding, serving
from benchmarks.sessions import keeping, killing, searching
from benchmarks.terminal import Terminal
from chatbot.events import ToolReturned
from chatbot.interrupt import Interrupt
from chatbot.models.chat_completions import ChatCompletions
from chatbot.pack import Pack, Tool
from chatbot.session import Session, drive
from tests.loopback import ChatServer, calls, stall, text

PYTHON = [sys.executable]
CHATBOT = [str(Path(sys.executable).with_name("chatbot"))]
FLOOR = [*PYTHON, "-m", "benchmarks.floor"]
PROMPT = b">"  # what follows it may be drawn as a movement of the cursor
KEYS = "OPENAI", "CHATBOT"


@contextmanager
def home(server: ChatServer | None = None) -> Iterator[dict[str, str]]:
    """An environment with an empty home, where the model is the loopback server."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(KEYS)}
        environment |= {"HOME": folder, "PYTHONPATH": str(Path.cwd())}
        if server:
            environment |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none", "OPENAI_MODEL": "m"}
        yield environment


def starting() -> None:
    """How long a person waits for a command, and for a prompt that takes keys."""
    with home() as environment:
        bare = process([*PYTHON, "-c", "pass"], environment)
        for option, goal in (("--version", "3 x"), ("--help", "200 ms")):
            runs = {"python -c pass": bare, f"chatbot {option}": process([*CHATBOT, option], environment)}
            show(f"chatbot {option}", in_turns(runs), goal)
        runs = {
            "floor: prompt_toolkit + openai": prompting([*FLOOR, "chat"], environment),
            "chatbot, offline": prompting([*CHATBOT], environment),
            "chatbot, any API": prompting([*CHATBOT, "--base-url", "http://127.0.0.1:9/v1", "-m", "m"], environment),
        }
        show("exec to a prompt that takes keys", in_turns(runs), "1.4 x")


def prompting(command: list[str], environment: dict[str, str]) -> Run:
    """Return what runs a command until its prompt has shown a key."""

    def run() -> Sample:
        before = cpu_of_children()
        terminal = Terminal(command, environment)
        terminal.wait_for(PROMPT)
        terminal.type(b"q")
        took = terminal.wait_for(b"q")
        terminal.kill()
        return Sample(took, cpu_of_children() - before)

    return run


def one_shot() -> None:
    """A script of one turn, to the last byte, beside the floor that does nothing else."""
    with ChatServer(text("Hello there.")) as server, home(server) as environment:
        script = Path(environment["HOME"], "one.txt")
        script.write_text("hello\n", "utf-8")
        command = [*CHATBOT, "--script", str(script), "--no-greeting"]
        runs = {
            "floor: openai, one request": process([*FLOOR, "once", "hello"], environment),
            "chatbot --script, no pack": process([*command, "--pack", "none"], environment),
            "chatbot --script, support pack": process(command, environment),
            "chatbot --script, offline": process([*command, "--model", "offline"], environment),
        }
        show("a one-shot from a script", in_turns(runs), "1 x")


def conversing() -> None:
    """Enter to request, connections, memory, leaving."""
    first: list[float] = []
    later: list[float] = []
    leaving, at_prompt, in_session, connections = [], [], [], []
    for _ in range(5):
        with ChatServer(text("Hello there.")) as server, home(server) as environment:
            terminal = Terminal([*CHATBOT, "--no-greeting"], environment)
            terminal.wait_for(PROMPT)
            at_prompt.append(resident(terminal.pid))
            terminal.quiet(2.0)  # what is loaded behind the prompt is loaded by then
            for turn in range(5):
                terminal.type(b"hello again")
                terminal.quiet(0.2)
                pressed = terminal.type(b"\r")
                terminal.wait_for(b"there.")
                terminal.quiet(0.3)
                took = (server.requests[-1].at - pressed) * 1000
                (later if turn else first).append(took)
            in_session.append(resident(terminal.pid))
            leaving.append(terminal.leave())
            connections.append(server.connections)
    middle = statistics.median
    tell(
        "a conversation over the API",
        {
            "Enter to request, first turn": f"{middle(first):.1f} ms (goal 25)",
            "Enter to request, later turns": f"{middle(later):.1f} ms (goal 14)",
            "connections in five turns": f"{max(connections)} (goal 1)",
            "memory at the prompt": f"{middle(at_prompt):.0f} MB (goal 40)",
            "memory in the session": f"{middle(in_session):.0f} MB (goal 75)",
            "Ctrl-D to the end": f"{middle(leaving):.1f} ms (goal 50)",
        },
        "each behind it",
    )


def impatient() -> None:
    """An Enter that comes before the SDK is there waits only for it."""
    with ChatServer(text("Hello there.")) as server, home(server) as environment:

        def typed(command: list[str]) -> Run:
            def run() -> Sample:
                terminal = Terminal(command, environment)
                terminal.wait_for(PROMPT)
                terminal.type(b"hello\r")
                terminal.wait_for(b"there.")
                took = (server.requests[-1].at - terminal.started) * 1000
                terminal.kill()
                return Sample(took)

            return run

        runs = {"floor": typed([*FLOOR, "chat"]), "chatbot": typed([*CHATBOT, "--no-greeting"])}
        show("exec to request, Enter at once", in_turns(runs), "about the floor")


def interrupting() -> None:
    """Ctrl-C in the middle of an answer, twenty times; each next turn is answered."""
    with ChatServer() as server, home(server) as environment:
        terminal = Terminal([*CHATBOT, "--no-greeting"], environment)
        terminal.wait_for(PROMPT)
        terminal.quiet(2.0)
        obeyed = []
        for _ in range(20):
            server.then(stall(900), text("Hello there."))
            terminal.type(b"tell me\r")
            terminal.wait_for(b"three")
            pressed = terminal.type(b"\x03")
            terminal.wait_for(PROMPT)
            obeyed.append((time.perf_counter() - pressed) * 1000)
            terminal.quiet(0.1)
            terminal.type(b"hello\r")
            terminal.wait_for(b"there.")
            terminal.quiet(0.1)
        terminal.kill()
    slowest = sorted(obeyed)
    tell(
        "Ctrl-C while the assistant speaks",
        {"obeyed": f"{len(obeyed)} of 20", "median": f"{slowest[10]:.1f} ms", "slowest": f"{slowest[-1]:.1f} ms"},
        "50 ms, 20 of 20",
    )


def calling() -> None:
    """Tool result to next request; four tools of a second each."""

    def tool(work: Callable[[], object]) -> Tool:
        return Tool("work", "Work.", {"type": "object"}, lambda _: {}, lambda _arguments, _context: work())

    returned: list[float] = []

    def listen(event: object) -> None:
        if isinstance(event, ToolReturned):
            returned.append(time.perf_counter())

    with ChatServer() as server:
        model = ChatCompletions("m", base_url=server.url, api_key="none")
        model.warm()
        gaps = []
        for _ in range(11):
            server.then(calls(("work", {})), text("Done."))
            drive(Session(model, [Pack("p", (tool(lambda: 1),))]).turn("go", Interrupt()), listen)
            gaps.append((server.requests[-1].at - returned[-1]) * 1000)
        server.then(calls(*[("work", {})] * 4), text("Done."))
        start = time.perf_counter()
        sleep = threading.Event()
        drive(Session(model, [Pack("p", (tool(lambda: sleep.wait(1)),))]).turn("go", Interrupt()))
        four = time.perf_counter() - start
        model.close()
    tell(
        "tools",
        {
            "tool result to next request": f"{statistics.median(gaps):.1f} ms (goal 10)",
            "four one-second tools": f"{four:.3f} s, with two requests (goal 1.05)",
        },
        "each behind it",
    )


MEASUREMENTS = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(starting, one_shot, conversing, impatient, interrupting, calling),
        *(streaming, reading, keeping, searching, killing, serving, guarding, grounding, replaying, side_by_side),
    )
}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASUREMENTS:
        MEASUREMENTS[name]()
