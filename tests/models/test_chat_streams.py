"""One stream of each provider as it is sent, every key, null and blank of it, with contents of our own."""

import json
from pathlib import Path

import pytest

from chatbot.errors import ModelError
from chatbot.events import Notice, ReasoningDelta, StatusChanged, TextDelta
from chatbot.models.chat_completions.decode import Decoder
from chatbot.models.http.answer import Answer
from chatbot.models.http.failures import Place
from chatbot.types import Assistant, ToolCall, Usage

PLACE = Place("example.org", "m")
STREAMS = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "streams" / "chat").glob("*.sse"))}

ARGUMENTS = '{"city":"Köln"}'
HELLO = "Grüße aus Köln"


def weather(id):
    return ToolCall(id, "get_weather", ARGUMENTS)


def time(id):
    return ToolCall(id, "get_time", "{}")


COUNTED = Usage(82, 17)
CACHED = Usage(82, 17, 64)
DETAILED = Usage(82, 17, 64, 5)
EXPECTED = {
    "azure": ("", Assistant("Grüße", usage=COUNTED)),
    "azure-calls": ("", Assistant("", (weather("call_a"),), COUNTED)),
    "deepseek": ("Hm", Assistant(HELLO, usage=DETAILED)),
    "deepseek-calls": ("", Assistant("", (weather("call_00_a1"),), DETAILED)),
    "gemini": ("", Assistant(HELLO, usage=COUNTED)),
    "gemini-calls": ("", Assistant("", (weather("call_1"), time("call_2")), COUNTED)),
    "groq": ("Hm", Assistant("", (weather("fc_a1"),), Usage(82, 17, 0, 5))),
    "llamacpp": ("Hm", Assistant("", (weather("xKq"),), COUNTED)),
    "mistral": ("Hm, well", Assistant(HELLO, usage=CACHED)),
    "mistral-calls": ("", Assistant("", (weather("call_1"), time("call_2")), COUNTED)),
    "ollama": ("Hm", Assistant("", (weather("call_a1b2c3d4"), time("call_e5f6g7h8")), COUNTED)),
    "openai": ("", Assistant(HELLO + " 👋🏽", usage=DETAILED)),
    "openai-calls": ("", Assistant("", (weather("call_a"), time("call_b")), DETAILED)),
    "openai-refusal": ("", Assistant("I'm sorry, I can't help with that.", usage=DETAILED)),
    "openrouter": ("Hm", Assistant(HELLO, usage=DETAILED)),
    "openrouter-calls": ("", Assistant("", (weather("get_weather:0"),), DETAILED)),
    "vllm": ("Hm", Assistant("", (weather("chatcmpl-tool-a1"),), CACHED)),
}
REFUSED = Notice("warning", "m refused to answer; what it says is its refusal.")


def told(*pieces):
    """Return what pieces of an answer come to: reasoning, text, everything else. Raises ModelError."""
    answer = Answer(PLACE, Decoder(PLACE))
    events = [event for piece in pieces for event in answer.feed(piece)]
    events += answer.end()
    joined = ["".join(e.text for e in events if isinstance(e, kind)) for kind in (ReasoningDelta, TextDelta)]
    return *joined, [event for event in events if not isinstance(event, ReasoningDelta | TextDelta)]


def test_every_stream_has_its_meaning():
    assert EXPECTED.keys() == STREAMS.keys()


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_whole_and_cut_at_every_byte(name):
    body = STREAMS[name]
    thought, reply = EXPECTED[name]
    expected = (thought, reply.text, [*([REFUSED] if "refusal" in name else []), reply])
    assert told(body) == expected
    assert told(*(body[at : at + 1] for at in range(len(body)))) == expected
    for at in range(1, len(body), 7):
        assert told(body[:at], body[at:]) == expected


AFTER = b'data: {"choices":[{"index":0,"delta":{"content":"more"},"finish_reason":null}]}\n\n'


@pytest.mark.parametrize("name", STREAMS)
def test_what_surrounds_the_chunks_is_no_matter(name):
    body, done = STREAMS[name], b"data: [DONE]\n\n"
    expected = told(body)
    for other in (
        body.replace(b"\n", b"\r\n"),
        body.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + body,
        body.replace(b"data: ", b"data:"),
        body.replace(b"data: ", b": a comment\nid: 1\nevent: message\ndata: "),
        body.replace(b"\n\n", b"\n"),
        body.removesuffix(done),
        body.removesuffix(b"\n\n"),
        body + AFTER + done,
    ):
        assert told(other) == expected


def test_gemini_gets_its_signature_back():
    extra = {"call_1": {"google": {"thought_signature": "c2ln"}}}
    assert told(STREAMS["gemini-calls"])[2][0].opaque == {"chat_completions": {"model": "m", "extra": extra}}


def chunk(delta, finish=None, **more):
    value = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}
    return f"data: {json.dumps(value)}\n\n".encode()


