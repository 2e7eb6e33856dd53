"""Streams as servers really send them, whole and in pieces of every size."""

import json
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import ContextTooLong, ModelError
from chatbot.events import Notice, ReasoningDelta, StatusChanged, TextDelta
from chatbot.models.chat_completions.calls import Calls
from chatbot.models.chat_completions.decode import Decoder
from chatbot.models.http.answer import Answer
from chatbot.models.http.failures import Place
from chatbot.models.http.sse import Events
from chatbot.types import Assistant, ToolCall, Usage

PLACE = Place("example.org", "m")


def told(pieces):
    """Return what an answer's pieces come to: reasoning, text, notices, the reply or the error."""
    answer, events, error = Answer(PLACE, Decoder(PLACE)), [], None
    try:
        for piece in pieces:
            events.extend(answer.feed(piece))
        events.extend(answer.end())
    except ModelError as failed:
        error = str(failed)
    joined = ["".join(e.text for e in events if isinstance(e, kind)) for kind in (ReasoningDelta, TextDelta)]
    rest = [event for event in events if not isinstance(event, ReasoningDelta | TextDelta)]
    return (*joined, rest, error)


def event(value):
    return "data: " + json.dumps(value, ensure_ascii=False) + "\n\n"


def stream(*deltas, finish="stop", done=True):
    values = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    last = [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}] if finish else []
    return "".join(map(event, [*values, *last])) + ("data: [DONE]\n\n" if done else "")


def call(index=None, id=None, name=None, arguments=None, **more):
    function = {k: v for k, v in {"name": name, "arguments": arguments}.items() if v is not None}
    plain = {"index": index, "id": id, **more}
    return {**{k: v for k, v in plain.items() if v is not None}, "function": function}


def calls_of(*fragments):
    """Return name and arguments of the calls that come of fragments, each in a delta of its own."""
    reply = told([stream(*({"tool_calls": [fragment]} for fragment in fragments)).encode()])[2][-1]
    assert all(call.id for call in reply.calls) and len({call.id for call in reply.calls}) == len(reply.calls)
    return [(call.name, call.arguments) for call in reply.calls]


def test_characters_split_over_pieces_and_over_escapes():
    assert told([bytes([byte]) for byte in stream({"content": "Grüße 👋🏽"}).encode()])[1] == "Grüße 👋🏽"
    halves = '"delta":{"content":"a\\ud83d"}', '"delta":{"content":"\\udc4bb"}'
    body = "".join(f'data: {{"choices":[{{{half},"finish_reason":null}}]}}\n\n' for half in halves) + "data: [DONE]\n\n"
    assert told([body.encode()])[1:] == ("a👋b", [Assistant("a👋b")], None)
    lone = stream().replace("data: [DONE]", 'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\ndata: [DONE]')
    assert told([lone.encode()])[1:] == ("a\ufffd", [Assistant("a\ufffd")], None)


def test_one_very_long_chunk():
    long = "x" * 300_000
    body = stream({"tool_calls": [call(0, "a", "f", json.dumps({"x": long}))]}).encode()
    pieces = [body[i : i + 1000] for i in range(0, len(body), 1000)]
    assert told(pieces)[2][0].calls[0].arguments == json.dumps({"x": long})


A, B = '{"a": 1}', '{"b": 2}'


