"""What the program itself has to say, put into lines for a width."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.render.wrapping import cells, told

LISTED = """\
/new     Begin a new conversation.
/undo    Take the latest turn back.

Ctrl-C stops it."""


def test_what_fits_stays_as_it_is():
    assert told(LISTED, 35) == LISTED


def test_what_goes_on_stands_under_a_lists_second_column():
    assert told(LISTED, 24).split("\n") == [
        "/new     Begin a new",
        "         conversation.",
        "/undo    Take the latest",
        "         turn back.",
        "",
        "Ctrl-C stops it.",
    ]


def test_a_first_column_of_more_than_half_the_width_leaves_no_room_beside_it():
    assert told("/instructions  Show or add.", 30).split("\n") == ["/instructions  Show or add."]
    assert told("/instructions  Show or add.", 20).split("\n") == ["/instructions  Show", "or add."]


@pytest.mark.parametrize(
    "text",
    ["one two three four five", "a  b two three four five", "  an indented line is no list"],
    ids=["a sentence", "a short column", "indented"],
)
def test_lines_end_between_words(text):
    lines = told(text, 12).split("\n")
    assert len(lines) > 1 and max(map(len, lines)) <= 12
    assert " ".join(lines).split() == text.split()


def test_only_a_word_that_is_wider_than_a_line_is_broken():
    assert told("see https://example.test/a/b", 14).split("\n") == ["see", "https://exampl", "e.test/a/b"]


def test_wide_characters_count_as_the_cells_they_take():
    assert told("/mo  它回答你说的一切话语", 13).split("\n") == ["/mo  它回答你", "     说的一切", "     话语"]


@settings(max_examples=100)
@given(text=st.text("ab /-é模 \n", max_size=60), width=st.integers(2, 30))
def test_nothing_is_lost_and_no_line_is_too_wide(text, width):
    shown = told(text, width)
    assert all(cells(line.rstrip()) <= width for line in shown.split("\n"))
    assert "".join(shown.split()) == "".join(text.split())
