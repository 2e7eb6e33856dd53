"""What servers make of the Responses API, and what is harmless, or is not."""

import json
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import ContextTooLong, ModelError
from chatbot.events import Notice, ReasoningDelta, StatusChanged, TextDelta
from chatbot.models.http.answer import Answer
from chatbot.models.http.failures import Lost, Place
from chatbot.models.responses.decode import Decoder
from chatbot.types import Assistant, ToolCall, Usage
from tests.models.test_responses_streams import BEGUN, PLACE, told

A, B = '{"a": 1}', '{"b": 2}'


def event(kind, **fields):
    return {"type": f"response.{kind}", **fields}


def stream(*values, output=None, status="completed", **more):
    """Return the bytes of a stream that ends with a final response."""
    final = {"status": status, **({} if output is None else {"output": output}), **more}
    return sse(*values, event(status, response=final))


def sse(*values):
    return "".join(f"data: {json.dumps(value)}\n\n" for value in values).encode()


def message(*texts):
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": t} for t in texts]}


def call(id_="c1", name="f", arguments=A, **more):
    return {"type": "function_call", "call_id": id_, "name": name, "arguments": arguments, **more}


def added(item, **more):
    return event("output_item.added", item={**item, "arguments": ""}, **more)


def done(item, **more):
    return event("output_item.done", item=item, **more)


def piece(delta, **more):
    return event("function_call_arguments.delta", delta=delta, **more)


def text(delta, **more):
    return event("output_text.delta", delta=delta, **more)


def calls_of(*values, **final):
    return [(c.id, c.name, c.arguments) for c in told([stream(*values, **final)])[2][-1].calls]


@pytest.mark.parametrize(
    ("values", "final", "expected"),
    [
        ([text("a"), text("b")], {}, "ab"),
        ([text("a", item_id="1"), text("b", item_id="1")], {"output": [message("ab")]}, "ab"),
        ([text("a", item_id="1"), text("b", item_id="2")], {"output": [message("a"), message("b")]}, "a\n\nb"),
        ([text("a", item_id="", output_index=0), text("b", item_id="", output_index=0)], {}, "ab"),
        ([], {"output": [message("a", "b"), message("c")]}, "ab\n\nc"),
        ([text("a")], {"output": [message("ab")]}, "ab"),
        ([text(" a ")], {"output": [message("a")]}, " a "),
        ([event("output_text.done", text="a")], {}, "a"),
        ([text("a"), event("output_text.done", text="a")], {}, "a"),
        ([done(message("a"))], {}, "a"),
        ([text("a"), done(message("a")), text("b"), done(message("b"))], {}, "a\n\nb"),
        ([done(message("a"))], {"output": [message("a")]}, "a"),
        ([text("a"), done({"type": "message", "content": "ab"})], {}, "ab"),
        ([event("brand_new.delta", delta="x"), {"type": "ping"}, {}, {"type": 7}, text("a")], {"output": "?"}, "a"),
        ([text(None), text(7), text("a"), done(None), done({"type": "web_search_call"})], {"output": [7]}, "a"),
        ([text("a\ud83d"), text("\udc4b")], {}, "a👋"),
        ([text("a\ud83d")], {}, "a\ufffd"),
    ],
)
def test_text_in_every_shape_is_told_once(values, final, expected):
    reasoning, said, rest = told([stream(*values, **final)])
    assert (reasoning, said, rest) == ("", expected, [BEGUN, Assistant(expected)])