def call(arguments, **more):
    given = {} if arguments is ... else {"arguments": arguments}
    return {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", **given}, **more}]}


def arguments_of(*deltas, finish="tool_calls"):
    reply = told(*map(chunk, deltas), chunk({}, finish))[2][-1]
    return [made.arguments for made in reply.calls]


@pytest.mark.parametrize("arguments", [..., None, ""])
def test_a_call_without_arguments_has_none(arguments):
    assert arguments_of(call(arguments)) == ["{}"]


@pytest.mark.parametrize("finish", ["length", "content_filter", "max_tokens"])
def test_arguments_that_may_not_have_come_are_not_taken_for_none(finish):
    assert arguments_of(call(""), finish=finish) == [""]
    assert arguments_of(call('{"a": '), finish=finish) == ['{"a": ']
    assert arguments_of(call(""), {"tool_calls": [{"index": 1, "function": {"name": "g"}}]}, finish=finish) == [
        "{}",
        "",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        json.dumps(ARGUMENTS),  # doubly encoded
        '{"a": 1, "a": 2}',
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": NaN}',
        '{"a": ' + "9" * 5000 + "}",
        "[" * 100_000,
        "null",
        "get_weather(1)",
    ],
)
def test_arguments_are_passed_on_as_they_were_written(arguments):
    assert arguments_of(call(arguments)) == [arguments]


def test_arguments_that_are_an_object_become_its_text():
    assert arguments_of(call({"city": "Köln", "days": 1})) == ['{"city": "Köln", "days": 1}']
    assert arguments_of(call([1])) == ["[1]"]


@pytest.mark.parametrize("name", ["functions.f", "f<|channel|>commentary", "default_api.f"])
def test_a_decorated_name_is_left_to_those_who_know_the_tools(name):
    decorated = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": name, "arguments": "{}"}}]}
    assert told(chunk(decorated), chunk({}, "stop"))[2][0].calls == (ToolCall("a", name, "{}"),)


def test_an_answer_that_is_cut_off_is_incomplete():
    status, notice, reply = told(chunk({"content": "a"}), chunk({}, "length"))[2]
    assert (status, notice.level, reply) == (StatusChanged("incomplete"), "warning", Assistant("a"))


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, None),
        ({}, None),
        ("many", None),
        ({"prompt_tokens": None, "completion_tokens": 3}, Usage(0, 3)),
        ({"prompt_tokens": True, "completion_tokens": float("nan")}, Usage(0, 0)),
        ({"prompt_tokens": 4, "completion_tokens": 3, "prompt_tokens_details": None}, Usage(4, 3)),
        ({"prompt_tokens": 4, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": None}}, Usage(4, 3)),
        ({"prompt_tokens": 4, "completion_tokens": 3, "prompt_cache_hit_tokens": 2}, Usage(4, 3, 2)),
        ({"prompt_tokens": 4, "completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 1}},
         Usage(4, 3, 0, 1)),
    ],
)  # fmt: skip
def test_usage_in_every_shape(usage, expected):
    assert told(chunk({"content": "a"}, "stop", usage=usage))[2] == [Assistant("a", usage=expected)]


def test_usage_on_every_chunk_is_counted_once():
    counts = [{"prompt_tokens": 4, "completion_tokens": number} for number in range(3)]
    pieces = [chunk({"content": "a"}, usage=usage) for usage in counts]
    assert told(*pieces, chunk({}, "stop"))[2] == [Assistant("aaa", usage=Usage(4, 2))]


@pytest.mark.parametrize("page", [b"<!doctype html><p>Not here", b"\xef\xbb\xbf\n<html>"])
def test_a_web_page_where_a_stream_was_due(page):
    with pytest.raises(ModelError, match=r"^example\.org \(m\) answered with a web page"):
        told(page)


def test_bytes_that_are_no_text_are_replaced():
    reply = told(b'data: {"choices":[{"delta":{"content":"a\xff\xc3b"},"finish_reason":"stop"}]}\n\n')[2][-1]
    assert reply == Assistant("a\ufffd\ufffdb")


@pytest.mark.parametrize(
    "value", ["[" * 900 + "]" * 900, "9" * 5000, "NaN", "-Infinity", '{"a":' * 900 + "1" + "}" * 900]
)
@pytest.mark.parametrize("key", ['"index"', '"extra_content"', '"name"'])
def test_values_of_any_depth_and_size_are_an_answer_or_a_model_error(key, value):
    made = f'{{"function":{{"name":"f","arguments":"{{}}"}},"id":"a",{key}:{value}}}'
    body = f'data: {{"choices":[{{"delta":{{"tool_calls":[{made}]}},"finish_reason":"stop"}}]}}\n\n'
    try:
        assert [made.name for made in told(body.encode())[2][-1].calls] == ["f"]
    except ModelError as error:
        assert str(error).startswith("example.org (m) sent something that is")
