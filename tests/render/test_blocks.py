"""Streaming Markdown in blocks: nothing is lost, and the cut of the stream does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.render.blocks import Blocks

LINES = st.sampled_from(
    ["text", "", " ", "```", "```python", "~~~", "- item", "1. one", "  more", "# head", "| a |", ">"]
)


def cut(*pieces):
    blocks = Blocks()
    return [block for piece in pieces for block in blocks.feed(piece)] + list(blocks.flush())


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("one\ntwo\n\nthree", ["one\ntwo", "three"]),
        ("```\na\n\nb\n```\nafter", ["```\na\n\nb\n```", "after"]),
        ("~~~\n```\n\n~~~\nx", ["~~~\n```\n\n~~~", "x"]),
        ("````\n```\n\n````\nx", ["````\n```\n\n````", "x"]),
        ("1. a\n\n   more\n\n2. b\n\nafter", ["1. a\n\n   more\n\n2. b", "after"]),
        ("- a\n\n  ```\n  x\n\n  y\n  ```\n\n- b\n\nz", ["- a\n\n  ```\n  x\n\n  y\n  ```\n\n- b", "z"]),
        ("| a |\n|---|\n| 1 |\n\nx", ["| a |\n|---|\n| 1 |", "x"]),
        ("```\nnever closed\n\nx", ["```\nnever closed\n\nx"]),
        ("`` `not a fence` ``\n\nx", ["`` `not a fence` ``", "x"]),
        ("\n\n\n", []),
    ],
)
def test_blocks(text, blocks):
    assert cut(text) == blocks
    assert cut(*text) == blocks


@given(st.lists(LINES, max_size=12).map("\n".join), st.integers(1, 7))
def test_nothing_is_lost(text, size):
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert cut(*pieces) == cut(text)
    assert " ".join(cut(text)).split() == text.split()


def test_a_finished_block_is_handed_out_at_once():
    blocks = Blocks()
    assert list(blocks.feed("one\n")) == []
    assert list(blocks.feed("\ntwo")) == ["one"]
    assert blocks.tail(100) == "two"
    assert blocks.tail(2) == "wo"


def test_long_streams_are_linear():
    blocks = Blocks()
    for _ in range(200_000):
        assert list(blocks.feed("word ")) == []
    assert len(blocks.tail(2000)) == 2000
    assert len("".join(blocks.flush())) == 200_000 * 5 - 1