@pytest.mark.parametrize(
    ("values", "final", "expected"),
    [
        ([added(call()), piece(A[:3]), piece(A[3:]), done(call())], {}, [("c1", "f", A)]),
        ([added(call()), piece(A)], {}, [("c1", "f", A)]),
        ([added(call()), event("function_call_arguments.done", arguments=A)], {}, [("c1", "f", A)]),
        ([done(call())], {"output": [call()]}, [("c1", "f", A)]),
        ([], {"output": [call(), call("c2", "g", B)]}, [("c1", "f", A), ("c2", "g", B)]),
        ([added(call(id="1")), added(call("c2", "g", id="2")), piece(B, item_id="2"), piece(A, item_id="1")], {},
         [("c1", "f", A), ("c2", "g", B)]),
        ([added(call(), output_index=0), added(call("c2", "g"), output_index=1), piece(B, output_index=1),
          piece(A, output_index=0)], {}, [("c1", "f", A), ("c2", "g", B)]),
        ([added(call(id="1"), output_index=0), added(call("c2", "g", id="2"), output_index=0),
          piece(B, output_index=0, item_id="2"), piece(A, output_index=0, item_id="1")], {},
         [("c1", "f", A), ("c2", "g", B)]),
        ([done(call("x")), done(call("y", "g", B))], {"output": [call("p"), call("q", "g", B)]},
         [("p", "f", A), ("q", "g", B)]),
        ([done(call())], {"output": [message("")]}, [("c1", "f", A)]),
        ([added(call()), piece(A), done(call(arguments=None))], {}, [("c1", "f", A)]),
        ([done(call())], {"output": [call("x", arguments=None)]}, [("x", "f", A)]),
        ([done(call())], {"output": [call("x", arguments="")]}, [("x", "f", A)]),
        ([done(call(arguments="{}"))], {"output": [call()]}, [("c1", "f", A)]),
        ([], {"output": [call("", id="fc"), call("", "g", B)]}, [("fc", "f", A), ("call_2", "g", B)]),
        ([], {"output": [call(), call("c1", "g", B)]}, [("c1", "f", A), ("c1_2", "g", B)]),
        ([], {"output": [call(arguments={"a": 1})]}, [("c1", "f", A)]),
        ([], {"output": [call(arguments="")]}, [("c1", "f", "{}")]),
        ([], {"output": [call(arguments='{"a": ')]}, [("c1", "f", '{"a": ')]),
        ([], {"output": [call(arguments="[1, NaN]")]}, [("c1", "f", "[1, NaN]")]),
        ([done(call(arguments='{"a":1}'))], {"output": [call()]}, [("c1", "f", A)]),
        ([done(call())], {"output": [call(arguments=B)]}, [("c1", "f", A + B)]),
        ([done(call())], {"output": [call(arguments='{"a": true}')]}, [("c1", "f", A + '{"a": true}')]),
        ([done(call()), done(call("c2", "g", B))], {"output": [call("c2", "g", B), call()]},
         [("c2", "g", B), ("c1", "f", A)]),
        ([added(call(id="1")), piece(A, item_id="1"), added(call(name="g", id="2"))], {}, [("c1", "f", A)]),
        ([added(call(name="functions.f", id="1")), piece(A, item_id="1"), done(call(id="1"))], {}, [("c1", "f", A)]),
        ([added(call(name="functions.f")), piece(A), done(call())], {}, [("c1", "f", A)]),
    ],
)  # fmt: skip
def test_calls_in_every_shape(values, final, expected):
    assert calls_of(*values, **final) == expected


@pytest.mark.parametrize(
    ("values", "final"),
    [
        ([added(call())], {}),
        ([added(call()), piece(A)], {"status": "incomplete"}),
        ([added(call()), piece(A[:3]), done(call(arguments=A[:3], status="incomplete"))], {}),
        ([], {"output": [call(status="incomplete")]}),
        ([], {"output": [call(status="in_progress")], "status": "incomplete"}),
        ([], {"output": [call()], "status": "incomplete"}),
        ([piece(A)], {}),
        ([], {"output": [call(name="")]}),
        ([], {"output": [call(name=None)]}),
        ([], {"output": [{"type": "function_call"}]}),
    ],
)
def test_a_call_that_was_not_whole_is_none(values, final):
    assert calls_of(*values, **final) == []


def test_reasoning_is_told_once_and_in_paragraphs():
    def summary(delta, part):
        return event("reasoning_summary_text.delta", delta=delta, summary_index=part, item_id="r")

    thought = {"type": "reasoning", "id": "r", "summary": [{"text": "a b"}, {"text": "c"}]}
    parts = [summary("a ", 0), summary("b", 0), summary("c", 1)]
    assert told([stream(*parts, done(thought), output=[thought])])[0] == "a b\n\nc"
    assert told([stream(done(thought), output=[thought])])[0] == "a b\n\nc"
    assert (
        told([stream(output=[thought, {**thought, "summary": [], "content": [{"text": "d"}]}])])[0] == "a b\n\nc\n\nd"
    )


def test_statuses_are_the_servers():
    def status(name, said):
        return event(name, response={"id": "r", "status": said})

    told_of = told([stream(status("created", "queued"), status("queued", "queued"), status("in_progress", None))])[2]
    assert told_of[:-1] == [StatusChanged("queued"), BEGUN]
    assert told([stream(event("created"), event("in_progress"))])[2][:-1] == [BEGUN]
    assert told([stream(text("a"))])[2][:-1] == [BEGUN]
    cancelled = told([sse(text("a"), event("cancelled", response={"status": "cancelled"}))])
    assert cancelled[1:] == (
        "a",
        [BEGUN, StatusChanged("cancelled"), "example.org (m) cancelled the answer. Ask again."],
    )


