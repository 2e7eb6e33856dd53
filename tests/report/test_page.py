import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    HistoryCut,
    Notice,
    Replied,
    SecretAnswered,
    SecretAsked,
    SessionChanged,
    SessionStarted,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.replay.runs import Run, Step, Unmet
from chatbot.report.page import as_html
from chatbot.report.page_talk import Line, Part, talk
from chatbot.report.page_times import Bar, Tokens, axis, waterfall
from chatbot.report.page_values import Cell, Figure, page
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User
from tests.report.samples import HOSTILE, failed, hostile, passed, repeated, wrong

CALL = ToolCall("call_1", "get_ticket", '{"ticket": "12345"}')
DONE = ToolResult("call_1", "get_ticket", "Open")
VOID = {"meta", "input", "wbr"}


def steps(*events, every=1.0):
    """The events, one a second."""
    return tuple(Step(event, index * every) for index, event in enumerate(events))


class Shape(HTMLParser):
    """What a document is made of, but for its texts: elements with their attributes' names, opened and closed."""

    def __init__(self, document):
        super().__init__()
        self.open, self.shape = [], []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.shape.append((tag, *(name for name, _ in attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.shape.append((tag, *(name for name, _ in attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.shape.append(f"/{tag}")


def test_a_conversation_is_told_line_by_line():
    assert talk(passed().steps) == (
        Part("Greeting", (Line("assistant", "Assistant", "Hello!"),), "completed", "750 ms"),
        Part(
            "Turn 1",
            (
                Line("user", "User", "What about ticket 12345?"),
                Line("call", "Call", '{"ticket": "12345"}', "get_ticket"),
                Line("result", "Result", '{"ticket": "12345", "status": "Open"}', "get_ticket", "250 ms"),
                Line("assistant", "Assistant", "It is **open**."),
            ),
            "completed",
            "1.8 s",
        ),
    )


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            ToolReturned(replace(DONE, failure="denied"), 0),
            Line("failure", "Result", "Open", "get_ticket", "was refused, 0 ms"),
        ),
        (ApprovalAsked(CALL, "It costs."), Line("asked", "Approval asked", "It costs.", "get_ticket")),
        (ApprovalAnswered("call_1", True), Line("asked", "Approved")),
        (ApprovalAnswered("call_1", False, "too much"), Line("asked", "Declined", "too much")),
        (SecretAsked("call_1", "pay", "pin"), Line("asked", "Secret asked", "pin", "pay")),
        (SecretAnswered("call_1", "pin", True), Line("asked", "Secret given", "pin")),
        (SecretAnswered("call_1", "pin", False), Line("asked", "Secret not given", "pin")),
        (Notice("warning", "Trying again.\nSoon."), Line("warning", "Warning", "Trying again.\nSoon.")),
        (SessionChanged("other", ("weather",)), Line("info", "Changed", "other · weather")),
        (HistoryCut(2, summary="Hi."), Line("info", "Left out", "The model reads 2 of the oldest turns no more.\nHi.")),
        (TurnEnded("error", "No answer."), Line("error", "Error", "No answer.")),
        (TurnEnded("limit", "Too many."), Line("warning", "Limit", "Too many.")),
        (TurnEnded("interrupted"), Line("warning", "Interrupted")),
        (TurnEnded("done"), None),
        (TextDelta("It"), None),
        (Replied(Assistant()), None),
    ],
)
def test_whatever_else_happens_is_a_line_too(event, line):
    assert [told.lines for told in talk(steps(event))] == ([(line,)] if line else [])


def test_what_precedes_the_first_turn_and_a_turn_that_never_ended_are_parts():
    events = (Notice("info", "A note."), TurnStarted(User("Hi.")), StatusChanged("in_progress"))
    assert talk(steps(*events)) == (
        Part("Before the first turn", (Line("info", "Info", "A note."),)),
        Part("Turn 1", (Line("user", "User", "Hi."),), "in progress"),
    )


def test_a_waterfall_shows_when_the_model_and_the_tools_were_at_work():
    asking = Assistant("", (CALL, CALL), Usage(1812, 44, 512, 7))
    slow, failing = ToolResult("call_1", "get_ticket", "Open"), ToolResult("call_2", "close_ticket", "No.", "failed")
    events = (
        Step(SessionStarted("s", "gpt", (), ""), 0.0),
        Step(TurnStarted(User("Hi.")), 0.0),
        Step(Replied(asking), 1.0),
        Step(ToolCalled(CALL), 1.0),
        Step(ToolReturned(slow, 0.5), 1.5),
        Step(ToolReturned(failing, 0.75), 2.0),
        Step(Replied(Assistant("Open.")), 3.0),
        Step(TurnEnded("done"), 3.0),
        Step(SessionChanged("other", ()), 3.0),
        Step(TurnStarted(User("Bye.")), 3.0),
        Step(TurnEnded("error", "No answer."), 4.0),
    )
    drawn = waterfall(events)
    assert drawn.turns == (
        (
            "Turn 1",
            (
                Bar("model", "gpt", 0.0, 25.0, "1.0 s", "1,812 in (512 cached), 44 out (7 reasoning)"),
                Bar("tool", "get_ticket", 25.0, 12.5, "500 ms"),
                Bar("tool", "close_ticket", 31.25, 18.75, "750 ms", "failed", failed=True),
                Bar("model", "gpt", 50.0, 25.0, "1.0 s"),
            ),
        ),
        ("Turn 2", (Bar("model", "other", 75.0, 25.0, "1.0 s", "no reply", failed=True),)),
    )
    assert (drawn.times, drawn.summary) == (("0", "1", "2", "3", "4 s"), "model 3.0 s, tools 1.2 s")


def test_a_turn_that_was_interrupted_in_a_tool_shows_no_model_that_never_was_asked():
    stopped = ToolResult("call_1", "get_ticket", "", "interrupted")
    asking = Replied(Assistant("", (CALL,)))
    asked = (TurnStarted(User("Hi.")), asking, ToolReturned(stopped, 1.0), TurnEnded("interrupted"))
    assert [bar.kind for _, bars in waterfall(steps(*asked)).turns for bar in bars] == ["model", "tool"]


def test_a_moment_is_wide_enough_to_be_seen_and_stays_on_the_axis():
    asked = (TurnStarted(User("Hi.")), Notice("info", "..."), Replied(Assistant("", (CALL,))), ToolReturned(DONE, 0.0))
    *_, bar = waterfall(steps(*asked, every=4 / 3)).turns[0][1]
    assert (bar.x, bar.width, bar.seconds) == (99.5, 0.5, "0 ms")
    assert waterfall(steps(Notice("info", "..."))) is None


@given(st.floats(0, 1e5))
def test_the_axis_holds_everything_and_is_not_much_longer(seconds):
    length = axis(seconds)
    assert seconds * (1 - 1e-6) <= length <= max(seconds * 1.51, 0.0011)
    assert float(f"{length / 4:.2g}") == pytest.approx(length / 4)  # a quarter of it is a round time


def test_the_numbers_of_the_page_are_those_of_its_runs():
    made = page([*repeated(), passed(), failed(), wrong()])
    assert made.title == "4 of 8 runs passed"
    assert made.counts == (("passed", 4), ("failed", 3), ("wrong", 1))
    assert [figure.value for figure in made.figures[:2]] == ["4", "8"]
    assert made.figures[3:] == (Figure("Tokens in", "8,360"), Figure("Tokens out", "36"))
    assert sum(share.width for share in made.shares) == 100
    assert [(filter.status, filter.count) for filter in made.filters] == [
        ("all", 4),
        ("failed", 2),
        ("passed", 1),
        ("wrong", 1),
    ]
    flaky, open_ticket, closed_ticket, typo = made.rows
    assert (flaky.folder, flaky.script, flaky.result) == ("examples/", "flaky.yaml", "failed")
    assert flaky.passed == Cell("3 of 5 (60%)", 0.6)
    assert [run.name for run in flaky.runs] == [f"Run {number}" for number in range(1, 6)]
    assert flaky.numbers[:4] == (Cell("7", 7), Cell("15", 15), Cell("5", 5), Cell("6,297", 6297))
    assert (open_ticket.passed, open_ticket.why) == (Cell("", 1), "")
    assert closed_ticket.why.startswith("turn 2, expect.calls[0]: close_ticket")
    assert (closed_ticket.passed.value, closed_ticket.more) == (0, 1)
    assert (typo.passed.value, typo.result) == (-1, "wrong")
    assert typo.why == "line 3, column 5: there is no key 'expects' here."


@pytest.mark.parametrize(
    ("runs", "title"),
    [
        ([], "Nothing was run"),
        ([passed()], "The run passed"),
        ([failed()], "The run failed"),
        ([wrong()], "The script is wrong"),
        ([passed(), passed("b.yaml")], "All 2 runs passed"),
        ([wrong(), failed()], "0 of 2 runs passed"),
    ],
)
def test_the_title_says_how_it_went(runs, title):
    assert page(runs).title == title
    assert f"<h1>{title}</h1>" in as_html(runs)


def test_tokens_are_told_by_what_they_are():
    assert str(Tokens(1200, 30) + Tokens(0, 0, 1000, 20)) == "1,200 in (1,000 cached), 30 out (20 reasoning)"
    assert str(Tokens(5, 6)) == "5 in, 6 out"


def test_the_policy_names_the_style_and_the_script_of_the_page_and_nothing_else():
    document = as_html([passed()])

    def hashed(tag):
        [text] = re.findall(f"<{tag}>(.*?)</{tag}>", document, re.DOTALL)
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    [policy] = re.findall('<meta http-equiv="Content-Security-Policy" content="(.*?)">', document)
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{hashed('style')}'; script-src 'sha256-{hashed('script')}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "://" not in document


def test_nothing_that_drives_a_terminal_or_turns_text_is_on_the_page():
    document = as_html([hostile()])
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", document) == []
    assert "<script>alert" not in document
    assert document.encode("utf-8")


def of_text(text):
    """A run in which every text is this one."""
    call = ToolCall(text, text, text)
    events = (
        SessionStarted(text, text, (text,), text),
        TurnStarted(User(text)),
        Replied(Assistant(text, (call,), Usage(1, 2))),
        ToolCalled(call),
        ApprovalAsked(call, text),
        ToolReturned(ToolResult(text, text, text, "failed"), 1.0),
        Notice("error", text),
        TurnEnded("error", text),
    )
    unmet = (Unmet(text, text, 1, (f"- {text}", f"+ {text}")),)
    return Run(text, 1, text, text, 8.0, 1, steps(*events), unmet)


MARKUP = (HOSTILE, "</script>", "'\"><b onclick=x>", "]]>", "<!--", "{{ x }}{% raw %}")
TEXTS = st.one_of(st.text(), st.sampled_from(MARKUP)).map(lambda text: f"x{text}".replace("/", "-"))


@cache
def plain_shape(count):
    return Shape(as_html([of_text(f"x{number}") for number in range(count)])).shape


@settings(max_examples=12)
@given(st.lists(TEXTS, max_size=6, unique=True))
def test_whatever_the_texts_are_the_page_is_made_of_the_same_elements(texts):
    made = Shape(as_html([of_text(text) for text in texts]))
    assert made.shape == plain_shape(len(texts))
    assert made.open == []
