import sys

from tests.repl.keys import CTRL_C, ROOT, ready
from tests.terminal import Terminal


def test_header_prompt_and_notice(chat):
    terminal = chat()
    ready(terminal)
    shown = [line for line in terminal.lines() if line]
    assert shown[0] == "HEADER"
    assert shown.index("NOTICE of the model") < shown.index(">")


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


def test_a_command_waits_for_the_greeting_since_both_work_on_the_conversation(chat, gate):
    terminal = chat("--greets", "--greet-gate", gate)
    ready(terminal)
    terminal.type("/usage\r")
    terminal.wait_for("about to greet")
    gate.touch()
    terminal.wait_for("1 replies")
    assert terminal.text().index("HELLO") < terminal.text().index("1 replies")


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