def test_an_unknown_reason_is_cut_off_all_the_same():
    rest = told([stream(text("a"), status="incomplete", incomplete_details={"reason": ["?"]})])[2]
    assert rest[1:3] == [StatusChanged("incomplete"), Notice("warning", "The answer is cut off.")]


def test_a_refusal_that_only_the_last_event_tells_is_one():
    item = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
    assert told([stream(output=[item])])[1:] == (
        "No.",
        [BEGUN, Notice("warning", "m refused to answer."), Assistant("No.")],
    )


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (sse({"type": "error", "code": "server_error", "message": "Oops", "param": None}), "error: Oops. Ask again."),
        (sse({"type": "error", "error": {"message": "Oops"}}), "error: Oops."),
        (sse({"error": {"message": "Oops", "code": 500}}), "error: Oops."),
        (b'error: {"code":500,"message":"Oops"}\n\n', "error: Oops."),
        (b'{"error":{"message":"Oops"}}', "error: Oops."),
        (stream(status="failed", error={"code": "server_error", "message": "Oops"}), "error: Oops. Ask again."),
        (stream(status="failed", error={"code": "insufficient_quota"}), "error: insufficient_quota. Check the account"),
        (stream(status="failed", error=None), "(m) failed to answer. Ask again."),
        (sse({"choices": [{"delta": {"content": "a"}}]}), "form of the Chat Completions API. Use --api chat."),
        (b"data: nonsense\n\n", "is not JSON: nonsense"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "is not JSON"),
        (b"data: 7\n\n", "no answer: a JSON int"),
        (b"<html>Login</html>", "a web page"),
        (b"Internal error", "no answer: Internal error"),
        (b'{"hello": 1}', 'no answer: {"hello": 1}. Check the base URL'),
        (b"", "broke the answer off before its end"),
        (b"data: [DONE]\n\n", "broke the answer off before its end"),
        (sse(text("a")) + b"data: [DONE]\n\n", "broke the answer off before its end"),
    ],
)
def test_what_is_no_answer_is_an_error(body, line):
    assert line in told([body])[2][-1]


def test_a_conversation_that_is_too_long_can_be_told_from_other_errors():
    with pytest.raises(ContextTooLong, match="Start a new one"):
        Decoder(PLACE).feed({"type": "error", "code": "context_length_exceeded", "message": "Your input is long."})
    with pytest.raises(ContextTooLong):
        Decoder(PLACE).feed({"error": {"message": "exceeds the available context size (2048 tokens)"}})
    with pytest.raises(Lost):
        list(Decoder(PLACE).end(True))


def test_a_response_that_does_not_stream():
    usage = {"input_tokens": 1, "output_tokens": 2, "input_tokens_details": None}
    body = {"object": "response", "id": "r", "status": "completed", "output": [message("Hi"), call()], "usage": usage}
    expected = ("", "Hi", [BEGUN, Assistant("Hi", (ToolCall("c1", "f", A),), Usage(1, 2))])
    assert told([b"\n" + json.dumps(body).encode()]) == expected
    assert told([sse(body)]) == expected
    assert told([json.dumps({**body, "status": None}).encode()]) == expected
    for status in ("queued", "cancelling"):
        assert told([json.dumps({**body, "status": status}).encode()])[2][-1].endswith("before its end. Ask again.")


def kept_of(*values, after="", **final):
    decoder = Decoder(PLACE, after)
    answer = Answer(PLACE, decoder, opening=())
    return [*answer.feed(stream(*values, **final)), *answer.end()][-1].opaque["responses"]


def test_what_could_not_be_said_again_is_not_kept():
    thought, empty = {"type": "reasoning", "id": "r", "encrypted_content": "x"}, {"type": "reasoning", "id": "e"}
    assert kept_of(output=[thought, call(id="f")])["items"] == [thought, call(id="f")]
    assert kept_of(output=[call(id="f"), thought])["items"] == [call(id="f")]
    assert kept_of(output=[empty, call(id="f")])["items"] == [call()]
    assert kept_of(output=[{"type": "web_search_call", "id": "w"}, call(id="f")])["items"] == [call(id="f")]
    assert kept_of(text("a"), done(call()))["items"] == []
    found = kept_of(done(thought), output=[{"type": "reasoning", "id": "r"}, call()])["items"]
    assert found == [thought, call()]


