import signal
import sys

import pytest

from tests.repl.keys import CTRL_C, CTRL_D, DRIVER, ROOT, echoes, ready
from tests.terminal import Terminal


def test_a_turn(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("hi there\r")
    terminal.wait_for("You said 'hi there'.")
    terminal.wait_for_prompt()
    assert "queued" not in terminal.text()
    assert "in_progress" not in terminal.text()


@pytest.mark.parametrize("word", ["exit", "quit", "/exit", " exit "])
def test_words_that_leave(chat, word):
    terminal = chat()
    ready(terminal)
    terminal.type(word + "\r")
    assert terminal.wait_for_exit() == 0


def test_words_that_only_begin_so_do_not_leave(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("exit the house\r")
    terminal.wait_for("You said 'exit the house'.")


def test_ctrl_c_ends_the_turn_not_the_chat(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("slow\r")
    terminal.wait_for("speaking now")
    terminal.type(CTRL_C)
    terminal.wait_for("interrupted")
    terminal.wait_for_prompt()
    terminal.type("still here\r")
    terminal.wait_for("You said 'still here'.")


def test_a_second_ctrl_c_leaves(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("stuck\r")
    terminal.wait_for("stuck now")
    terminal.type(CTRL_C)
    terminal.wait_for("not stopping")
    terminal.type(CTRL_C)
    assert terminal.wait_for_exit() == 130
    assert "Ctrl-C stops" not in terminal.text()
    assert not terminal.display.cursor.hidden


def test_after_an_error_the_words_are_back(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("fail please\r")
    terminal.wait_for("error: the model is on fire")
    terminal.wait_until(lambda: [line for line in terminal.screen() if line][-2] == "> fail please")
    terminal.type("\x01now \r")
    terminal.wait_for("You said 'now fail please'.")


def test_after_an_answer_that_broke_off_the_line_is_free_for_retry(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("break please\r")
    terminal.wait_for("error: the line is cut")
    terminal.wait_for_prompt()
    terminal.type("again\r")
    terminal.wait_for("You said 'again'.")


def test_what_is_typed_meanwhile_is_neither_lost_nor_shown(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("slow\r")
    terminal.wait_for("speaking now")
    terminal.type("typed ahead\rand more")
    terminal.wait_for("word20 ")
    assert "typed ahead" not in terminal.text()
    terminal.signal(signal.SIGINT)
    terminal.wait_for("You said 'typed ahead'.")
    terminal.wait_for("> and more")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("words", ["", "slow\r"])
def test_signals_restore_the_terminal(chat, number, words):
    terminal = chat()
    ready(terminal)
    assert not echoes(terminal)
    if words:
        terminal.type(words)
        terminal.wait_for("speaking now")
    terminal.signal(number)
    assert terminal.wait_for_exit() == 128 + number
    assert "Traceback" not in terminal.text()
    assert not terminal.display.cursor.hidden


def test_leaving_restores_the_terminal(tmp_path):
    shell = (
        f"trap : INT; stty -a > before; {sys.executable} {DRIVER} --history {tmp_path}/h; stty -a > after; echo BACK"
    )
    with Terminal(["/bin/sh", "-c", shell], env={"PYTHONPATH": str(ROOT)}, cwd=str(tmp_path)) as terminal:
        ready(terminal)
        terminal.type("slow\r")
        terminal.wait_for("speaking now")
        terminal.type(CTRL_C)
        terminal.wait_for_prompt()
        terminal.type(CTRL_D)
        terminal.wait_for("BACK")
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()


def test_commands(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("/tools\r")
    terminal.wait_for("requires verify")
    terminal.type("/tols\r")
    terminal.wait_for("There is no command /tols. Did you mean /tools?")
    terminal.type("/usr/bin is a path\r")
    terminal.wait_for("You said '/usr/bin is a path'.")


def test_a_tool_call(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("tool\r")
    terminal.wait_for("<- get_status (100 ms): OPEN")
    assert '-> get_status {"ticket": "12345"}' in terminal.lines()


def test_plain(chat):
    terminal = chat("--plain")
    ready(terminal)
    terminal.type("hi\r")
    terminal.wait_for("assistant: You said 'hi'.")


def test_dumb_terminal(chat):
    terminal = chat("--greets", env={"TERM": "dumb"})
    terminal.wait_for("HELLO")
    terminal.wait_for_prompt()
    terminal.type("hi\r")
    terminal.wait_for("You said 'hi'.")
    assert b"\x1b" not in terminal.raw.partition(b"HEADER")[2]