@pytest.mark.parametrize(
    ("fragments", "expected"),
    [
        ([call(0, "1", "f"), call(1, "2", "g"), call(0, arguments=A), call(1, arguments=B)], [("f", A), ("g", B)]),
        ([call(0, "1", "f", A[:3]), call(1, "2", "g", B[:5]), call(1, arguments=B[5:]), call(0, arguments=A[3:])],
         [("f", A), ("g", B)]),
        ([call(0, None, "f", A), call(1, None, "f", B)], [("f", A), ("f", B)]),
        ([call(None, "1", "f"), call(arguments=A), call(None, "2", "g"), call(arguments=B)], [("f", A), ("g", B)]),
        ([call(None, None, "f", A), call(None, None, "f", A)], [("f", A), ("f", A)]),
        ([call(None, None, "f"), call(None, None, "f", A)], [("f", A)]),
        ([call(None, None, "f", A + "\n"), call(None, None, "f", B)], [("f", A + "\n"), ("f", B)]),
        ([call(None, None, "f"), call(None, None, "g", B)], [("f", "{}"), ("g", B)]),
        ([call(None, "1", "f", A[:3]), call(None, "2", "g", B), call(None, "1", arguments=A[3:])],
         [("f", A), ("g", B)]),
        ([call(0, "1", "f", A[:3]), call(0, "1", "f", A[3:])], [("f", A)]),
        ([call(None, "1", "f", A[:3]), call(None, "1", "f", A[3:])], [("f", A)]),
        ([call(0, "1", "f", A), call(0, "2", "f", B)], [("f", A), ("f", B)]),
        ([call(0, "1", "f", A[:3]), call(0, "2", arguments=A[3:])], [("f", A)]),
        ([call(0, "", "f", A), call(0, "", "f", A)], [("f", A), ("f", A)]),
        ([call(0, "1", "f", A), call(0, "1", "f", B)], [("f", A), ("f", B)]),
        ([call(0, "1", "f", A), call(0, "1", "f", A)], [("f", A)]),
        ([call(0, "1", "get_"), call(0, None, "weather"), call(0, arguments=A)], [("get_weather", A)]),
        ([call(0, "1", "f", ""), call(0, None, "f", A[:3]), call(0, None, "f", A[3:])], [("f", A)]),
        ([call(0, None, "f"), call(0, "1"), call(0, arguments=A)], [("f", A)]),
        ([call(None, None, "f"), call(None, "1", arguments=A)], [("f", A)]),
        ([call(0, "1", "f", {"a": 1}), call(1, "2", "g", {"b": 2})], [("f", A), ("g", B)]),
        ([call(0, "1", "f")], [("f", "{}")]),
        ([call(0, "1", "f", "")], [("f", "{}")]),
        ([{"index": 0, "id": "1", "function": {"name": "f", "arguments": None}}], [("f", "{}")]),
        ([{"index": 0, "id": "1", "name": "f", "arguments": A}], [("f", A)]),
        ([call(0, "1", "f", '{"a": ')], [("f", '{"a": ')]),
        ([call(0, "1", "f", "not json")], [("f", "not json")]),
        ([call(0, "same", "f", A), call(1, "same", "g", B)], [("f", A), ("g", B)]),
        ([call(0, 17, "f", A), call(0, arguments="  ")], [("f", A + "  ")]),
        ([call(0), {}, {"index": 1, "function": None}], []),
        ([call(5, "1", "f", A), call(3, "2", "g", B)], [("f", A), ("g", B)]),
    ],
)  # fmt: skip
def test_calls_in_every_shape(fragments, expected):
    assert calls_of(*fragments) == expected


def test_calls_beside_each_other_in_one_delta():
    reply = told([stream({"content": "Sure", "tool_calls": [call(0, "1", "f", A), call(1, "2", "g", B)]}).encode()])
    assert reply[2][0] == Assistant("Sure", (ToolCall("1", "f", A), ToolCall("2", "g", B)))


def test_the_function_call_of_old():
    parts = {"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": A}}
    assert told([stream(*parts, finish="function_call").encode()])[2][0].calls == (ToolCall("call_1", "f", A),)


@pytest.mark.parametrize(
    ("delta", "reasoning", "text"),
    [
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "", "ab"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}, "hm", ""),
        ({"content": None, "reasoning_content": "hm"}, "hm", ""),
        ({"reasoning": "hm", "content": "a"}, "hm", "a"),
        ({"content": 7, "tool_calls": "?", "function_call": []}, "", ""),
    ],
)
def test_content_in_every_shape(delta, reasoning, text):
    assert told([stream(delta).encode()]) == (reasoning, text, [Assistant(text)], None)


def test_a_refusal_is_told_as_one():
    told_so = Notice("warning", "m refused to answer; what it says is its refusal.")
    assert told([stream({"refusal": "I will not."}).encode()])[1:3] == (
        "I will not.",
        [told_so, Assistant("I will not.")],
    )


def test_finish_reasons_lie():
    assert told([stream({"tool_calls": [call(0, "1", "f", A)]}, finish="stop").encode()])[2][0].calls
    assert told([stream({"content": "a"}, finish="tool_calls").encode()])[2] == [Assistant("a")]


