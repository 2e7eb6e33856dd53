import stat

import pytest

from tests.repl.keys import ALT_ENTER, CTRL_C, CTRL_D, CTRL_J, CTRL_R, CTRL_X_CTRL_E, TAB, UP, ready


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


COMPLETED = {
    "/ver": "> /verbose",
    "/model off": "> /model offline",
    "/model olla": "> /model ollama:",
    "/model local:sm": "> /model local:smollm2",
    "/model local:./some": "> /model local:./something.gguf",
    "/model playback:./something.t": "> /model playback:./something.txt",
    "/pack sup": "> /pack support",
    "/pack support,mine": "> /pack support,minecraft",
    "look at ./something.t": "> look at ./something.txt",
    "/system @./something.t": "> /system @./something.txt",
}


def test_tab_completes(chat, tmp_path):
    for name in ("something.txt", "something.gguf"):
        (tmp_path / name).touch()
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
