"""The Responses API against a real server on the loopback interface; what all HTTP shares is in test_chat_client.py."""

import subprocess
import sys

import pytest

from chatbot.errors import ContextTooLong, CredentialsRefused, ModelError
from chatbot.events import Notice, ReasoningDelta, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.http.failures import Lost
from chatbot.models.http.retry import Patience
from chatbot.models.responses import Responses
from chatbot.pack import Tool
from chatbot.session import Session
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User
from tests.conversation import pack, say, told, tool
from tests.loopback import raw, status
from tests.responding import (
    ResponsesServer,
    calls,
    cut,
    ended,
    item_events,
    message,
    reasoning,
    refusal,
    snapshot,
    stall,
    text,
)

QUICK = Patience(base=0.01)
TOOL = Tool("add", "Add.", {"type": "object", "properties": {}}, lambda _: {}, lambda _a, _c: 3)
PROMPT = Prompt("Be kind.", (User("Hi"),), (TOOL,))
BEGUN = StatusChanged("in_progress")
ADD = tool("add", lambda arguments, _: arguments["a"] + arguments["b"])


@pytest.fixture
def open_model():
    models = []

    def opened(server, name="m", **more):
        given = {"base_url": server.url, "api_key": "sk-secret-key", "patience": QUICK, **more}
        models.append(Responses(name, **given))
        return models[-1]

    yield opened
    for model in models:
        model.close()


def ask(model, prompt=PROMPT, interrupt=None):
    return list(model.stream(prompt, interrupt or Interrupt()))


def failure(model):
    with pytest.raises(ModelError) as caught:
        ask(model)
    line = str(caught.value)
    assert line.isprintable() and "sk-secret-key" not in line
    return caught.value


def test_importing_it_does_not_load_the_sdk():
    code = "import sys, chatbot.models.responses; print('openai' in sys.modules or 'httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_an_answer_streams(open_model):
    with ResponsesServer(text("Hello dear world")) as server:
        events = ask(open_model(server))
    said = [TextDelta("Hello "), TextDelta("dear "), TextDelta("world")]
    assert events == [BEGUN, *said, Assistant("Hello dear world", (), Usage(7, 3, 4, 2))]
    assert server.requests[0].path == "/v1/responses" and server.violations == []


def test_a_server_that_does_not_stream(open_model):
    with ResponsesServer(snapshot("completed", output=(message("Hi"),))) as server:
        assert ask(open_model(server)) == [BEGUN, TextDelta("Hi"), Assistant("Hi", (), Usage(7, 3, 4, 2))]


def test_a_refusal_is_shown_as_one(open_model):
    with ResponsesServer(refusal("I will not.")) as server:
        events = ask(open_model(server))
    assert events[-2:] == [
        Notice("warning", "m refused to answer."),
        Assistant("I will not.", (), Usage(7, 3, 4, 2)),
    ]


def test_reasoning_goes_back_with_the_call_that_it_led_to(open_model):
    called = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "add"}
    thought = reasoning(("One.", "Two."), {**called, "arguments": '{"a": 1, "b": 2}'})
    with ResponsesServer(thought, text("3")) as server:
        session = Session(open_model(server, "gpt-5-mini"), [pack(ADD)], instructions="Be kind.")
        events, _ = say(session, "1 + 2?")
    assert [event.text for event in events if isinstance(event, ReasoningDelta)] == ["One.", "\n\nTwo."]
    assert server.violations == []
    first, second = server.bodies
    assert (first["store"], first["include"], first["reasoning"]) == (
        False,
        ["reasoning.encrypted_content"],
        {"summary": "auto"},
    )
    sent = [(item["type"], item.get("id"), item.get("encrypted_content")) for item in second["input"]]
    assert sent == [
        ("message", None, None),
        ("reasoning", "rs_1", "gAAAA="),
        ("function_call", "fc_1", None),
        ("function_call_output", None, None),
    ]