@pytest.mark.parametrize(("finish", "words"), [("length", "cut off"), ("content_filter", "filter")])
def test_an_answer_that_was_cut_off_says_so(finish, words):
    status, notice, reply = told([stream({"content": "a"}, finish=finish).encode()])[2]
    assert status == StatusChanged("incomplete")
    assert isinstance(notice, Notice) and notice.level == "warning" and words in notice.text
    assert reply == Assistant("a")


def test_what_ends_an_answer():
    assert told([stream({"content": "a"}, finish=None, done=True).encode()])[2] == [Assistant("a")]
    assert told([stream({"content": "a"}, finish="stop", done=False).encode()])[2] == [Assistant("a")]
    broken = told([stream({"content": "a"}, finish=None, done=False).encode()])
    assert broken[1] == "a" and broken[3] == "example.org (m) broke the answer off before its end. Ask again."


@pytest.mark.parametrize(
    "body",
    [
        event({"error": {"message": "out of memory", "code": 500}}),
        event({"error": "out of memory"}),
        event({"object": "error", "message": "out of memory"}),
        'error: {"code":500,"message":"out of memory"}\n\n',
        '{"error":{"message":"out of memory"}}',
        '[{"error":{"message":"out of memory"}}]',
    ],
)
def test_errors_in_mid_stream(body):
    start = "" if body[0] in "{[" else stream({"content": "a"}, finish=None, done=False)
    text, rest, error = told([(start + body).encode()])[1:]
    assert rest == [] and text == ("a" if start else "")
    assert error == "example.org (m) broke the answer off with an error: out of memory."


def test_the_shape_of_an_answer_that_does_not_stream():
    message = {"role": "assistant", "content": "Hi", "tool_calls": [call(None, "1", "f", A)]}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}
    expected = ("", "Hi", [Assistant("Hi", (ToolCall("1", "f", A),), Usage(1, 0))], None)
    assert told([b"\n " + json.dumps(body).encode()]) == expected
    assert told([event(body).encode()]) == expected
    again = stream({"content": "Hi"}, {"tool_calls": [call(0, "1", "f", A)]}, finish=None, done=False)
    assert told([(again + event(body)).encode()]) == expected


@pytest.mark.parametrize("content", ["Hi", None])
def test_a_whole_message_behind_its_deltas_says_nothing_twice(content):
    deltas = [{"content": content}, {"tool_calls": [call(0, None, "f", A), call(1, None, "f", A)]}]
    message = {"content": content, "tool_calls": [call(None, None, "f", A), call(None, None, "f", A)]}
    end = event({"choices": [{"message": message, "finish_reason": "stop"}]})
    reply = told([(stream(*deltas, finish=None, done=False) + end).encode()])[2][-1]
    assert (reply.text, [made.arguments for made in reply.calls]) == (content or "", [A, A])


def test_arguments_sent_as_an_object_that_has_a_name_twice_stay_so():
    given = '{"to": "a", "to": "b", "in": [{"x": 1, "x": 1}]}'
    fragment = f'{{"index": 0, "id": "1", "function": {{"name": "f", "arguments": {given}}}}}'
    body = f'data: {{"choices": [{{"delta": {{"tool_calls": [{fragment}]}}, "finish_reason": "stop"}}]}}\n\n'
    assert told([body.encode()])[2][0].calls == (ToolCall("1", "f", given),)


def test_other_choices_and_missing_ones_are_left_out():
    second = event({"choices": [{"index": 1, "delta": {"content": "B"}}]})
    nothing = "".join(map(event, [{"choices": None}, {"choices": "?"}, {"choices": [None]}, {}]))
    assert told([(stream({"content": "a"}, done=False) + second + nothing).encode()])[2] == [Assistant("a")]


@pytest.mark.parametrize("payload", ["nonsense", "[" * 100_000, "7", "null", '"text"', "[]"])
def test_what_is_no_chunk_is_an_error(payload):
    assert told([f"data: {payload}\n\n".encode()])[3].startswith("example.org (m) sent something that is no")


