"""Whatever a text holds, a terminal that shows it cleaned does nothing but show it."""

import unicodedata
from itertools import pairwise

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.render.clean import Cleaner, clean, one_line

SEQUENCES = ["\x1b", "\x1b[", "\x1b]0;", "\x1b]52;c;", "\x1b]8;;http://x\x1b\\", "\x1bP", "\x1b_", "\x07", "\x1b\\"]
REST = ["\x9b", "\x9d", "\x90", "\x9c", "31m", "2J", "?25l", "?1049h", "H", "1;1H", "#8", "(0", "c", "\r", "\n", "\t"]
SINGLE = ["\x08", "\x7f", "\x0e", "\x00", "\u202e", "\u2066", "\ud800", "\udfff", "text", "é", "漢", " "]
PIECES = st.sampled_from([*SEQUENCES, *REST, *SINGLE])
HOSTILE = st.lists(PIECES | st.characters() | st.text(max_size=3), max_size=30).map("".join)
CUTS = st.lists(st.integers(0, 80), max_size=10)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]52;c;aGk=\x1b\\x", "x"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("\x1b_apc\x9cx", "x"),
        ("\x1b(0lqk", "lqk"),
        ("\x1bcreset", "reset"),
        ("\x1b]0;never ended", "0;never ended"),
        ("over\x08\x7fwrite\x00", "overwrite"),
        ("\u202eabc\u202c \u2066d\u2069", "abc d"),
        ("\ud800", "\ufffd"),
        (b"a\xffb".decode("utf-8", "surrogateescape"), "a\ufffdb"),
        ("a\u061cb\u206ac", "abc"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("👩‍👩‍👧 漢字 e\u0301", "👩‍👩‍👧 漢字 e\u0301"),
    ],
)
def test_examples(text, shown):
    assert clean(text) == shown


@given(HOSTILE)
def test_no_control_character_is_left(text):
    assert not [char for char in clean(text) if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs")]
    assert clean(clean(text)) == clean(text)


@given(HOSTILE, CUTS)
def test_cutting_changes_nothing(text, cuts):
    cleaner = Cleaner()
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [cleaner.feed(text[start:end]) for start, end in pairwise(edges)]
    assert "".join([*pieces, cleaner.flush()]) == clean(text)


@given(HOSTILE)
def test_one_character_at_a_time(text):
    cleaner = Cleaner()
    assert "".join([*map(cleaner.feed, text), cleaner.flush()]) == clean(text)


@given(HOSTILE)
def test_a_terminal_only_shows_it(text):
    untouched, screen = pyte.Screen(80, 24), pyte.Screen(80, 24)
    pyte.Stream(screen).feed(clean(text).replace("\n", "\r\n"))
    assert (screen.title, screen.icon_name) == ("", "")
    assert screen.mode == untouched.mode
    assert screen.cursor.attrs == untouched.cursor.attrs
    assert screen.margins == untouched.margins
    assert not screen.cursor.hidden
    styles = {char._replace(data=" ") for row in screen.buffer.values() for char in row.values()}
    assert styles <= {screen.default_char}


def test_a_stream_holds_little_back():
    cleaner = Cleaner()
    shown = cleaner.feed("\x1b]0;" + "x" * 5000)
    assert len(shown) > 4000
    assert cleaner.feed("\x1b]0;" * 50_000) is not None


def test_one_line():
    assert one_line(" a\n\tb\x1b[31m  c ") == "a b c"
