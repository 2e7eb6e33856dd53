"""Answers in the background outlive the connection that they stream over, and are cancelled where nobody waits."""

import threading
import time
from dataclasses import replace

import pytest

from chatbot.errors import ModelError
from chatbot.events import Notice, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.http.retry import Patience
from chatbot.models.responses import BackgroundResponses
from chatbot.session import Session
from chatbot.types import Assistant, Usage, User
from tests.conversation import say, told
from tests.loopback import Behaviour, raw, status
from tests.responding import ResponsesServer, cut, ended, message, snapshot, stall, text

QUICK = Patience(retries=3, base=0.01)
PROMPT = Prompt("", (User("Hi"),))
QUEUED, BEGUN = StatusChanged("queued"), StatusChanged("in_progress")
LONG = text("a b c d", queued=True)
WHOLE = Assistant("a b c d", (), Usage(7, 3, 4, 2))
ATTACHED = "/responses/resp_1?stream=true&starting_after="


@pytest.fixture
def open_model():
    models = []

    def opened(server, **more):
        given = {"base_url": server.url, "api_key": "sk-secret-key", "patience": QUICK, **more}
        models.append(BackgroundResponses("m", **given))
        return models[-1]

    yield opened
    for model in models:
        model.close()


def ask(model, interrupt=None):
    return list(model.stream(PROMPT, interrupt or Interrupt()))


def said(events):
    return [event.text for event in events if isinstance(event, TextDelta)]


def notices(events):
    return [event.text for event in events if isinstance(event, Notice)]


def test_an_answer_is_asked_for_in_the_background(open_model):
    with ResponsesServer(LONG) as server:
        events = ask(open_model(server))
    assert [*events[:2], events[-1]] == [QUEUED, BEGUN, WHOLE]
    body = server.bodies[0]
    assert (body["background"], body["stream"], body["store"]) == (True, True, True)
    assert "previous_response_id" not in body
    assert (server.violations, server.fetches, server.cancelled) == ([], [], [])


@pytest.mark.parametrize("count", range(1, 12))
def test_wherever_the_connection_is_lost_all_is_told_and_nothing_twice(open_model, count):
    assert len(LONG.pieces) == 10
    with ResponsesServer(cut(count, LONG)) as server:
        events = ask(open_model(server))
    assert said(events) == ["a ", "b ", "c ", "d"] and events[-1] == WHOLE
    assert server.fetches == ([f"{ATTACHED}{count - 1}"] if count < 10 else [])


def test_a_lost_connection_is_told(open_model):
    with ResponsesServer(cut(5, LONG)) as server:
        model = open_model(server)
        (line,) = notices(ask(model))
    assert line.startswith(f"The connection to {model.place.host} is lost; response resp_1 goes on there. Asking for")
    assert line.endswith("(1 of 3)")


def test_a_stream_that_began_in_mid_event_goes_on_from_the_one_before(open_model):
    with ResponsesServer(replace(LONG, stop_after=sum(map(len, LONG.pieces[:5])) + 40)) as server:
        events = ask(open_model(server))
    assert said(events) == ["a ", "b ", "c ", "d"] and server.fetches == [f"{ATTACHED}4"]


def test_events_that_come_again_are_told_once(open_model):
    with ResponsesServer(cut(6, LONG)) as server:
        server.gets = [LONG]
        assert said(ask(open_model(server))) == ["a ", "b ", "c ", "d"]


def test_a_connection_that_is_lost_again_and_again_has_patience_as_long_as_something_comes(open_model):
    with ResponsesServer(cut(4, LONG)) as server:
        server.gets = [Behaviour(LONG.pieces[n : n + 1]) for n in range(4, 9)]
        events = ask(open_model(server))
    assert said(events) == ["a ", "b ", "c ", "d"] and events[-1] == WHOLE
    assert len(server.fetches) == 6


def test_what_cannot_be_attached_to_is_asked_for_until_it_is_final(open_model):
    with ResponsesServer(cut(6, LONG)) as server:
        server.gets = [status(404), snapshot("queued"), snapshot("in_progress"), snapshot("in_progress")]
        events = ask(open_model(server))
    assert said(events) == ["a ", "b ", "c d"] and events[-1] == WHOLE
    assert [event for event in events if isinstance(event, StatusChanged)] == [QUEUED, BEGUN, QUEUED, BEGUN]
    assert len(notices(events)) == 1
    assert server.fetches == [f"{ATTACHED}5"] + ["/responses/resp_1"] * 4


def test_a_server_that_does_not_stream_is_asked_until_the_response_is_final(open_model):
    with ResponsesServer(snapshot("queued")) as server:
        server.gets = [snapshot("in_progress"), snapshot("completed", output=(message("a b c d"),))]
        events = ask(open_model(server))
    assert events == [QUEUED, BEGUN, TextDelta("a b c d"), WHOLE]


def test_a_server_that_is_busy_for_a_while_is_asked_again(open_model):
    with ResponsesServer(cut(6, LONG)) as server:
        server.gets = [status(503), status(429)]
        events = ask(open_model(server))
    assert said(events) == ["a ", "b ", "c ", "d"] and len(notices(events)) == 3


def test_patience_ends_and_names_the_response(open_model):
    with ResponsesServer(cut(6, LONG)) as server:
        server.gets = [raw(b": wait\n\n")] * 9
        with pytest.raises(ModelError, match=r"before its end\. It may go on there as response resp_1\.$"):
            ask(open_model(server))
    assert len(server.fetches) == 3


