"""What happened, as the script that expects it: `sessions export --script`, and --update."""

import json

import pytest

from chatbot.events import Replied, StatusChanged, ToolCalled, ToolReturned, TurnEnded, TurnStarted
from chatbot.masking import MASK
from chatbot.scripts.derived import expected, script_of, turns
from chatbot.scripts.form import Script
from chatbot.types import Assistant, ToolCall, ToolResult, User
from tests.transcript.talk import GREETING, TALK, turn


def calls(*made, stop="done"):
    """A turn with calls: (tool, arguments, failure); without a failure they never returned."""
    asked = [ToolCall(f"c{number}", name, arguments) for number, (name, arguments, *_) in enumerate(made)]
    ended = [
        ToolReturned(ToolResult(call.id, call.name, "ok", more[0]), 0.1)
        for call, (_, _, *more) in zip(asked, made, strict=True)
        if more
    ]
    told = [ToolCalled(call) for call in asked]
    return (TurnStarted(User("go")), Replied(Assistant("", tuple(asked))), *told, *ended, TurnEnded(stop))


def test_a_conversation_becomes_a_script_of_what_was_said_and_called():
    data = script_of(TALK, ["support", "weather"])
    assert data == {
        "pack": ["support", "weather"],
        "greeting": {"calls": []},
        "turns": [
            {
                "user": "Größe of ticket 12345?\nIn one line.",
                "expect": {"calls": [{"tool": "get_ticket", "arguments": {"ticket": "12345"}}]},
            }
        ],
    }
    assert Script.model_validate(data).turns[0].expect.calls[0].tool == "get_ticket"


def test_with_words_the_same_answers_are_expected_too():
    data = script_of([*TALK, *turn("Bye", "Good", "bye.")], ["support"], words=True)
    assert data["greeting"] == {"calls": [], "answer": {"equals": "Hello!"}}
    assert [one["expect"]["answer"] for one in data["turns"]] == [
        {"equals": "It is **Open**."},
        {"equals": "Good\nbye."},
    ]


def test_without_a_greeting_and_packs_the_script_says_so():
    assert script_of([*turn("hi", "Hello.")], []) == {
        "pack": ["none"],
        "greeting": False,
        "turns": [{"user": "hi", "expect": {"calls": []}}],
    }
    assert script_of(GREETING, [])["turns"] == []


def test_a_turn_that_never_ended_is_left_out():
    begun = [TurnStarted(User("and?")), StatusChanged("queued")]
    assert script_of([*turn("hi", "Hello."), *begun], []) == script_of([*turn("hi", "Hello.")], [])
    assert [len(one) for one in turns([*GREETING, *begun])] == [3]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (("pay", '{"to": "ann"}', None), {"tool": "pay", "arguments": {"to": "ann"}}),
        (("pay", "", None), {"tool": "pay", "arguments": {}}),
        (("pay", "{broken", "invalid"), {"tool": "pay", "failure": "invalid"}),
        (("pay", "[1]", "invalid"), {"tool": "pay", "failure": "invalid"}),
        (("pay", "{}", "denied"), {"tool": "pay", "arguments": {}, "failure": "denied"}),
        (("pay", "{}"), {"tool": "pay", "arguments": {}, "failure": "interrupted"}),
        (
            ("pay", json.dumps({"to": "ann", "pin": MASK, "note": [f"pin {MASK}"]}), None),
            {"tool": "pay", "arguments_include": {"to": "ann"}},
        ),
    ],
)
def test_a_call_is_expected_with_what_is_known_of_it(made, wanted):
    assert expected(calls(made)) == {"calls": [wanted]}


@pytest.mark.parametrize("stop", ["limit", "error", "interrupted"])
def test_an_end_that_is_not_the_usual_one_is_expected(stop):
    assert expected([*turn("hi", stop=stop)]) == {"calls": [], "stop": stop}


def test_a_turn_that_was_interrupted_is_interrupted_again_where_it_was():
    stopped = script_of(calls(("a", "{}", None), ("b", "{}"), stop="interrupted"), [])["turns"][0]
    assert (stopped["interrupt_at"], stopped["expect"]["stop"]) == ("b", "interrupted")
    assert script_of(turn("hi", "Hel", stop="interrupted"), [])["turns"][0]["interrupt_at"] == "answer"


def test_secrets_that_the_user_said_are_for_a_person_to_give():
    said = [*turn(f"{MASK} and {MASK}"), *turn("${PATH} costs $5"), *turn(f"again {MASK}")]
    data = script_of(said, [])
    assert data["secrets"] == {"secret_1": "SECRET_1", "secret_2": "SECRET_2", "secret_3": "SECRET_3"}
    assert [one["user"] for one in data["turns"]] == [
        "${secret_1} and ${secret_2}",
        "$${PATH} costs $5",
        "again ${secret_3}",
    ]
    Script.model_validate(data)
