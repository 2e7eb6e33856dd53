import json
import threading

import pytest

from chatbot.events import ToolReturned
from chatbot.limits import Limits
from chatbot.models.scripted import Scripted
from chatbot.pack import ToolFailed, Verified
from chatbot.runtime import GUARDS, Trust
from chatbot.session import Session
from chatbot.trust.guards import Grounding
from tests.conversation import calling, pack, say, told, tool


def echo(arguments, context):
    return arguments


def broken(arguments, context):
    raise ToolFailed("The printer is on fire.")


def results(events):
    return [line.removeprefix("result: ") for line in told(events) if line.startswith("result")]


@pytest.mark.parametrize(
    ("arguments", "excess"),
    [
        ({"a": "x" * 80}, ""),
        ({"a": "x" * 200}, "they have 209 characters, and 100 is the most."),
        ({"a": {"b": 1}}, ""),
        ({"a": {"b": [1]}}, "they are nested more than 2 levels deep."),
        ([[[1]]], "they are nested more than 2 levels deep."),
        (5, ""),
    ],
)
def test_arguments_are_neither_too_long_nor_too_deep(arguments, excess):
    limits = Limits(arguments=100, depth=2)
    assert limits.excess(json.dumps(arguments), arguments) == excess


def test_a_long_result_is_cut_for_the_model_with_a_note_and_whole_in_the_transcript():
    model = Scripted(calling(("echo", {"text": "x" * 100})), "ok")
    session = Session(model, [pack(tool("echo", echo))], trust=Trust(limits=Limits(result=20)))
    events, _ = say(session, "go")
    whole = json.dumps({"text": "x" * 100})
    assert [event.result.content for event in events if isinstance(event, ToolReturned)] == [whole]
    assert model.prompts[1].history[-1].content == f"{whole[:20]}\n[{len(whole) - 20} more characters were cut here]"


def test_arguments_that_are_too_much_are_refused_before_anything_looks_at_them():
    session = Session(
        Scripted(calling(("echo", {"text": "x" * 300}), ("echo", '{"a": ' + "[" * 40 + "]" * 40 + "}")), "ok"),
        [pack(tool("echo", echo))],
        trust=Trust(limits=Limits(arguments=200)),
    )
    assert results(say(session, "go")[0]) == [
        "invalid: The arguments of echo are too much: they have 312 characters, and 200 is the most.",
        "invalid: The arguments of echo are too much: they are nested more than 32 levels deep.",
    ]


def test_of_too_many_calls_in_one_reply_the_first_run():
    session = Session(
        Scripted(calling(*[("echo", {"n": n}) for n in range(4)]), "ok"),
        [pack(tool("echo", echo))],
        trust=Trust(limits=Limits(calls=2)),
    )
    assert results(say(session, "go")[0]) == [
        '{"n": 0}',
        '{"n": 1}',
        *["denied: echo is refused: 2 calls in one reply are the most."] * 2,
    ]


def test_a_deadline_is_each_tools_own():
    never = threading.Event()
    slow = tool("slow", lambda arguments, context: never.wait(30), timeout=0.05)
    session = Session(Scripted(calling(("slow", {}), ("echo", {})), "ok"), [pack(slow, tool("echo", echo))])
    assert results(say(session, "go")[0]) == ["timeout: slow did not answer within 0.05 seconds.", "{}"]
    never.set()


def failing(count):
    return f"denied: broken is refused. This very call has failed {count} times in this turn: " + (
        "do not repeat it, tell the user what is missing or went wrong."
    )


def test_the_very_same_call_fails_so_often_and_no_more():
    again, other = calling(("broken", '{"a": 1, "b": 2}')), calling(("broken", '{"b":2,"a":1}'), ("broken", {"a": 2}))
    session = Session(Scripted(again, other, again, other, "Sorry."), [pack(tool("broken", broken))])
    on_fire = "failed: The printer is on fire."
    assert results(say(session, "go")[0]) == [on_fire, on_fire, on_fire, on_fire, failing(3), on_fire]


def test_a_new_turn_may_try_again():
    again = calling(("broken", {}))
    session = Session(Scripted(again, "Sorry.", again, "Sorry."), [pack(tool("broken", broken))])
    session.runtime.trust = Trust(limits=Limits(repeats=1))
    assert results(say(session, "go")[0]) == results(say(session, "go on")[0])


def test_a_success_begins_the_counting_anew():
    answers = iter(["bad", "good", "bad", "bad"])

    def moody(arguments, context):
        if next(answers) == "bad":
            raise ToolFailed("Not now.")
        return "Fine."

    again = calling(("moody", {}))
    session = Session(Scripted(*[again] * 4, "ok"), [pack(tool("moody", moody))])
    session.runtime.trust = Trust(limits=Limits(repeats=2))
    assert results(say(session, "go")[0]) == ["failed: Not now.", "Fine.", "failed: Not now.", "failed: Not now."]


def test_what_was_refused_may_run_once_its_reason_is_gone():
    verify = tool("verify", lambda arguments, context: Verified({"success": True}, "ann"))
    look = tool("look", lambda arguments, context: "seen", requires=("verify",))
    early = calling(("look", {}))
    session = Session(Scripted(*[early] * 5, calling(("verify", {})), early, "There."), [pack(verify, look)])
    refused = results(say(session, "go")[0])
    assert ["do not repeat it" in line for line in refused[:5]] == [False] * 3 + [True] * 2
    assert ["until verify has succeeded" in line for line in refused[:5]] == [True] * 5
    assert refused[5:] == ['{"success": true}', "seen"]


def test_a_value_that_a_tool_returned_meanwhile_may_be_used():
    find = tool("find", lambda arguments, context: ["T-77"])
    look = tool("look", echo, grounded=frozenset({"ticket"}))
    guess = calling(("look", {"ticket": "T-77"}))
    session = Session(Scripted(guess, guess, guess, calling(("find", {})), guess, "ok"), [pack(find, look)])
    assert Grounding in map(type, GUARDS)
    assert results(say(session, "go")[0])[3:] == ['["T-77"]', '{"ticket": "T-77"}']


@pytest.mark.parametrize("last", ["", calling(("look", {}))], ids=["says nothing", "still calls"])
def test_a_model_that_repeats_a_refused_call_for_ever_ends_with_a_sentence_to_the_user(last):
    verify = tool("verify", echo)
    look = tool("look", echo, requires=("verify",))
    session = Session(Scripted(*[calling(("look", {}))] * 10, last), [pack(verify, look)])
    events, outcome = say(session, "go")
    assert outcome.stop == "limit"
    assert {line.partition(":")[0] for line in results(events)} == {"denied"}
    assert told(events)[-3:] == [
        "assistant: I could not finish this: too many rounds of tool calls in one turn. "
        "What I have found so far stands above.",
        "[incomplete]",
        "end: limit: The limit of 10 rounds of tool calls in one turn was reached (--max-steps).",
    ]