def test_a_response_that_is_gone_is_an_error_that_names_it(open_model):
    with ResponsesServer(cut(6, LONG)) as server:
        server.gets = [status(404)] * 2
        with pytest.raises(ModelError, match=r"^404 from .* response resp_1\.$") as caught:
            ask(open_model(server))
    assert "--api" not in str(caught.value)


def test_a_connection_that_is_lost_before_the_response_has_an_id_is_an_error(open_model):
    with ResponsesServer(raw(b": wait\n\n")) as server, pytest.raises(ModelError, match=r"its end\. Ask again\.$"):
        ask(open_model(server))
    assert server.fetches == []


def test_a_response_that_failed_is_not_asked_for_again(open_model):
    failed = ended("failed", error={"message": "Oops"})
    with ResponsesServer(failed) as server, pytest.raises(ModelError, match=r"error: Oops\.$"):
        ask(open_model(server))
    assert (server.fetches, server.cancelled) == ([], [])


def test_a_server_without_a_background_says_so(open_model):
    refused = status(400, body={"error": {"message": "background responses are not supported"}})
    with ResponsesServer(refused) as server, pytest.raises(ModelError, match=r"Ask without --background\.$"):
        ask(open_model(server))
    assert len(server.requests) == 1


def test_a_server_that_stores_nothing_is_not_asked_without_storing(open_model):
    refused = status(400, body={"error": {"message": "Unsupported parameter: 'store'", "param": "store"}})
    with ResponsesServer(refused) as server, pytest.raises(ModelError, match="'store'"):
        ask(open_model(server))
    assert len(server.requests) == 1


def test_an_interrupt_cancels_the_response_and_waits_for_nothing(open_model):
    with ResponsesServer(stall(5, LONG)) as server:
        session, interrupt = Session(open_model(server)), Interrupt()
        threading.Timer(0.15, interrupt.set).start()
        began = time.monotonic()
        events, _ = say(session, "Hi", interrupt)
        assert time.monotonic() - began < 5
        assert server.was_cancelled.wait(5) and server.cancelled == ["resp_1"]
    assert told(events)[-2:] == ["[cancelled]", "end: interrupted"]


def test_an_interrupt_while_the_response_is_waited_for_cancels_it(open_model):
    with ResponsesServer(snapshot("queued")) as server:
        model, interrupt = open_model(server, patience=Patience(base=20.0)), Interrupt()
        threading.Timer(0.1, interrupt.set).start()
        assert ask(model, interrupt) == [QUEUED]
        assert server.was_cancelled.wait(5)


def test_a_stream_that_nobody_reads_on_is_cancelled(open_model):
    with ResponsesServer(stall(5, LONG)) as server:
        stream = open_model(server).stream(PROMPT, Interrupt())
        assert next(stream) == QUEUED
        stream.close()
        assert server.was_cancelled.wait(5)


def test_closing_the_model_waits_until_it_is_cancelled(open_model):
    with ResponsesServer(stall(5, LONG)) as server:
        model = open_model(server)
        stream = model.stream(PROMPT, Interrupt())
        next(stream)
        stream.close()
        model.close()
        assert server.cancelled == ["resp_1"]
        assert not any(thread.name == "cancel" for thread in threading.enumerate())


def test_closing_the_model_cancels_what_goes_on(open_model):
    with ResponsesServer(stall(5, LONG)) as server:
        model = open_model(server)
        stream = model.stream(PROMPT, Interrupt())
        next(stream)
        model.close()
        assert server.cancelled == ["resp_1"]
        stream.close()
        model.close()
        assert server.cancelled == ["resp_1"]


def test_a_response_whose_id_comes_a_little_after_the_interrupt_is_cancelled_too(open_model):
    with ResponsesServer(replace(LONG, delay=0.15)) as server:
        model, interrupt = open_model(server), Interrupt()
        model.warm()
        threading.Timer(0.05, interrupt.set).start()
        ask(model, interrupt)
        assert server.was_cancelled.wait(5)


def test_an_interrupt_ends_a_wait_for_a_silent_server_soon(open_model):
    with ResponsesServer(stall(0, LONG)) as server:
        model, interrupt = open_model(server), Interrupt()
        model.warm()
        threading.Timer(0.05, interrupt.set).start()
        assert ask(model, interrupt) == []
    assert server.cancelled == []


def test_an_interrupt_before_the_start_sends_nothing(open_model):
    with ResponsesServer(LONG) as server:
        interrupt = Interrupt()
        interrupt.set()
        assert ask(open_model(server), interrupt) == []
        assert server.requests == []


def test_a_finished_response_is_not_cancelled(open_model):
    with ResponsesServer(LONG) as server:
        model, interrupt = open_model(server), Interrupt()
        for event in model.stream(PROMPT, interrupt):
            if isinstance(event, Assistant):
                interrupt.set()
        model.close()
        assert server.cancelled == []


def test_a_stored_conversation_goes_on_in_the_background(open_model):
    with ResponsesServer(cut(6, LONG), text("e", "resp_2")) as server:
        session = Session(open_model(server, store=True))
        for line in ("1", "2"):
            say(session, line)
    assert server.violations == []
    assert [body.get("previous_response_id") for body in server.bodies] == [None, "resp_1"]