def test_what_stood_before_a_call_that_is_lost_is_not_said_again_as_if_it_led_to_something_else():
    thought, lost = {"type": "reasoning", "id": "r", "encrypted_content": "x"}, call(status="incomplete")
    kept = kept_of(output=[thought, lost, {**message("a"), "id": "m"}], status="incomplete")
    assert kept["items"] == [message("a")]


def test_a_message_that_ends_otherwise_than_people_have_read_it_is_not_said_again():
    kept = kept_of(text("Yes", item_id="m"), output=[message("No")], id="resp_1", after="0123")
    assert kept["items"] == [] and "id" not in kept


def test_a_stored_response_is_kept_by_its_id_unless_its_calls_are_known_otherwise():
    assert kept_of(output=[call()], id="resp_1", after="0123")["id"] == "resp_1"
    assert "id" not in kept_of(output=[call()], id="resp_1")
    assert "id" not in kept_of(output=[call(), call()], id="resp_1", after="0123")
    assert "id" not in kept_of(output=[call(status="incomplete")], id="resp_1", after="0123")


KEYS = """type response item item_id output_index delta text arguments call_id name id status output content summary
error usage sequence_number object refusal incomplete_details reason""".split()  # noqa: SIM905
KINDS = """created queued in_progress completed incomplete failed cancelled output_item.added output_item.done
output_text.delta output_text.done refusal.delta reasoning_summary_text.delta reasoning_text.delta
function_call_arguments.delta function_call_arguments.done""".split()  # noqa: SIM905


def shapes(inner):
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5)


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([A, "c1", "f"])
JSON = st.recursive(LEAF, shapes, max_leaves=5)
ITEM = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", "?"]) | JSON},
    optional={"id": JSON, "call_id": JSON, "name": JSON, "arguments": JSON, "content": JSON, "summary": JSON},
)
EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from([f"response.{kind}" for kind in KINDS])},
    optional={
        "response": st.fixed_dictionaries({}, optional={"output": st.lists(ITEM, max_size=3) | JSON, "status": JSON}),
        "item": ITEM | JSON,
        **dict.fromkeys(("item_id", "output_index", "delta", "text", "arguments", "sequence_number"), JSON),
    },
)


@given(st.lists(EVENT | JSON, max_size=8))
def test_whatever_json_comes_only_a_model_error_is_raised(values):
    decoder, events = Decoder(PLACE), []
    try:
        for value in values:
            events.extend(decoder.feed(value))
        events.extend(decoder.end(True))
    except ModelError as error:
        assert str(error).isprintable()
        return
    reply = events[-1]
    assert isinstance(reply, Assistant) and not any(isinstance(event, Assistant) for event in events[:-1])
    assert reply.text == "".join(event.text for event in events if isinstance(event, TextDelta))
    assert all(call.id for call in reply.calls) and len({call.id for call in reply.calls}) == len(reply.calls)
    f"{reply}{[e for e in events if isinstance(e, ReasoningDelta)]}".encode()


@given(
    st.lists(
        EVENT.map(lambda value: sse(value)) | st.sampled_from([b"\r\n", b"\n", b"\r", b": x\n", b"data:", b"{"]),
        max_size=5,
    ),
    st.lists(st.integers(0, 400), max_size=5),
)
def test_how_bytes_are_cut_never_changes_the_result(parts, cuts):
    whole = b"".join(parts)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    assert told([whole[a:b] for a, b in pairwise(edges)]) == told([whole])


def test_arguments_sent_as_an_object_that_has_a_name_twice_stay_so():
    given = '{"to": "a", "to": "b"}'
    body = stream(output=[call(arguments=0)]).replace(b'"arguments": 0', b'"arguments": ' + given.encode())
    assert told([body])[2][-1].calls == (ToolCall("c1", "f", given),)


def test_text_in_tiny_pieces_takes_no_longer():
    began, decoder = process_time(), Decoder(PLACE)
    for _ in range(20_000):
        decoder.feed(text("x", item_id="m", output_index=0))
    assert process_time() - began < 5  # in quadratic time it takes minutes


def test_one_very_long_event():
    arguments = json.dumps({"x": "x" * 300_000})
    body = stream(done(call(arguments=arguments)))
    assert told([body[i : i + 1000] for i in range(0, len(body), 1000)])[2][-1].calls[0].arguments == arguments


def test_a_name_is_no_secret_and_a_key_is_never_shown():
    place = Place("example.org", "m", key="sk-secret-key")
    with pytest.raises(ModelError, match=r"bad \*\*\* here"):
        Decoder(place).feed({"type": "error", "message": "bad sk-secret-key here"})
