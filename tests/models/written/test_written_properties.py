"""What holds for any text, in any pieces."""

from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.events import TextDelta
from chatbot.models.written.forms import FORMS
from chatbot.models.written.thinking import TAGS
from chatbot.types import Assistant
from tests.models.written.said import TOOLS, heard, stream

MARKS = [mark for form in FORMS for mark in (form.opening, form.closing) if mark]
PIECES = [
    *(*TAGS, *TAGS.values(), *MARKS, "`", "```json\n", "\n```", "\n", " ", "{", "}", "[", "]", "(", ")", ",", '"', "'"),
    *("get_weather", "get_time", '{"name": "get_weather", "arguments": ', '{"city": "x"}', "}", "name", ":", "hello"),
    *(
        "<|channel|>",
        "<|message|>",
        "final",
        "analysis",
        " to=functions.get_time ",
        "<|end|>",
        "<|call|>",
        "\ud83d",
        "<",
    ),
    *(
        "<parameter=city>",
        "</parameter>",
        "<function=get_weather>",
        "</function>",
        "<arg_key>a</arg_key>",
        ">",
        "=",
        "1",
    ),
]
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@given(TEXT, st.lists(st.integers(0, 150), max_size=6), st.booleans())
def test_how_a_text_is_cut_never_changes_what_it_comes_to(text, cuts, offered):
    tools = TOOLS if offered else ()
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [TextDelta(text[a:b]) for a, b in pairwise(edges)]
    _, shown, rest = heard([*pieces, Assistant(text)], tools)
    expected = heard(stream(text, 1000), tools)[2]
    assert rest == expected == heard(stream(text), tools)[2]
    assert shown.endswith(rest[-1].text)  # a closing tag may tell late that what was shown is reasoning
    assert bool(rest[-1].calls) <= (len(rest) == 2)
    assert heard(pieces, tools)[2] == []


@pytest.mark.parametrize(
    "text",
    [
        "{" * 100_000,
        "[" * 100_000,
        "<tool_call>" * 9_000,
        "<tool_call>{" * 4_000,
        "<think>" + "<" * 100_000,
        "</think>" * 12_000,
        " " * 100_000,
        "<tool_call>" + '{"name":' * 12_000,
        '{"name": "get_weather", "arguments": {"city": "' + "x" * 100_000,
        "<tool_call><function=f>" + "<parameter=x>" * 8_000,
        "<|channel|>" * 9_000,
    ],
    ids=lambda text: text[:20],
)
def test_length_and_depth_are_no_matter(text):
    began = process_time()
    heard(stream(text, 1000))
    assert process_time() - began < 7  # in quadratic time it takes far longer
