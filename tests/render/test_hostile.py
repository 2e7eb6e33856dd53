"""Whatever stands in any field of any event, a terminal that is drawn on does nothing but show it."""

import re
import unicodedata

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Notice,
    ReasoningDelta,
    Replied,
    SecretAnswered,
    SecretAsked,
    SessionStarted,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.render import pick
from chatbot.render.tty import Rich
from chatbot.types import Assistant, ToolCall, ToolResult, User
from tests.render.emulated import Emulated

SEQUENCES = [
    "\x1b", "\x1b[", "\x1b]0;title\x07", "\x1b]2;", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://x\x1b\\", "\x1bP", "\x1b_",
    "\x1b\\", "\x9b", "\x9d0;t\x9c", "\x90", "31m", "2J", "?25l", "?1049h", "H", "1;1H", "#8", "(0", "c", "5n", "6n",
    "\r", "\n", "\t", "\x07", "\x08", "\x7f", "\x0e", "\x00", "\u202e", "\u2066", "\u061c", "\u2028", "\ud800",
]  # fmt: skip
MARKDOWN = [
    "```", "```python\n", "- ", "1. ", "> ", "# ", "| a | b |\n|---|---|\n", "**", "`", "[a](http://x/\x1b[2J)", "<http://",
    "&#27;[31m", "&#x202e;", "&#155;", "[bold]", "[/]", "[link=http://x]", ":smile:", "![i](j)", "    ", "[a]: b\n\n",
]  # fmt: skip
HOSTILE = st.lists(
    st.sampled_from(SEQUENCES + MARKDOWN) | st.text(st.characters(), max_size=4) | st.just("word "), max_size=12
).map("".join)
OWN = re.compile(
    r"\x1b\[[0-9;]*[mABGJKM]|\x1b\[\?(?:2026|7)[hl]|\x1b[78]|\x1b\]8;(?:id=\d+)?;[!-~]*\x1b\\"  # what we make ourselves
)


@st.composite
def conversations(draw):
    """Every event, with something hostile in every field; the answer in any pieces."""
    text, call = HOSTILE, st.builds(ToolCall, HOSTILE, HOSTILE, HOSTILE)
    said = draw(text) + "\n\nSAFE"
    size = draw(st.integers(1, 9))
    one = draw(call)
    failure = draw(st.sampled_from([None, "denied", "failed"]))
    return [
        SessionStarted(draw(text), draw(text), (draw(text),), draw(text)),
        TurnStarted(User(draw(text))),
        StatusChanged("in_progress"),
        ReasoningDelta(draw(text)),
        *(TextDelta(said[at : at + size]) for at in range(0, len(said), size)),
        Notice(draw(st.sampled_from(["info", "warning", "error"])), draw(text)),
        Replied(Assistant(said, (one,))),
        ToolCalled(one),
        ApprovalAsked(one, draw(text)),
        ApprovalAnswered(one.id, False, draw(text)),
        SecretAsked(one.id, draw(text), draw(text)),
        SecretAnswered(one.id, draw(text), False),
        ToolReturned(ToolResult(one.id, draw(text), draw(text), failure), 0.1),
        TurnEnded(draw(st.sampled_from(["done", "limit", "error", "interrupted"])), draw(text)),
    ]


def rich(terminal):
    return Rich(terminal.console, echo_user=True)


def rich_with_reasoning(terminal):
    return Rich(terminal.console, show_reasoning=True, theme="light")


def plain(terminal):
    return pick("plain", stdout=terminal, stderr=terminal)


def as_json(terminal):
    return pick("json", deltas=True, stdout=terminal)


@settings(max_examples=30)
@given(conversations())
def test_nothing_untrusted_drives_the_terminal(events):
    for sink_for in (rich, rich_with_reasoning, plain, as_json):  # to make the events takes longer than to show them
        only_shows(sink_for, events)


def only_shows(sink_for, events):
    terminal = Emulated(60, 20)
    sink = sink_for(terminal)
    for event in events:
        sink(event)
    written = "".join(terminal.written)
    shown = OWN.sub("", written) if sink_for in (rich, rich_with_reasoning) else written
    driving = [char for char in shown if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t\r"]
    assert not driving
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u2028\u2029")
    assert "\r" not in shown or sink_for in (rich, rich_with_reasoning)
    assert "SAFE" in shown
    untouched, display = pyte.Screen(60, 20), terminal.display
    assert (display.title, display.icon_name) == ("", "")
    assert display.mode == untouched.mode
    assert display.margins == untouched.margins
    assert display.charset == untouched.charset
    assert display.cursor.attrs == untouched.cursor.attrs
    assert not display.cursor.hidden
    assert "SAFE" in terminal.text().replace("\n", "")


@pytest.mark.parametrize("markup", ["[bold]x[/bold]", "[link=http://x]y[/link]", "[/]", ":smile:", "[red]"])
def test_markup_of_rich_is_only_text(markup):
    terminal = Emulated(60, 20)
    sink = rich(terminal)
    call = ToolCall("1", markup, markup)
    for event in (
        TurnStarted(User(markup)),
        ToolCalled(call),
        ToolReturned(ToolResult("1", markup, markup), 0),
        Notice("info", markup),
        TurnEnded("error", markup),
    ):
        sink(event)
    assert terminal.text().count(markup) == 7
