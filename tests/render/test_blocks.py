"""Streaming Markdown in pieces: nothing is lost, and the cut of the stream does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatbot.render.blocks import Blocks
from chatbot.render.leaves import GROUP, Code, Heading, Inside, Paragraph, Piece, Rows, Rule

LINES = st.sampled_from(
    ["text", "", " ", "```", "```python", "~~~", "- item", "1. one", "  more", "# head", "| a |", "|---|", ">", "***",
     "---", "    code", "\ttab", "> quote", "  - nested", "2) two", "-", "==="]
)  # fmt: skip


def cut(*pieces):
    blocks = Blocks()
    return [piece for text in pieces for piece in blocks.feed(text)] + list(blocks.flush())


def outline(text):
    """The pieces, a short line each: bullets, numbers and quotes, then what stands in them."""
    marks = {"quote": ">", "bullet": "-"}
    lines = []
    for piece in cut(text):
        inside = "".join(marks.get(each.kind, f"{each.number}.") if each.fresh else " " for each in piece.inside)
        match piece.body:
            case Paragraph(text=said):
                lines.append(f"{inside}p {said!r}")
            case Heading(level=level, text=said):
                lines.append(f"{inside}h{level} {said!r}")
            case Code(language=language, lines=code):
                lines.append(f"{inside}code {language} {list(code)}")
            case Rows(header=header, rows=rows):
                lines.append(f"{inside}rows {header} {rows}")
            case Rule():
                lines.append(f"{inside}rule")
    return lines


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("one\ntwo\n\nthree", [r"p 'one\ntwo'", "p 'three'"]),
        ("# One #\n### Two\n#no\n", ["h1 'One'", "h3 'Two'", "p '#no'"]),
        ("One\n===\nTwo\n---\n", ["h1 'One'", "h2 'Two'"]),
        ("```\na\n\nb\n```\nafter", ["code  ['a', '', 'b']", "p 'after'"]),
        ("~~~ py x\n```\n~~~\nx", ["code py x ['```']", "p 'x'"]),
        ("````\n```\n````\nx", ["code  ['```']", "p 'x'"]),
        ("  ```\n    x\n y\n  ```", ["code  ['  x', 'y']"]),
        ("```\nnever closed\n\nx", ["code  ['never closed', '', 'x']"]),
        ("`` `not a fence` ``\n\nx", ["p '`` `not a fence` ``'", "p 'x'"]),
        ("    code\n\n      more\n\nx", ["code  ['code', '', '  more']", "p 'x'"]),
        ("text\n    no code", [r"p 'text\nno code'"]),
        ("***\n- - -\n", ["rule", "rule"]),
        ("1. a\n\n   more\n\n2. b\n\nafter", ["1.p 'a'", " p 'more'", "2.p 'b'", "p 'after'"]),
        ("1. a\n1. b\n7. c\n\nx\n\n7. d", ["1.p 'a'", "2.p 'b'", "3.p 'c'", "p 'x'", "7.p 'd'"]),
        ("- a\nlazy\n- b\n  - c\n    - d\n- e", [r"-p 'a\nlazy'", "-p 'b'", " -p 'c'", "  -p 'd'", "-p 'e'"]),
        ("1. a\n   - b\n2. c", ["1.p 'a'", " -p 'b'", "2.p 'c'"]),
        ("- a\n\n  ```sh\n  x\n\n    y\n  ```\n\nz", ["-p 'a'", " code sh ['x', '', '  y']", "p 'z'"]),
        ("-\n- x", ["-p ''", "-p 'x'"]),
        ("in 1999\n2000. was no list", [r"p 'in 1999\n2000. was no list'"]),
        ("> a\nb\n>\n> - c\n\nd", [r">p 'a\nb'", " p 'c'".replace(" p", " -p"), "p 'd'"]),
        (
            "| a | b |\n|---|:-:|\n| 1 |\n| `x\\|y` | 2 | 3 |\n\nz",
            ["rows ('a', 'b') (('1', ''), ('`x|y`', '2'))", "p 'z'"],
        ),
        ("Look:\n| a |\n|---|\nrow\n# End", ["p 'Look:'", "rows ('a',) (('row',),)", "h1 'End'"]),
        ("| a |\n|---|---|\n", [r"p '| a |\n|---|---|'"]),
        ("\n\n\n", []),
    ],
)
def test_pieces(text, pieces):
    assert outline(text) == pieces


@given(st.lists(LINES, max_size=12).map("\n".join), st.integers(1, 7))
def test_the_cut_of_the_stream_does_not_matter(text, size):
    assert cut(*(text[at : at + size] for at in range(0, len(text), size))) == cut(text)


WORDS = st.sampled_from(
    ["text", "", "- item", "1. one", "  more", "# head", "> quote", "  - nested", "***", "```", "    code"]
)


@given(st.lists(WORDS, max_size=8).map("\n".join))
def test_what_stands_in_the_pieces_is_what_the_reference_parser_finds(text):
    found = [
        token.content.split()
        for token in MarkdownIt("commonmark").parse(text)
        if token.type in ("inline", "fence", "code_block")
    ]
    bodies = [piece.body for piece in cut(text)]
    said = [
        body.text if isinstance(body, Paragraph | Heading) else "\n".join(body.lines)
        for body in bodies
        if not isinstance(body, Rule)
    ]
    assert [words for words in map(str.split, said) if words] == [words for words in found if words]


def test_a_finished_piece_is_handed_out_at_once():
    blocks = Blocks()
    assert list(blocks.feed("one\n")) == []
    assert list(blocks.feed("\ntwo")) == [Piece(Paragraph("one"))]
    assert blocks.tail(100) == "two"
    assert blocks.tail(2) == "wo"


def test_an_item_is_handed_out_when_the_next_begins():
    blocks = Blocks()
    assert list(blocks.feed("- one\n- tw")) == []
    assert blocks.tail(100) == "- one\n- tw"
    assert list(blocks.feed("o\n")) == [Piece(Paragraph("one"), (Inside("bullet", fresh=True),))]
    assert blocks.tail(100) == "- two\n"


def test_long_code_and_long_tables_are_handed_out_in_groups():
    for begin, kind in (("```\n", Code), ("| a |\n|---|\n", Rows)):
        blocks = Blocks()
        assert list(blocks.feed(begin)) == []
        pieces = list(blocks.feed("line\n" * 1000))
        assert len(pieces) >= 1000 // GROUP
        assert all(isinstance(piece.body, kind) for piece in pieces)
        assert [piece.gap for piece in pieces] == [True] + [False] * (len(pieces) - 1)
        assert blocks.tail(10_000).count("line") < GROUP


def test_gaps_stand_where_the_text_has_them_and_around_code():
    pieces = cut("a\n- b\n- c\n\n- d\n  ```\n  e\n  ```\n- f\n# g\nh")
    assert [piece.gap for piece in pieces] == [True, True, False, True, True, True, True, True]


def test_long_streams_are_linear():
    blocks = Blocks()
    for _ in range(100_000):
        assert list(blocks.feed("word ")) == []
    assert len(blocks.tail(2000)) == 2000
    (piece,) = blocks.flush()
    assert len(piece.body.text) == 100_000 * 5 - 1


@pytest.mark.parametrize(
    "hostile", ["> " * 10_000, "- " * 10_000, "[" * 4_000, "*a_" * 4_000, "`" * 20_000 + "x", "![" * 2_500]
)
def test_hostile_lines_take_no_time(hostile):
    from chatbot.render.markdown import Markdown
    from chatbot.render.palette import DARK

    stream = Markdown(DARK, lambda: 80)
    assert [*stream.feed(f"{hostile}\n{hostile}\n"), *stream.flush()]
