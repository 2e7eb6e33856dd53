"""Markdown as lines of styled text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from chatbot.render.code import Highlighter
from chatbot.render.inline import LONGEST, Inline
from chatbot.render.markdown import ASCII, Markdown, column_widths
from chatbot.render.palette import DARK, NONE
from chatbot.render.wrapping import cells


def lines(text, width=40, **options):
    stream = Markdown(DARK, lambda: width, **options)
    printed = [*stream.feed(text), *stream.flush()]
    return [line.plain for part in printed for line in ([Text()] * part.gap + part.lines)][1:]


def test_every_kind_of_block():
    assert lines("# Head\ntext\n- a\n- b\n  1. c\n\n> said\n\n---\n```sh\nls\n```\n") == [
        "Head", "", "text", "", " • a", " • b", "    1. c", "", "▌ said", "", "─" * 40, "", "ls",
    ]  # fmt: skip


def test_a_terminal_without_unicode_gets_ascii():
    text = "- a\n\n> b\n\n| c | d |\n|---|---|\n| 1 | 2 |\n\n***"
    assert lines(text, 20, marks=ASCII) == [" * a", "", "| b", "", "c | d", "--+--", "1 | 2", "", "-" * 20]


def test_a_table_fits_and_its_cells_are_aligned():
    text = "| left | right | mid |\n|:---|---:|:---:|\n| 漢字 | 1 | a |\n| some long words | 22 | b |\n"
    assert lines(text, 40) == [
        "left            │ right │ mid",
        "────────────────┼───────┼────",
        "漢字            │     1 │  a",
        "some long words │    22 │  b",
    ]
    narrow = lines(text, 24)
    assert max(map(cells, narrow)) <= 24
    assert " ".join(narrow).count("long") == 1


def test_columns_are_squeezed_from_the_widest_on():
    def widths(sizes, width, **options):
        return column_widths([[Text("x" * size) for size in sizes]], width, **options)

    assert widths([3, 3], 20) == [3, 3]
    assert widths([10, 50, 3], 40) == [10, 21, 3]
    assert widths([50, 50], 23) == [10, 10]
    assert widths([50, 50], 3) == [4, 4]
    assert widths([10, 4], 80, more=True) == [15, 6]


def test_deep_nesting_leaves_room_for_the_text():
    deep = "".join(f"{'  ' * depth}- level{depth}\n" for depth in range(10))
    assert [line.split()[-1] for line in lines(deep, 20)] == [f"level{depth}" for depth in range(10)]


def test_a_long_paragraph_is_parsed_in_parts_that_lose_nothing():
    words = [f"*w{number}*" for number in range(LONGEST)]
    shown = Inline(DARK, links=False).text(" ".join(words)).plain
    assert shown.replace("*", "").split() == [word.strip("*") for word in words]
    unbroken = Inline(DARK, links=False).text("`" + "x" * 3 * LONGEST).plain
    assert unbroken == "`" + "x" * 3 * LONGEST


def test_addresses_are_told_and_linked_only_where_they_are_harmless():
    inline = Inline(DARK, links=True)

    def links(source):
        return {span.style.link for span in inline.text(source).spans}

    assert inline.text("[a](http://x/y) <mailto:a@b.c> <http://z> ![p](q.png)").plain == (
        "a (http://x/y) mailto:a@b.c http://z p (q.png)"
    )
    assert links("[a](http://x/y)") == {"http://x/y"}
    assert links("[a](file:///etc/passwd) ![p](q.png) [c](ssh://x)") == {None}
    assert links("[a](http://é/\u202e)") <= {None, "http://xn--9ca/", "http://%C3%A9/", "http://xn--9ca/%E2%80%AE"}


CODE = st.lists(
    st.sampled_from(["def f():", "    x = '''", "\treturn 1", "{", '"}', "# é 漢", "", "  ", "<a>", "\\", "$x"]),
    max_size=8,
)
LANGUAGES = [
    "python",
    "js",
    "sh",
    "json",
    "html",
    "yaml",
    "make",
    "console",
    "diff",
    "c",
    "rst",
    "unknown",
    "",
    "py {.x}",
]


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=20)
@given(code=CODE)
def test_colours_change_no_character_of_code(code, language):
    assert Highlighter(DARK).text(tuple(code), language).plain == "\n".join(code)


def test_code_has_colours_where_there_are_any():
    code = ("def f(): return 1",)
    assert Highlighter(DARK).text(code, "python").spans
    assert not Highlighter(NONE).text(code, "python").spans
    assert not Highlighter(DARK).text(("x" * 10_000,), "python").spans
