"""The chat in a real pseudo-terminal, as a person meets it."""

import signal
import stat
import sys
import termios
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatbot.pack import Pack
from chatbot.render.wrapping import cells
from chatbot.repl.toolbar import toolbar
from chatbot.tally import Tally
from chatbot.trust.ledger import Ledger
from tests.terminal import Terminal

DRIVER = Path(__file__).with_name("repl_driver.py")
ROOT = DRIVER.parent.parent
CTRL_C, CTRL_D, CTRL_J, CTRL_R, UP, ALT_ENTER = "\x03", "\x04", "\n", "\x12", "\x1b[A", "\x1b\r"


@pytest.fixture
def chat(tmp_path):
    opened = []

    def open_chat(*arguments, env=None, history=tmp_path / "data" / "history", **size):
        command = [sys.executable, str(DRIVER), "--history", str(history), *map(str, arguments)]
        terminal = Terminal(command, env={"PYTHONPATH": str(ROOT), **(env or {})}, cwd=str(tmp_path), **size)
        opened.append(terminal)
        return terminal

    yield open_chat
    for terminal in opened:
        terminal.__exit__()


@pytest.fixture
def gate(tmp_path):
    return tmp_path / "gate"


def echoes(terminal):
    return termios.tcgetattr(terminal.child.child_fd)[3] & termios.ECHO


def ready(terminal):
    terminal.wait_for("NOTICE of the model")
    terminal.wait_for_prompt()


def test_header_prompt_and_notice(chat):
    terminal = chat()
    ready(terminal)
    shown = [line for line in terminal.lines() if line]
    assert shown[0] == "HEADER"
    assert shown.index("NOTICE of the model") < shown.index(">")


