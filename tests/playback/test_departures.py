"""Where a run is not what was recorded, it ends, and says where and why."""

from dataclasses import replace

import pytest

from chatbot.errors import ExitCode
from chatbot.events import Notice
from chatbot.interrupt import Interrupt
from chatbot.limits import Limits
from chatbot.playback import Departed, PlayedSession, read
from chatbot.rules import Rule
from chatbot.runtime import Trust
from chatbot.session import drive
from chatbot.trust.guards import AskFirst
from tests.answers import YES, Answers
from tests.conversation import calling, pack
from tests.playback.talk import KEY, Talk, ends


def departed(talk, turn, why, *diff):
    """How a conversation ends that departs from its recording at a turn."""
    head = (f"--- {talk.path}, {turn}", "+++ this run") if diff else ()
    line = f"This run departs from {talk.path} at {turn}: {why}."
    return ["\n".join([*head, *diff]), ("error", line)]


def changed(talk, name, **changes):
    """The packs with one tool in which something is different."""
    (only,) = talk.packs
    tools = (replace(tool, **changes) if tool.name == name else tool for tool in only.tools)
    return [pack(*tools)]


def test_other_words_of_the_user(tmp_path):
    talk = Talk(tmp_path, ["Hello.", "It is open.", "Bye."], ["hi", "ticket 12345?", "thanks"])
    assert ends(talk.play("hi", "ticket 67890?")) == [
        ("done", ""),
        *departed(
            talk,
            "turn 2",
            "the user says something else",
            "@@ -1 +1 @@",
            "-user: ticket 12345?",
            "+user: ticket 67890?",
        ),
    ]


def test_another_result_since_a_gate_is_new(tmp_path):
    talk = Talk(tmp_path, [calling(("echo", {"a": 1})), "Well."], ["go"])
    packs = changed(talk, "echo", requires=("sign_in",))
    assert ends(talk.play(packs=packs)) == departed(
        talk,
        "turn 1",
        "the result of echo is another one",
        "@@ -1,3 +1,3 @@",
        " user: go",
        ' assistant: call function echo, with arguments {"a": 1}',
        '-function response: {"a": 1}',
        "+function response (denied): echo is refused until sign_in has succeeded in this session. Call sign_in first, "
        "with what the user tells you; ask the user for what it needs.",
    )


def test_a_gate_that_is_gone_lets_nothing_run(tmp_path):
    talk = Talk(tmp_path, [calling(("mine", {})), "Well."], ["go"])
    played = ends(talk.play(packs=changed(talk, "mine", requires=())))
    assert f"+function response (failed): mine did not run when {talk.path} was recorded." in played[0].splitlines()
    assert talk.runs == []


def test_a_tool_that_is_no_longer_offered(tmp_path):
    talk = Talk(tmp_path, [calling(("echo", {"a": 1})), "Well."], ["go"])
    played = ends(talk.play(packs=[pack(*talk.packs[0].tools[1:])]))
    assert played[0].splitlines()[-1] == "+function response (unknown): This function is not supported."
    assert played[1] == departed(talk, "turn 1", "the result of echo is another one")[1]


def test_a_value_that_is_to_be_given_now(tmp_path):
    talk = Talk(tmp_path, [calling(("echo", {"a": "zzz"})), "Well."], ["go"])
    played = ends(talk.play(packs=changed(talk, "echo", grounded=frozenset({"a"}))))
    assert played[0].splitlines()[-1].startswith("+function response (denied): echo is refused: a was never given")


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        ([], [Rule("change", "allow")], "the user was asked about change, and is not now"),
        ([Rule("change", "allow")], [], "the user is asked about change, and was not"),
    ],
    ids=["no more", "anew"],
)
def test_a_user_who_is_asked(before, now, why, tmp_path):
    trust = Trust(guards=[AskFirst(before)], asker=Answers(YES))
    talk = Talk(tmp_path, [calling(("change", {})), "Well."], ["go"], trust=trust)
    played = ends(talk.play(trust=replace(trust, guards=[AskFirst(now)])))
    assert played[-1] == departed(talk, "turn 1", why)[1]


def test_a_turn_that_ends_in_another_way(tmp_path):
    talk = Talk(tmp_path, [calling(("echo", {})), calling(("nothing", {})), "Well."], ["go"])
    played = ends(talk.play(trust=Trust(limits=Limits(rounds=1))))
    assert played[-1] == departed(talk, "turn 1", "something else happens")[1]


def test_a_greeting_that_is_not_wanted(tmp_path):
    talk = Talk(tmp_path, ["Hello.", "Yes."], [None, "hi"])
    assert ends(talk.play("hi")) == departed(
        talk,
        "the greeting",
        "the assistant spoke first, and does not now",
        "@@ -1 +1 @@",
        "-(the assistant speaks first)",
        "+user: hi",
    )


def test_a_greeting_that_is_new(tmp_path):
    talk = Talk(tmp_path, ["Yes."], ["hi"])
    assert ends(talk.play(None))[-1] == departed(talk, "turn 1", "the assistant speaks first, and did not")[1]


def test_who_said_something_else_may_say_what_is_due(tmp_path):
    talk = Talk(tmp_path, ["Hello.", "Yes."], ["hi", "more"])
    stops = [end[0] for end in ends(talk.play("hi", "less", "more")) if isinstance(end, tuple)]
    assert stops == ["done", "error", "done"]


def test_more_turns_than_there_are(tmp_path):
    talk = Talk(tmp_path, ["Hello."], ["hi"])
    assert ends(talk.play("hi", "more"))[-2:] == [
        f"--- {talk.path}, its end\n+++ this run\n@@ -0,0 +1 @@\n+user: more",
        ("error", f"This run departs from {talk.path}: the recording ends after turn 1."),
    ]


def test_fewer_turns_than_there_are(tmp_path):
    talk = Talk(tmp_path, ["Hello.", "Yes."], ["hi", "more"])
    _, session = talk.session_played("hi")
    events = []
    outcome = drive(session.ending(), events.append)
    line = f"This run departs from {talk.path}: it ends before turn 2."
    missing = f"--- {talk.path}, turn 2\n+++ this run\n@@ -1,2 +0,0 @@\n-user: more\n-assistant: Yes."
    assert events == [Notice("warning", missing), Notice("error", line)]
    assert isinstance(outcome.error, Departed)
    assert outcome.error.exit_code == ExitCode.TURN_FAILED


def test_a_secret_of_the_user_is_in_no_diff(tmp_path):
    talk = Talk(tmp_path, [calling(("sign_in", {"key": KEY})), "In.", "Yes."], [f"my key is {KEY}", "again"])
    assert ends(talk.play(f"my key is {KEY}", f"no, {KEY} again"))[1].splitlines()[-2:] == [
        "-user: again",
        "+user: no, ••• again",
    ]


def test_an_interrupt_of_this_run_is_no_departure(tmp_path):
    talk = Talk(tmp_path, ["one two three"], ["hi"])
    session = PlayedSession(read(talk.path), talk.packs)
    interrupt = Interrupt()
    interrupt.set()
    assert drive(session.turn("hi", interrupt)).stop == "interrupted"