def test_parallel_calls_and_the_life_of_a_turn(open_model):
    with ResponsesServer(calls(("add", {"a": 1, "b": 2}), ("add", {"a": 3, "b": 4})), text("3 and 7")) as server:
        events, _ = say(Session(open_model(server), [pack(ADD)]), "Both?")
    assert server.violations == []
    assert told(events) == [
        "user: Both?",
        "[queued]",
        "[in_progress]",
        "assistant: ",
        "[requires_action]",
        'call: add {"a": 1, "b": 2}',
        'call: add {"a": 3, "b": 4}',
        "result: 3",
        "result: 7",
        "[in_progress]",
        "assistant: 3 and 7",
        "[completed]",
        "end: done",
    ]


def test_an_answer_that_is_cut_off_is_incomplete(open_model):
    with ResponsesServer(ended("incomplete", incomplete_details={"reason": "max_output_tokens"})) as server:
        events = ask(open_model(server))
    assert events[-3] == StatusChanged("incomplete") and "cut off" in events[-2].text
    assert events[-1].text == "a b"


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (cut(5, text("a b c")), Lost, "before its answer was whole"),
        (raw(text("a").pieces[0]), Lost, "broke the answer off before its end"),
        (ended("failed", error={"code": "server_error", "message": "Oops"}), ModelError, "error: Oops. Ask again."),
        (status(401), CredentialsRefused, "the key was not accepted"),
        (status(400, body={"error": {"message": "x", "code": "context_length_exceeded"}}), ContextTooLong, "Start"),
        (status(404, body={"detail": "Not Found"}), ModelError, "If the server has no Responses API, use --api chat."),
        (status(404, body="404 page not found"), ModelError, "use --api chat."),
        (status(404, body="No POST /v1/responses"), ModelError, "and the base URL. If the server has no Responses API"),
        (status(400, body={"error": {"message": "Unknown endpoint"}}), ModelError, "use --api chat."),
        (raw(b'{"choices": []}', "application/json"), ModelError, "Use --api chat."),
        (raw(b"<html>Login</html>", "text/html"), ModelError, "a web page"),
    ],
)
def test_what_goes_wrong_is_told_in_a_line(open_model, behaviour, kind, words):
    with ResponsesServer(behaviour) as server:
        error = failure(open_model(server))
        assert type(error) is kind and words in str(error)
        assert len(server.requests) == 1


def test_another_400_does_not_speak_of_the_api(open_model):
    with ResponsesServer(status(400)) as server:
        assert "--api" not in str(failure(open_model(server)))


def test_silence_ends_with_the_timeout(open_model):
    with ResponsesServer(stall(3, text("a"))) as server:
        assert "said nothing for 0.2 s" in str(failure(open_model(server, timeout=0.2)))


@pytest.mark.parametrize("name", ["include", "store", "temperature", "parallel_tool_calls"])
def test_a_refused_parameter_is_left_out_from_then_on(open_model, name):
    refused = status(400, body={"error": {"message": f"Unsupported parameter: '{name}'", "param": name}})
    with ResponsesServer(lambda body: refused if name in body else text("a")) as server:
        model = open_model(server)
        events = ask(model)
        assert events[0] == Notice("info", f"{model.place.host} does not know {name}; it is left out from now on.")
        assert not any(isinstance(event, Notice) for event in ask(model))
        assert [name in body for body in server.bodies] == [True, False, False]


def test_summaries_that_an_organisation_may_not_see_are_done_without(open_model):
    said = {"message": "Your organization must be verified to generate reasoning summaries."}
    refused = status(400, body={"error": {**said, "param": "reasoning.summary", "code": "unsupported_value"}})
    with ResponsesServer(lambda body: refused if "reasoning" in body else text("a")) as server:
        assert ask(open_model(server, "o4-mini"))[-1].text == "a"


