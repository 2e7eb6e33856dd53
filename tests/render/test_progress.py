"""Lines with a bar below them: for a terminal, for a pipe, and for a reader who has had enough."""

import io
import os
import sys

import pytest

from chatbot.render.progress import Bar, watched


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


def shown(stream, *lines):
    with Bar(len(lines), "replaying", stream) as bar:
        for line in lines:
            bar.advance()
            bar.line(line)
    return stream.getvalue()


def test_in_a_pipe_there_are_the_lines_and_nothing_else(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    long = "x" * 500
    assert shown(io.StringIO(), "ok    a", "    - [bold]no markup[/bold]", "", long) == (
        f"ok    a\n    - [bold]no markup[/bold]\n\n{long}\n"
    )
    assert sys.stderr.getvalue() == ""


def test_on_a_terminal_a_bar_goes_on_below_the_lines_and_is_taken_away(terminal):
    said = shown(terminal, "ok    a", "FAIL  b", "WRONG c", "    - d", "    + e", "    f")
    for line in ("\x1b[32mok    a\x1b[0m\n", "\x1b[1;31mFAIL  b\x1b[0m\n", "\x1b[1;31mWRONG c\x1b[0m\n"):
        assert line in said
    for line in ("\x1b[31m    - d\x1b[0m\n", "\x1b[32m    + e\x1b[0m\n", "    f\n"):
        assert line in said
    assert "replaying" in said
    assert said.rstrip().endswith("\x1b[2K")  # the line of the bar, erased


def test_parts_are_counted_as_they_are_taken(terminal):
    parts = watched(["a", "b", "c"], "reading", terminal)
    assert next(parts) == "a"
    assert "reading" in terminal.getvalue()
    assert "0/3" in terminal.getvalue()
    assert list(parts) == ["b", "c"]
    assert "3/3" in terminal.getvalue()
    assert terminal.getvalue().rstrip().endswith("\x1b[2K")


def test_lines_in_a_pipe_leave_the_bar_to_the_terminal_of_stderr(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    piped = io.StringIO()
    assert shown(piped, "ok    a") == "ok    a\n"
    assert "replaying" in terminal.getvalue()


def test_a_terminal_that_can_do_nothing_gets_the_lines(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert shown(terminal, "ok    a") == "ok    a\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b]52;c;x\x07ok\x1b[2J", "ok"),
        ("a\u202eb\ud800", "ab\ufffd"),
        ("漢字 é", "漢字 é"),
        (":smile: #1", ":smile: #1"),
    ],
)
def test_what_is_told_drives_no_terminal(text, line, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert shown(io.StringIO(), text) == f"{line}\n"


def test_a_reader_who_has_had_enough_ends_the_lines_and_not_the_work(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        with Bar(2, "replaying", stream) as bar:
            bar.line("nobody reads this")
            bar.advance()
            bar.line("nor this")
        stream.write("nor what others write\n")