def test_a_turn(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("hi there\r")
    terminal.wait_for("You said 'hi there'.")
    terminal.wait_for_prompt()
    assert "queued" not in terminal.text()
    assert "in_progress" not in terminal.text()


def test_prompt_takes_words_before_the_session_is_open(chat, gate):
    terminal = chat("--open-gate", gate)
    terminal.wait_for_prompt()
    terminal.type("early\r")
    terminal.wait_for("starting ...")
    gate.touch()
    terminal.wait_for("You said 'early'.")
    assert "starting ..." not in terminal.text()


def test_ctrl_c_gives_up_waiting_and_gives_the_words_back(chat, gate):
    terminal = chat("--open-gate", gate)
    terminal.wait_for_prompt()
    terminal.type("early\r")
    terminal.wait_for("starting ...")
    terminal.type(CTRL_C)
    terminal.wait_until(lambda: "starting ..." not in terminal.text() and terminal.text().count("> early") == 2)
    gate.touch()
    terminal.wait_for("NOTICE")
    terminal.type("!\r")
    terminal.wait_for("You said 'early!'.")


def test_notice_appears_above_what_is_being_typed(chat, gate):
    terminal = chat("--open-gate", gate)
    terminal.wait_for_prompt()
    terminal.type("half a")
    terminal.wait_for("> half a")
    gate.touch()
    terminal.wait_for("NOTICE")
    terminal.type(" sentence\r")
    terminal.wait_for("You said 'half a sentence'.")
    lines = terminal.lines()
    assert lines.index("NOTICE of the model") < lines.index("> half a sentence")


def test_opening_fails(chat, gate):
    terminal = chat("--broken", "--open-gate", gate)
    terminal.wait_for_prompt()
    gate.touch()
    assert terminal.wait_for_exit() == 3
    assert "chatbot: No API key." in terminal.text()
    assert "Traceback" not in terminal.text()


def test_opening_fails_while_words_wait(chat, gate):
    terminal = chat("--broken", "--open-gate", gate)
    terminal.wait_for_prompt()
    terminal.type("early\r")
    terminal.wait_for("starting ...")
    gate.touch()
    assert terminal.wait_for_exit() == 3
    assert "chatbot: No API key." in terminal.text()


def test_greeting_comes_above_the_prompt(chat, gate):
    terminal = chat("--greets", "--greet-gate", gate)
    ready(terminal)
    terminal.type("typed mean")
    terminal.wait_for("> typed mean")
    gate.touch()
    terminal.wait_for("HELLO from the assistant")
    terminal.type("while\r")
    terminal.wait_for("You said 'typed meanwhile'.")
    lines = terminal.lines()
    assert lines.index("HELLO from the assistant") < lines.index("> typed meanwhile")


def test_enter_waits_for_the_greeting(chat, gate):
    terminal = chat("--greets", "--greet-gate", gate)
    ready(terminal)
    terminal.type("hi\r")
    terminal.wait_for("about to greet")
    gate.touch()
    terminal.wait_for("You said 'hi'.")
    assert terminal.text().index("HELLO") < terminal.text().index("You said")


def test_ctrl_c_skips_the_greeting(chat, gate):
    terminal = chat("--greets", "--greet-gate", gate)
    ready(terminal)
    terminal.type("hi\r")
    terminal.wait_for("about to greet")
    terminal.type(CTRL_C)
    terminal.wait_for("You said 'hi'.")
    assert "HELLO" not in terminal.text()
    assert "interrupted" in terminal.text()


def test_ctrl_c_clears_the_line(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("wrong words")
    terminal.wait_for("wrong words")
    terminal.type(CTRL_C)
    terminal.wait_for_prompt()
    terminal.type("right\r")
    terminal.wait_for("You said 'right'.")


def test_ctrl_d_leaves_from_an_empty_line_only(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("abX\x1b[D" + CTRL_D + "c\r")
    terminal.wait_for("You said 'abc'.")
    terminal.wait_for_prompt()
    terminal.type(CTRL_D)
    assert terminal.wait_for_exit() == 0


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


def test_an_empty_line_sends_nothing(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("\r  \rx\r")
    terminal.wait_for("You said 'x'.")
    assert terminal.text().count("You said") == 1


@pytest.mark.parametrize("key", [ALT_ENTER, CTRL_J])
def test_new_lines(chat, key):
    terminal = chat()
    ready(terminal)
    terminal.type("one" + key + "two\r")
    terminal.wait_for(r"You said 'one\ntwo'.")


def test_a_paste_is_one_turn_and_never_sends_itself(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("\x1b[200~first\rsecond\r\nthird\n\x1b[201~")
    terminal.wait_for("third")
    terminal.type("end")
    terminal.wait_for("end")
    assert "You said" not in terminal.text()
    terminal.type("\r")
    terminal.wait_for(r"You said 'first\nsecond\nthird\nend'.")
    assert terminal.text().count("You said") == 1


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


def test_history_over_restarts(chat, tmp_path):
    terminal = chat()
    ready(terminal)
    for text in ("first words", "my key is hunter2", "second words"):
        terminal.type(text + "\r")
        terminal.wait_for(f"You said '{text}'.")
        terminal.wait_for_prompt()
    terminal.type("/help\r")
    terminal.wait_for("/tools")
    terminal.type(CTRL_D)
    terminal.wait_for_exit()
    file = tmp_path / "data" / "history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "hunter2" not in file.read_text()
    again = chat()
    ready(again)
    again.type(UP + UP)
    again.wait_for("> second words")
    again.type(UP)
    again.wait_for("> first words")
    again.type(CTRL_C)
    again.wait_for_prompt()
    again.type(CTRL_R + "seco")
    again.wait_for("second words")
    again.type("\r\r")
    again.wait_for("You said 'second words'.")


def test_a_command_that_fails_is_not_kept_since_nobody_knows_what_is_secret_in_it(chat, tmp_path):
    terminal = chat()
    ready(terminal)
    terminal.type("/contxt token=sesame-open\r")
    terminal.wait_for("There is no command /contxt. Did you mean /context?")
    terminal.wait_for_prompt()
    terminal.type("/help\r")
    terminal.wait_for("Ctrl-D on an empty line leaves.")
    terminal.wait_for_prompt()
    kept = (tmp_path / "data" / "history").read_text()
    assert "+/help" in kept
    assert "sesame" not in kept


def test_a_command_waits_for_the_greeting_since_both_work_on_the_conversation(chat, gate):
    terminal = chat("--greets", "--greet-gate", gate)
    ready(terminal)
    terminal.type("/usage\r")
    terminal.wait_for("about to greet")
    gate.touch()
    terminal.wait_for("1 replies")
    assert terminal.text().index("HELLO") < terminal.text().index("1 replies")


def test_no_history_without_a_place_for_it(chat, tmp_path):
    (tmp_path / "file").touch()
    terminal = chat(history=tmp_path / "file" / "history")
    terminal.wait_for("cannot be kept")
    ready(terminal)
    terminal.type("hi\r")
    terminal.wait_for("You said 'hi'.")
    terminal.wait_for_prompt()
    terminal.type(UP)
    terminal.wait_until(lambda: terminal.text().count("> hi") == 2)


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


def test_import_is_light(tmp_path):
    code = (
        "import sys, chatbot.repl; heavy = {'rich', 'pydantic', 'openai', 'typer', 'chatbot.session'};"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    with Terminal([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}) as terminal:
        terminal.wait_for_exit()
        assert "HEAVY []" in terminal.text()


def test_what_is_typed_before_the_prompt_is_there_is_said_line_by_line(chat):
    terminal = chat()
    terminal.type("early one\rearly two\rand the rest")
    terminal.wait_for("You said 'early one'.")
    terminal.wait_for("You said 'early two'.")
    terminal.wait_until(lambda: terminal.screen()[terminal.display.cursor.y] == "> and the rest", "the rest")


ALLOW = "or why not: "


def asked(terminal):
    terminal.wait_for(ALLOW.rstrip())
    terminal.wait_until(lambda: not echoes(terminal), "raw input")


ANSWERS = {
    "yes": (True, "", False),
    "Y": (True, "", False),
    "no": (False, "", False),
    "": (False, "", False),
    "the street is wrong": (False, "the street is wrong", False),
    "always": (True, "always in this session", True),
}


def test_a_call_waits_for_the_users_word(chat):
    terminal = chat(rows=100)
    ready(terminal)
    for number, (typed, answer) in enumerate(ANSWERS.items(), 1):
        terminal.type("change it\r")
        terminal.wait_until(lambda number=number: terminal.text().count(ALLOW.rstrip()) == number, "question")
        asked(terminal)
        terminal.type(f"{typed}\r")
        said = f"The answer: {answer}."
        earlier = list(ANSWERS.values())[:number].count(answer)
        terminal.wait_until(lambda said=said, times=earlier: terminal.text().count(said) == times, said)
        terminal.wait_for_prompt()


def test_the_whole_call_is_shown_and_nothing_in_it_hides(chat):
    terminal = chat(columns=60)
    ready(terminal)
    terminal.type("change it\r")
    asked(terminal)
    shown = "".join(terminal.lines())
    assert "change_address needs your word: it changes something" in shown
    assert r'"street": "Elm\u202e\u001b[2J 1"' in shown
    assert "".join(shown.split()).count("long") >= 300
    assert 'end"' in shown


def test_what_was_typed_before_the_question_is_no_answer_to_it(chat, gate):
    terminal = chat("--ask-gate", gate)
    ready(terminal)
    terminal.type("change it\r")
    terminal.wait_for("-> change_address")
    terminal.type("yes\r")
    gate.touch()
    asked(terminal)
    terminal.type("no\r")
    terminal.wait_for("The answer: (False, '', False).")
    terminal.wait_for("You said 'yes'.")


def test_ctrl_d_at_the_question_is_a_no(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("change it\r")
    asked(terminal)
    terminal.type(CTRL_D)
    terminal.wait_for("The answer: (False, '', False).")


def test_ctrl_c_at_the_question_ends_the_turn(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("change it\r")
    asked(terminal)
    terminal.type(CTRL_C)
    terminal.wait_for("interrupted")
    terminal.wait_for_prompt()
    terminal.type("hi there\r")
    terminal.wait_for("You said 'hi there'.")


@pytest.mark.parametrize("env", [{}, {"TERM": "dumb"}])
def test_a_secret_is_typed_unseen(chat, env):
    terminal = chat(env=env)
    terminal.wait_for("NOTICE of the model")
    terminal.wait_until(lambda: not echoes(terminal), "prompt")
    terminal.type("unlock it\r")
    terminal.wait_for("pin for change_address (not shown):")
    terminal.type("47xx\x7f\x7f11\r")
    terminal.wait_for("The pin has 4 characters, sum 205.")
    assert "47" not in terminal.text()


TAB, CTRL_X_CTRL_E = "\t", "\x18\x05"


def test_the_toolbar_tells_model_packs_and_tokens_and_is_gone_from_what_scrolls_away(chat):
    terminal = chat()
    ready(terminal)
    terminal.wait_for("fake · support")
    terminal.type("hi there\r")
    terminal.wait_for("You said 'hi there'.")
    terminal.wait_for_prompt()
    assert terminal.text().count("fake · support") == 1


@pytest.mark.parametrize("name", ["fake", "模型" * 10])
def test_the_toolbar_is_never_wider_than_the_screen(name):
    session = SimpleNamespace(
        packs=[Pack("support", ())],
        model=SimpleNamespace(name=name),
        mask=SimpleNamespace(text=str),
        runtime=SimpleNamespace(ledger=Ledger()),
    )
    conversation = SimpleNamespace(session=session, tally=Tally())
    whole = toolbar(conversation, 200)
    assert whole == f"{name} · support"
    for width in range(1, 50):
        line = toolbar(conversation, width)
        assert cells(line) < width or line == "…"
        assert line == whole or line.endswith("…")


COMPLETED = {
    "/ver": "> /verbose",
    "/model off": "> /model offline",
    "/model olla": "> /model ollama:",
    "/pack sup": "> /pack support",
    "/pack support,mine": "> /pack support,minecraft",
    "look at ./some": "> look at ./something.txt",
    "/system @./some": "> /system @./something.txt",
}


def test_tab_completes(chat, tmp_path):
    (tmp_path / "something.txt").touch()
    terminal = chat()
    ready(terminal)
    for typed, completed in COMPLETED.items():
        terminal.type(typed + TAB)
        terminal.wait_until(lambda completed=completed: completed in terminal.screen(), completed)
        terminal.type(CTRL_C)
        terminal.wait_for_prompt()


def test_tab_shows_what_there_is_to_choose_from(chat):
    terminal = chat()
    ready(terminal)
    terminal.type("/s" + TAB)
    terminal.wait_for("/sessions")
    terminal.wait_for("/system")


def test_ctrl_x_ctrl_e_opens_the_line_in_the_editor(chat, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ncat "$1" > seen; printf "written in the editor" > "$1"\n')
    editor.chmod(0o700)
    terminal = chat(env={"EDITOR": str(editor), "VISUAL": ""})
    ready(terminal)
    terminal.type("a draft" + CTRL_X_CTRL_E)
    terminal.wait_for("> written in the editor")
    terminal.type("\r")
    terminal.wait_for("You said 'written in the editor'.")
    assert (tmp_path / "seen").read_text().strip() == "a draft"