def test_an_interrupt_ends_a_wait_at_once(open_model):
    with ResponsesServer(stall(4, text("a b"))) as server:
        model, interrupt, events = open_model(server), Interrupt(), []
        for event in model.stream(PROMPT, interrupt):
            events.append(event)
            if isinstance(event, TextDelta):
                interrupt.set()
        assert events == [BEGUN, TextDelta("a ")]
        assert server.disconnected.wait(1) and server.cancelled == []


def conversation(model, *said, instructions=""):
    session = Session(model, [pack(ADD)], instructions=instructions)
    for line in said:
        say(session, line)
    return session


def sent(server):
    """Return of each request what it goes on from, and the types of its input."""
    return [(body.get("previous_response_id"), [item["type"] for item in body["input"]]) for body in server.bodies]


def test_a_stored_conversation_says_only_what_is_new(open_model):
    answers = calls(("add", {"a": 1, "b": 2})), text("3", "resp_2"), text("Bye", "resp_3")
    with ResponsesServer(*answers) as server:
        session = conversation(open_model(server, store=True), "1 + 2?", "Thanks", instructions="Be kind.")
    assert server.violations == [] and session.history[-1].text == "Bye"
    assert [(body["store"], body["instructions"]) for body in server.bodies] == [(True, "Be kind.")] * 3
    assert sent(server) == [
        (None, ["message"]),
        ("resp_1", ["function_call_output"]),
        ("resp_2", ["message"]),
    ]


def test_a_conversation_that_was_changed_is_said_again(open_model):
    with ResponsesServer(text("a"), text("b", "resp_2"), text("c", "resp_3"), text("d", "resp_4")) as server:
        session = conversation(open_model(server, store=True), "1", "2")
        list(session.undo())
        say(session, "3")
        del session.history[:2]
        say(session, "4")
    assert server.violations == []
    assert sent(server) == [
        (None, ["message"]),
        ("resp_1", ["message"]),
        ("resp_1", ["message"]),
        (None, ["message"] * 3),
    ]


def test_where_the_server_forgot_a_response_everything_is_said_again(open_model):
    body = {"message": "Previous response with id 'resp_1' not found.", "code": "previous_response_not_found"}
    forgot = status(400, body={"error": {**body, "param": "previous_response_id"}})
    with ResponsesServer(text("a"), forgot, text("b", "resp_2"), text("c", "resp_3")) as server:
        session = conversation(open_model(server, store=True), "1", "2", "3")
    assert [message.text for message in session.history] == ["1", "a", "2", "b", "3", "c"]
    assert sent(server) == [
        (None, ["message"]),
        ("resp_1", ["message"]),
        (None, ["message"] * 3),
        ("resp_2", ["message"]),
    ]


def test_calls_arrive_and_their_results_go_back(open_model):
    with ResponsesServer(calls(("add", {"a": 1}), ("add", '{"a": ')), text("3")) as server:
        model = open_model(server)
        reply = ask(model)[-1]
        assert reply.calls == (ToolCall("call_0", "add", '{"a": 1}'), ToolCall("call_1", "add", '{"a": '))
        results = (ToolResult("call_0", "add", "3"),)  # one is missing on purpose
        assert ask(model, Prompt("", (User("Hi"), reply, *results)))[-1].text == "3"
    assert server.violations == [] and "tools" not in server.bodies[1]


def test_the_server_of_these_tests_is_strict():
    called = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
    thought = {"type": "reasoning", "id": "r", "encrypted_content": "x"}
    wrong = [
        [],
        [called],
        [thought],
        [called, called],
        [{"role": "user", "content": "a"}],
        [{**called, "arguments": "["}],
    ]
    with ResponsesServer() as server:
        for given in wrong:
            assert server.wrong({"input": given}) != []
        assert server.wrong({"input": [message("a")], "previous_response_id": "resp_9"}) != []
        assert server.wrong({"input": [message("a")], "tools": [{"type": "function", "function": {}}]}) != []
        assert server.wrong({"input": [message("a")], "max_tokens": 1}) != []
    assert item_events(message("a b"))[1]["delta"] == "a "
