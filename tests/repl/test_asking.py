import pytest

from tests.repl.keys import CTRL_C, CTRL_D, echoes, ready

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
