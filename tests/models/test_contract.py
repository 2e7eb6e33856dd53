"""What every model keeps to, whichever it is: the contract of chatbot.models.Model, held by all six."""

import json
import threading
import time
from contextlib import contextmanager

import pytest

from chatbot.events import Replied, StatusChanged, TextDelta, ToolReturned, TurnEnded
from chatbot.interrupt import Interrupt
from chatbot.session import drive
from chatbot.types import Assistant, ToolCall, ToolResult, User, repaired
from tests.contract import ASK, HELLO, opened
from tests.conversation import say

MODELS = ["scripted", "offline", "chat", "responses", "local", "playback"]


@pytest.fixture
def talk(request, tmp_path):
    """Opens a session with a model that is about to hear these words."""

    @contextmanager
    def open_session(kind, *said):
        with opened(kind, tmp_path, said, lambda: request.getfixturevalue("small_model")) as session:
            yield session

    return open_session


def every(model):
    return pytest.mark.parametrize("kind", MODELS)(model)


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


@every
def test_it_has_a_name_and_says_what_must_be_known(talk, kind):
    with talk(kind, HELLO) as session:
        assert session.model.name and isinstance(session.model.notice, str)


@every
def test_a_whole_conversation_with_a_tool(talk, kind):
    with talk(kind, HELLO, ASK) as session:
        greeting, first = say(session, HELLO)
        events, second = say(session, ASK)
    assert (first.stop, second.stop) == ("done", "done")
    assert [event.status for event in of(greeting, StatusChanged)] == ["queued", "in_progress", "completed"]
    life = ["queued", "in_progress", "requires_action", "in_progress", "completed"]
    assert [event.status for event in of(events, StatusChanged)] == life
    asked, answered = (event.message for event in of(events, Replied))
    (call,) = asked.calls
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"}) and call.id
    assert [event.result.failure for event in of(events, ToolReturned)] == [None]
    assert answered.text and not answered.calls
    assert "".join(event.text for event in of(events, TextDelta)) == asked.text + answered.text
    assert session.history == list(repaired(session.history)) and len(session.history) == 6


@every
def test_the_reply_comes_once_and_last(talk, kind):
    with talk(kind, HELLO) as session:
        told, stream = [], session.model.stream

        def noted(prompt, interrupt):
            for delta in stream(prompt, interrupt):
                told.append(delta)
                yield delta

        session.model.stream = noted
        say(session, HELLO)
    assert [isinstance(delta, Assistant) for delta in told].index(True) == len(told) - 1
    assert told[0] == StatusChanged("in_progress") or kind == "playback"


@every
def test_where_no_tools_are_offered_it_calls_none(talk, kind):
    with talk(kind, HELLO) as session:
        session.runtime.packs = ()
        events, _ = say(session, HELLO)
    assert [event.message.calls for event in of(events, Replied)] == [()]


@every
def test_an_interrupt_before_it_begins_ends_it_at_once(talk, kind):
    with talk(kind, HELLO) as session:
        interrupt = Interrupt()
        interrupt.set()
        events, outcome = say(session, HELLO, interrupt)
    assert outcome.stop == "interrupted" and not of(events, TextDelta)


@every
def test_an_interrupt_in_mid_answer_ends_it_soon_and_leaves_it_usable(talk, kind):
    with talk(kind, HELLO, HELLO) as session:
        interrupt, began = Interrupt(), time.monotonic()
        events = []

        def stop(event):
            events.append(event)
            if isinstance(event, StatusChanged) and event.status == "in_progress":
                interrupt.set()

        drive(session.turn(HELLO, interrupt), stop)
        assert time.monotonic() - began < 20
        assert isinstance(events[-1], TurnEnded)
        if kind != "playback":  # there it departs from what is recorded
            assert events[-1].stop == "interrupted"
            assert say(session, HELLO)[1].stop == "done"


@every
def test_a_history_that_others_have_made_is_read_as_it_is(talk, kind):
    odd = [
        Assistant("I greet you first."),
        User(""),
        Assistant("", (ToolCall("", "no such tool", '{"a": '), ToolCall("", "get_weather", "[NaN]"))),
        ToolResult("", "get_weather", "\ud800 \x1b[31m \u202e"),
        User("a"),
        User("b"),
    ]
    with talk(kind, HELLO) as session:
        session.history[:] = odd
        _, outcome = say(session, HELLO)
    assert outcome.stop == "done", outcome.error


@every
def test_it_is_warmed_up_and_closed_as_often_as_one_likes(talk, kind):
    with talk(kind, HELLO) as session:
        threads = [threading.Thread(target=session.model.warm) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert say(session, HELLO)[1].stop == "done"
        if kind != "local":  # it is shared by tests, and has one of its own for that
            session.model.close()
            session.model.close()
