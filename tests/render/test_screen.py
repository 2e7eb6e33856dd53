"""The living rows: whatever changes, the screen shows what was printed and then the rows, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.render.screen import Frame, Screen, reflows
from chatbot.render.wrapping import Tail, cells, row_end, rows_of
from tests.render.emulated import Emulated

WORDS = st.sampled_from(["a", "word ", "longer words ", "x" * 30, "漢字", "é ", "👧", "שלום ", "\n", "\t", " "])
STEPS = st.lists(
    st.tuples(st.just("say"), st.lists(WORDS, max_size=6).map("".join))
    | st.tuples(st.just("below"), st.lists(st.sampled_from(["status 1.0 s", "status 1.1 s", "tool", "漢"]), max_size=3))
    | st.tuples(st.just("print"), st.lists(st.sampled_from(["printed", "", "漢字", "code " * 9]), max_size=3))
    | st.tuples(st.just("end"), st.just("")),
    max_size=25,
)
WIDTHS = st.integers(12, 40)
HEIGHT = 6


def shown(frame, printed, columns):
    """What a person should see: long lines that were printed are broken by the terminal, in cells."""
    rows = []
    for line in printed:
        while cells(line) > columns:
            rows.append(line[:columns])
            line = line[columns:]
        rows.append(line)
    rows += frame.rows if frame else ()
    return "\n".join(row.rstrip() for row in rows).rstrip() + "\n"


@given(STEPS, WIDTHS)
def test_the_screen_shows_what_was_printed_and_then_the_rows(steps, columns):
    terminal = Emulated(columns, HEIGHT + 6)
    screen = Screen(terminal)
    tail, below, printed = Tail(columns - 1, HEIGHT), ("status",), []
    for what, value in steps:
        above = ""
        if what == "say":
            tail.feed(value)
        elif what == "below":
            below = tuple(row[: columns - 1] for row in ["status", *value])
        else:
            tail = Tail(columns - 1, HEIGHT)
            printed += value
            above = "".join(f"{line}\n" for line in value)
        frame = Frame(columns, tail.first, tuple(tail.rows) if any(tail.rows) else (), below)
        screen.draw(frame, above)
        assert terminal.text() == shown(frame, printed, columns)
        assert not terminal.display.cursor.hidden
    screen.erase(columns)
    assert terminal.text() == shown(None, printed, columns)


def test_a_word_costs_no_more_than_the_word():
    terminal = Emulated(40, 10)
    screen = Screen(terminal)
    screen.draw(Frame(40, 0, ("one",), ("status 1.0 s",)))
    screen.draw(Frame(40, 0, ("one two",), ("status 1.0 s",)))
    assert terminal.written[-1] == " two"
    screen.draw(Frame(40, 0, ("one two",), ("status 1.1 s",)))
    assert terminal.written[-1] == "\x1b7\x1b[1B\x1b[10G\x1b[2m1 s\x1b[0m\x1b8"


@pytest.mark.parametrize(("narrow", "wide"), [(20, 40), (13, 39)])
def test_rows_vanish_after_the_terminal_became_narrower_or_wider(narrow, wide):
    for before, after in ((narrow, wide), (wide, narrow)):
        terminal = Emulated(before, 12)
        screen = Screen(terminal)
        frame = Frame(before, 0, ("x" * (before - 1), "y" * 5), ("status",))
        screen.draw(frame, "printed\n")
        terminal.resize(after, 12)
        screen.draw(Frame(after, 0, ("new",), ("status",)))
        assert terminal.text() == "printed\nnew\nstatus\n"


def test_a_terminal_that_breaks_lines_anew_is_told_apart():
    assert reflows({"VTE_VERSION": "7600"})
    assert reflows({"TERM_PROGRAM": "vscode"})
    assert not reflows({"TERM": "xterm-256color"})


def test_the_way_back_counts_the_rows_that_such_a_terminal_made_of_one():
    terminal = Emulated(40, 12)
    screen = Screen(terminal, reflows=True)
    screen.draw(Frame(40, 0, ("x" * 39, "", "y" * 15), ("status",)))
    screen.erase(10)
    assert terminal.written[-1] == "\x1b[6A\r\x1b[J"  # 4 rows of x, one that is empty, and one of the y's two


@given(st.text(st.sampled_from("ab 漢é👧,。 "), max_size=60), st.integers(2, 20))
def test_rows_fit_and_lose_nothing_but_blanks(line, width):
    rows = [line[start:end] for start, end in rows_of(line, width)]
    assert all(cells(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == line.replace(" ", "")


def test_rows_break_between_words_and_between_wide_characters():
    def broken(line, width):
        return [line[start:end] for start, end in rows_of(line, width)]

    assert broken("some words here", 10) == ["some words", "here"]
    assert broken("    indented_word", 10) == ["    indent", "ed_word"]
    assert broken("漢字漢字", 5) == ["漢字", "漢字"]
    assert broken("漢字。", 4) == ["漢", "字。"]
    assert row_end("fits", 0, 4) is None


@given(st.lists(st.sampled_from(["word ", "x" * 9, "漢字", "\n", " "]), max_size=30), st.integers(4, 20))
def test_a_tail_that_grows_is_wrapped_like_the_whole(pieces, width):
    grown, whole = Tail(width, 5), Tail(width, 5)
    for piece in pieces:
        grown.feed(piece)
    whole.feed("".join(pieces))
    assert grown.rows == whole.rows
    assert grown.first == whole.first
    assert len(grown.rows) <= 5
