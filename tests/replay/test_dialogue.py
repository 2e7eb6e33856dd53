"""A turn as the plain transcript has it, and what is expected beside what happened in it."""

from chatbot.events import Notice, Replied, StatusChanged, ToolCalled, ToolReturned, TurnEnded, TurnStarted
from chatbot.masking import Mask
from chatbot.replay.checking import Miss, misses
from chatbot.replay.dialogue import WIDEST, dialogue, diff
from chatbot.replay.runs import Step
from chatbot.scripts.form import Expect
from chatbot.types import Assistant, ToolCall, ToolResult, User
from tests.replay.happening import called, happened


def steps(*events):
    return [Step(event, 0.0) for event in events]


def call(name, arguments='{"id": "7"}', content="ok", failure=None):
    """The events of one call, alone in its reply."""
    made = ToolCall(f"id of {name}", name, arguments)
    result = ToolResult(made.id, name, content, failure)
    return Replied(Assistant("", (made,))), ToolCalled(made), ToolReturned(result, 0.1)


TURN = steps(
    TurnStarted(User("Two\nlines.")),
    StatusChanged("in_progress"),
    Notice("info", "Nobody needs this."),
    Replied(Assistant("Let me see.", (ToolCall("c1", "verify", "{}"),))),
    ToolCalled(ToolCall("c1", "verify", "{}")),
    ToolReturned(ToolResult("c1", "verify", "not you", "denied"), 0.1),
    Notice("warning", "Beware."),
    Replied(Assistant("No.")),
    TurnEnded("limit", "It is\nenough."),
)


def test_a_turn_is_its_plain_transcript_with_failures_and_its_end():
    assert [line.text for line in dialogue(TURN)] == [
        "user: Two",
        "lines.",
        "assistant: Let me see.",
        "assistant: call function verify, with arguments {}",
        "function response (denied): not you",
        "chatbot: warning: Beware.",
        "assistant: No.",
        "(ends: limit: It is enough.)",
    ]


def test_each_line_knows_what_it_belongs_to():
    assert [line.place for line in dialogue(TURN)] == [
        ("", 0),
        ("", 0),
        ("answer", 0),
        ("call", 0),
        ("result", 0),
        ("", 0),
        ("answer", 1),
        ("end", 0),
    ]


def test_of_several_turns_the_last_end_is_the_end():
    several = steps(TurnStarted(None), TurnEnded("done"), TurnStarted(User("hi")), TurnEnded("done"))
    assert [(line.text, line.place) for line in dialogue(several)] == [
        ("(the assistant speaks first)", ("", 0)),
        ("(ends: done)", ("", 0)),
        ("user: hi", ("", 0)),
        ("(ends: done)", ("end", 0)),
    ]


def test_what_is_expected_stands_above_what_happened_instead():
    said = steps(TurnStarted(User("Status of 7?")), *call("status"), Replied(Assistant("It is open.")))
    turn = happened(called("status", '{"id": "7"}', "ok"), "It is open.")
    expect = Expect.model_validate(
        {
            "calls": ["verify", {"tool": "status", "arguments": {"id": "8"}, "failure": "denied"}],
            "answer": {"contains": "closed", "lacks": "open"},
            "stop": "limit",
            "max_model_calls": 1,
        }
    )
    found = misses(expect, happened(*turn.calls, *turn.answers, model_calls=2), Mask())
    assert diff([*said, *steps(TurnEnded("done"))], found) == (
        "  user: Status of 7?",
        "- assistant: call function verify",
        '- assistant: call function status, with arguments {"id": "8"}',
        '+ assistant: call function status, with arguments {"id": "7"}',
        "- function response (denied)",
        "+ function response: ok",
        '- assistant: an answer that contains "closed"',
        '- assistant: an answer that does not contain "open"',
        "+ assistant: It is open.",
        "- (ends: limit)",
        "- (at most 1 model calls)",
        "+ (2 model calls)",
        "+ (ends: done)",
    )


def test_only_what_is_around_a_difference_is_shown():
    said = steps(
        TurnStarted(User("Go.")), *(event for n in range(9) for event in call(f"t{n}", "{}")), TurnEnded("done")
    )
    assert diff(said, [Miss(("calls",), "", ("call", 4))]) == (
        "  ...",
        "  function response: ok",
        "  assistant: call function t3, with arguments {}",
        "  function response: ok",
        "+ assistant: call function t4, with arguments {}",
        "  function response: ok",
        "  assistant: call function t5, with arguments {}",
        "  function response: ok",
    )


def test_the_same_is_expected_once_and_what_has_no_place_at_the_end():
    twice = [Miss(("a",), "", ("call", 9), ("a line",), wrong=False)] * 2
    assert diff(steps(TurnStarted(User("hi")), TurnEnded("done")), twice) == (
        "  user: hi",
        "- a line",
        "  (ends: done)",
    )


def test_no_control_character_comes_through_and_long_lines_are_cut():
    said = steps(
        TurnStarted(User("\x1b]52;c;x\x07hi\u202e")),
        Replied(Assistant("x" * 9_999)),
        TurnEnded("error", "\x1b[2J\nbad"),
    )
    lines = diff(said, [Miss(("stop",), "", ("answer", 0), ("\x1b[31mred\ud800",))])
    assert lines == (
        "  user: hi",
        "- red\ufffd",
        f"+ assistant: {'x' * 9_999}"[:WIDEST],
        "  (ends: error: bad)",
    )


def test_a_turn_of_which_nothing_is_known_has_no_lines():
    assert diff((), [Miss(("calls",), "No.")]) == ()
