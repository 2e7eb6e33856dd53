"""The whole program in a real pseudo-terminal, from the first prompt to the last line."""

import json
import os
from pathlib import Path

import pytest

from tests.loopback import ChatServer, calls, stall, status, text

ROOT = Path(__file__).parent.parent
CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"


@pytest.fixture
def chat(tmp_path, in_terminal):
    def chat(*arguments, **environment):
        cleared = {name: "" for name in os.environ if name.startswith(("OPENAI", "CHATBOT"))}
        home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
        return in_terminal("chatbot", *arguments, env=cleared | home | environment, cwd=str(tmp_path))

    return chat


def api(server):
    return {"OPENAI_BASE_URL": server.url, "OPENAI_MODEL": "m", "OPENAI_API_KEY": "sk-loopback"}


def say(terminal, line, answer):
    terminal.wait_for_prompt()
    terminal.type(f"{line}\r")
    terminal.wait_for(answer)


def test_the_support_conversation_offline(chat, tmp_path):
    terminal = chat()
    terminal.wait_for("offline assistant")
    say(terminal, "What is the status of ticket 12345?", "API key")
    say(terminal, "I am john_doe", "API key")
    say(terminal, 'my username is "john_doe" and my API key is: "key"', "Billing Query")
    assert '"api_key": "•••"' in terminal.text()
    say(terminal, "That's it, thanks.", "good-bye")
    terminal.wait_for_prompt()
    terminal.type(CTRL_D)
    assert terminal.wait_for_exit() == 0
    assert '"key"' not in (tmp_path / "data" / "chatbot" / "history").read_text("utf-8")


def test_ctrl_c_stops_the_answer_and_the_next_turn_is_answered(chat):
    with ChatServer(stall(900)) as server:
        terminal = chat("--pack", "none", **api(server))
        say(terminal, "tell me", "three")
        server.then(text("Here I am."))
        terminal.type(CTRL_C)
        terminal.wait_for("interrupted")
        say(terminal, "are you there?", "Here I am.")
    assert server.violations == []
    assert server.bodies[-1]["messages"][-2]["content"].endswith("[interrupted]")


def test_ctrl_c_stops_a_tool_and_the_history_stays_valid(chat, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import time\nfrom chatbot import tool\n@tool\ndef nap() -> str:\n    'Sleep.'\n    time.sleep(60)\n", "utf-8"
    )
    with ChatServer(calls(("nap", {})), text("Good morning.")) as server:
        terminal = chat("--pack", "./slow.py", **api(server))
        say(terminal, "sleep", "-> nap")
        terminal.type(CTRL_C)
        terminal.wait_for("was interrupted")
        say(terminal, "wake up", "Good morning.")
    assert server.violations == []


def test_after_an_error_the_text_is_back_in_the_line_for_another_try(chat):
    with ChatServer(status(404)) as server:
        terminal = chat("--pack", "none", **api(server))
        say(terminal, "hello you", "404")
        terminal.wait_until(lambda: terminal.screen()[terminal.display.cursor.y] == "> hello you", "the text")
        server.then(text("Hello!"))
        terminal.type("\r")
        terminal.wait_for("Hello!")
    assert [message["role"] for message in server.bodies[-1]["messages"]] == ["user"]


def test_retries_are_seen(chat):
    with ChatServer(status(500, {"Retry-After": "0"}), text("At last.")) as server:
        terminal = chat("--pack", "none", **api(server))
        say(terminal, "hello", "trying again")
        terminal.wait_for("At last.")


def test_the_history_outlives_the_program(chat):
    first = chat("--pack", "none")
    say(first, "remember these words", "no tools")
    first.wait_for_prompt()
    first.type(CTRL_D)
    assert first.wait_for_exit() == 0
    second = chat("--pack", "none")
    second.wait_for_prompt()
    second.type(UP)
    second.wait_for("> remember these words")


def test_a_paste_of_several_lines_is_one_turn(chat):
    with ChatServer(text("Read.")) as server:
        terminal = chat("--pack", "none", **api(server))
        terminal.wait_for_prompt()
        terminal.type("\x1b[200~first line\nsecond line\n\x1b[201~")
        terminal.wait_for("second line")
        assert server.requests == []
        terminal.type("\r")
        terminal.wait_for("Read.")
    assert server.bodies[0]["messages"][-1]["content"].splitlines() == ["first line", "second line"]


def test_what_is_wrong_with_a_pack_is_one_line_and_ends_the_chat(chat):
    terminal = chat("--pack", "nowhere")
    assert terminal.wait_for_exit() == 2
    assert "There is no pack 'nowhere'." in terminal.text()
    assert "Traceback" not in terminal.text()


def test_what_a_model_writes_does_not_drive_the_terminal(chat):
    hostile = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b1m \u202eevil [bold]markup[/bold]"
    with ChatServer(text(hostile)) as server:
        terminal = chat("--pack", "none", **api(server))
        say(terminal, "hello", "markup")
    assert b"]0;" not in terminal.raw
    assert b"\x1b[2J" not in terminal.raw
    assert "[bold]markup[/bold]" in terminal.text()


def test_what_was_typed_ahead_outlives_a_ctrl_c(chat):
    with ChatServer(stall(900)) as server:
        terminal = chat("--pack", "none", **api(server))
        say(terminal, "tell me", "three")
        terminal.type("typed ahead")
        terminal.type(CTRL_C)
        terminal.wait_for("interrupted")
        terminal.wait_for("> typed ahead")


def test_on_a_dumb_terminal_ctrl_c_at_the_prompt_does_not_leave(chat):
    terminal = chat("--pack", "none", TERM="dumb")
    terminal.wait_for_prompt()
    terminal.type(f"abc{CTRL_C}hello\r")
    terminal.wait_for("no tools")
    terminal.type(CTRL_D)
    assert terminal.wait_for_exit() == 0


def test_json_needs_no_terminal_to_be_typed_into(chat):
    terminal = chat("--json", "--pack", "none")
    terminal.type("hello\n")
    terminal.wait_for('"turn_ended"')
    terminal.type(CTRL_D)
    assert terminal.wait_for_exit() == 0
    whole = terminal.raw.decode()
    assert json.loads(next(line for line in whole.splitlines() if "session_started" in line))["packs"] == []