def test_what_is_no_chunk_behind_good_ones_does_not_blame_the_address():
    body = stream({"content": "a"}, finish=None, done=False) + "data: {oops\n\n"
    said = "example.org (m) broke the answer off with something that is not JSON: {oops. Ask again."
    assert told([body.encode()]) == ("", "a", [], said)


def test_errors_in_mid_stream_say_what_to_do():
    start = stream({"content": "a"}, finish=None, done=False)
    error = told([(start + event({"error": {"message": "Slow down", "code": 429}})).encode()])[3]
    assert error == "example.org (m) broke the answer off with an error: Slow down. Wait a moment, then ask again."
    decoder = Decoder(PLACE)
    with pytest.raises(ContextTooLong):
        decoder.feed({"error": {"message": "too long", "code": "context_length_exceeded"}})


@pytest.mark.parametrize(("length", "wrap"), [(285, lambda said: event({"error": said})), (85, lambda said: said)])
def test_no_line_shows_a_part_of_the_key(length, wrap):
    key = "sk-0123456789abcdef"
    place = Place("example.org", "m", key=key)
    answer = Answer(place, Decoder(place))
    with pytest.raises(ModelError) as caught:
        list(answer.feed(wrap("x" * length + " " + key + "\x1b[31m\u202e").encode()))
        list(answer.end())
    assert "sk-" not in str(caught.value) and str(caught.value).isprintable()


@pytest.mark.parametrize(("first", "piece"), [(" ", " "), ('{"a": "', "}")])
def test_arguments_in_tiny_pieces_take_no_longer(first, piece):
    began, made = process_time(), Calls()
    for text in [first, *[piece] * 30_000]:
        made.feed(call(0, "1", "f", text))
    assert len(made.end()[0]) == 1
    assert process_time() - began < 5  # in quadratic time it takes a minute


def test_events_follow_the_standard():
    events = Events()
    assert events.feed(b": hi\nid: 1\nevent: x\ndata: a\ndata:b\ndata\nretry: 3\n\n\n\nother\ndata: c") == ["a\nb\n"]
    assert events.end() == ["c"]


KEYS = """choices delta message content tool_calls function name arguments id index error usage prompt_tokens
finish_reason text type thinking reasoning function_call""".split()  # noqa: SIM905


def shapes(inner):
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), shapes, max_leaves=6)
FUNCTION = st.fixed_dictionaries({}, optional={"name": JSON, "arguments": JSON})
FRAGMENT = st.fixed_dictionaries({}, optional={"index": JSON, "id": JSON, "function": FUNCTION | JSON})
DELTA = st.fixed_dictionaries({}, optional={"content": JSON, "tool_calls": st.lists(FRAGMENT, max_size=3) | JSON})
CHOICE = st.fixed_dictionaries({}, optional={"index": JSON, "delta": DELTA, "message": DELTA, "finish_reason": JSON})
CHUNK = st.fixed_dictionaries({"choices": st.lists(CHOICE | JSON, max_size=2)}, optional={"usage": JSON})


@given(st.lists(CHUNK | JSON, max_size=6), st.booleans())
def test_whatever_json_comes_only_a_model_error_is_raised(values, done):
    decoder, events = Decoder(PLACE), []
    try:
        for value in values:
            events.extend(decoder.feed(value))
        events.extend(decoder.end(done))
    except ModelError as error:
        assert str(error).isprintable()
        return
    reply = events[-1]
    assert isinstance(reply, Assistant) and not any(isinstance(event, Assistant) for event in events[:-1])
    assert reply.text == "".join(event.text for event in events if isinstance(event, TextDelta))
    assert all(call.id for call in reply.calls) and len({call.id for call in reply.calls}) == len(reply.calls)
    f"{reply}".encode()


@given(
    st.lists(
        CHUNK.map(lambda value: event(value).encode("utf-8", "replace"))
        | st.sampled_from([b"\r\n", b"\n", b"\r", b": x\n", b"data: [DONE]\n\n", b"\xef\xbb\xbf", b"data:", b"{", b"<"])
        | st.binary(max_size=8),
        max_size=6,
    ),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_how_bytes_are_cut_never_changes_the_result(parts, cuts):
    whole = b"".join(parts)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    assert told([whole[a:b] for a, b in pairwise(edges)]) == told([whole])
