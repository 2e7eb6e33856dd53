"""Whole conversations with servers that we did not write, over each API that they and we speak."""

from contextlib import ExitStack, closing
from functools import cache

import httpx2
import pytest

from chatbot.errors import ContextTooLong, CredentialsRefused
from chatbot.events import Replied, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models.chat_completions import ChatCompletions
from chatbot.models.http.retry import Patience
from chatbot.models.responses import Responses
from chatbot.session import Session, drive
from chatbot.types import Assistant, ToolResult, User
from tests.conversation import calling, pack, say, told, tool
from tests.servers.running import LLAMACPP, LLM_MOCK_API, LLMOCK, running

KEY = "sk-right"
WEATHER = pack(tool("get_weather", lambda _arguments, _context: "18 degrees"))

pytestmark = pytest.mark.xdist_group("servers")  # each is started once
mocks = pytest.mark.parametrize("address", [LLMOCK, LLM_MOCK_API], ids=str, indirect=True)
llmock = pytest.mark.parametrize("address", [LLMOCK], ids=str, indirect=True)
llamacpp = pytest.mark.parametrize("address", [LLAMACPP], ids=str, indirect=True)
limited = pytest.mark.parametrize("address", [LLAMACPP, LLMOCK], ids=str, indirect=True)


@pytest.fixture(scope="session")
def address_of():
    """Starts a server when it is first asked for; it runs until all tests have ended."""
    with ExitStack() as all_running:
        yield cache(lambda server: all_running.enter_context(running(server)))


@pytest.fixture(scope="session", params=[LLAMACPP, LLMOCK, LLM_MOCK_API], ids=str)
def address(request, address_of):
    return address_of(request.param)


def opened(api, url, key=KEY):
    return api("m", base_url=url, api_key=key, patience=Patience(base=0.01))


@pytest.fixture(scope="module", params=[ChatCompletions, Responses], ids=lambda api: api.__name__)
def model(request, address):
    with closing(opened(request.param, f"{address}/v1")) as model:
        yield model


@pytest.fixture
def desk(address):
    """Where llmock is told what it shall do, and tells what it saw."""
    with httpx2.Client(base_url=f"{address}/_llmock", verify=False) as client:  # certificates take long to load
        yield client
        client.post("/reset").raise_for_status()


def script(desk, **behaviour):
    """Tell llmock what it shall do with a request that comes next."""
    desk.post("/scenario", json={"behaviors": [behaviour]}).raise_for_status()


def streamed(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def replies(events):
    return [event.message for event in events if isinstance(event, Replied)]


def test_a_conversation_of_two_turns_streams_and_is_counted(model):
    session, counted = Session(model), []
    for text in ("Hello there.", "And what else?"):
        events, outcome = say(session, text)
        (reply,) = replies(events)
        assert outcome.stop == "done"
        assert streamed(events) == reply.text != ""
        assert sum(isinstance(event, TextDelta) for event in events) > 1
        counted.append(reply.usage)
    assert [type(message) for message in session.history] == [User, Assistant] * 2
    assert 0 < counted[0].input_tokens < counted[1].input_tokens
    assert min(usage.output_tokens for usage in counted) > 0


def test_a_conversation_with_calls_in_it_is_understood(model):
    session = Session(model, [WEATHER], instructions="Be kind.")
    call = calling(("get_weather", {"city": "Rome"}))
    result = ToolResult("call_1", "get_weather", "18 degrees")
    session.history[:] = [User("How is the weather?"), call, result, Assistant("18 degrees.")]
    events, outcome = say(session, "Thank you.")
    assert outcome.stop == "done"
    assert replies(events)[-1].text


@mocks
def test_a_call_is_run_and_its_result_is_what_the_answer_is_made_of(model):
    session = Session(model, [WEATHER])
    for text in ("How is the weather?", "And in Milan?"):
        lines = told(say(session, text)[0])
        assert sum(line.startswith("call: get_weather {") for line in lines) == 1
        assert "result: 18 degrees" in lines
        assert lines[-3].startswith("assistant: ") and "18 degrees" in lines[-3]
        assert lines[-1] == "end: done"


def test_a_session_goes_on_after_an_answer_was_interrupted(model):
    session, interrupt, events = Session(model), Interrupt(), []

    def interrupting(event):
        events.append(event)
        if isinstance(event, TextDelta):
            interrupt.set()

    outcome = drive(session.turn("Tell me a long story.", interrupt), interrupting)
    assert outcome.stop == "interrupted"
    assert [reply.text for reply in replies(events)] == [streamed(events)]
    events, outcome = say(session, "Hello again.")
    assert outcome.stop == "done" and replies(events)[0].text


def test_a_path_that_the_server_does_not_have_is_told(model, address):
    with closing(opened(type(model), f"{address}/nowhere/v1")) as lost:
        session = Session(lost)
        _, outcome = say(session, "Hello.")
    assert outcome.stop == "error" and session.history == []
    assert str(outcome.error).startswith("404 from 127.0.0.1:")


@llamacpp
def test_a_wrong_key_is_refused(model, address):
    with closing(opened(type(model), f"{address}/v1", "sk-wrong")) as stranger:
        _, outcome = say(Session(stranger), "Hello.")
    assert isinstance(outcome.error, CredentialsRefused) and "sk-wrong" not in str(outcome.error)


@limited
def test_what_is_too_long_for_the_server_is_known_as_such(model):
    long = "word " * 2500
    session = Session(model)
    _, outcome = say(session, long)
    assert isinstance(outcome.error, ContextTooLong)
    session.history[:] = [User(long), Assistant("Yes?")]
    events, outcome = say(session, "Hello.")
    assert outcome.stop == "done"
    assert "notice: To fit what m reads, the oldest turn is left out from now on." in told(events)


@llmock
def test_a_busy_server_is_asked_again_when_it_said(model, desk):
    script(desk, type="fail", status=429, retry_after=0.05)
    lines = told(say(Session(model), "Are you busy?")[0])
    assert lines[2].endswith("too many requests; trying again in 0.1 s (1 of 2)")
    assert lines[-3:] == ["assistant: Hello! You said: Are you busy?", "[completed]", "end: done"]


@llmock
@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
def test_what_came_of_a_broken_answer_is_kept_and_told_not_to_be_whole(model, desk, kind):
    script(desk, type="stream_fault", kind=kind, after_chunks=8)
    session = Session(model)
    events, outcome = say(session, f"Here I am with {kind} and some more words.")
    assert outcome.stop == "error"
    assert replies(events)[0].text == streamed(events) != ""
    assert "notice: The answer above is not whole. /retry asks for it once more." in told(events)
    assert say(session, f"Again, {kind}.")[1].stop == "done"


@llmock
@pytest.mark.parametrize(("kind", "result"), [("malformed_arguments", "invalid: "), ("unknown_tool", "unknown: ")])
def test_a_call_that_makes_no_sense_goes_back_as_such(model, desk, kind, result):
    script(desk, type="tool_fault", kind=kind)
    lines = told(say(Session(model, [WEATHER]), f"Call something {kind}.")[0])
    assert sum(line.startswith(f"result: {result}") for line in lines) == 1
    assert lines[-1] == "end: done"


@llmock
def test_the_servers_own_verdict_finds_no_fault_with_us(model, desk):
    desk.delete("/requests").raise_for_status()
    session = Session(model, [WEATHER])
    script(desk, type="fail", status=503, retry_after=0.05)
    script(desk, type="fail", status=400)
    for text in ("Once.", "Twice.", "Thrice."):
        say(session, text)
    verdict = desk.get("/verdict").json()
    assert verdict["passed"], verdict
