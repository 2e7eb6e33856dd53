"""What goes over the wire is valid for the strictest server, whatever the history holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.models import Prompt
from chatbot.models.chat_completions import wire
from chatbot.models.http.text import encode
from chatbot.pack import Tool
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User
from tests.loopback import violations

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOL = Tool("add", "Add.", SCHEMA, lambda _: {}, lambda _a, _c: 3)


def sent(prompt, model="m", temperature=0.0):
    """Return the body as a strict server reads it."""
    body = encode(wire.request(prompt, model, temperature))
    return json.loads(body.decode("utf-8"), parse_constant=pytest.fail)


def test_a_whole_conversation():
    call = ToolCall("call_1", "add", '{"a": 1}')
    history = (User("1?"), Assistant("", (call,), Usage(1, 2)), ToolResult("call_1", "add", "1"), Assistant("One."))
    assert sent(Prompt("Be kind.", history, (TOOL,))) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "1?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "1"},
            {"role": "assistant", "content": "One."},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.0,
        "tools": [{"type": "function", "function": {"name": "add", "description": "Add.", "parameters": SCHEMA}}],
    }


def test_nothing_is_said_where_there_is_nothing_to_say():
    body = sent(Prompt("", (User(""),)), temperature=None)
    assert body["messages"] == [{"role": "user", "content": ""}]
    assert not {"tools", "temperature"} & body.keys()


def test_a_seed_goes_along_where_there_is_one():
    prompt = Prompt("", (User("a"),))
    assert "seed" not in wire.request(prompt, "m", 0.7)
    assert wire.request(prompt, "m", 0.7, 7)["seed"] == 7


@pytest.mark.parametrize(
    ("model", "known"),
    [("o1", 0), ("o3-mini", 0), ("o4-mini", 0), ("openai/o3", 0), ("gpt-5", 0), ("gpt-5.1-mini", 0),
     ("openrouter:openai/gpt-5", 0), ("gpt-4o", 1), ("o10", 1), ("llama3", 1), ("solo1", 1), ("qwen3:8b", 1)],
)  # fmt: skip
def test_temperature_only_where_it_is_known(model, known):
    assert ("temperature" in sent(Prompt("", (User("a"),)), model)) == bool(known)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("", "{}"),
        (" \n", "{}"),
        ('{"a": ', '{"invalid_arguments":"{\\"a\\": "}'),
        ("[1]", '{"invalid_arguments":"[1]"}'),
        ("null", '{"invalid_arguments":"null"}'),
        ('{"a": NaN}', '{"invalid_arguments":"{\\"a\\": NaN}"}'),
        ('{"a": 1e999}', '{"invalid_arguments":"{\\"a\\": 1e999}"}'),
        ("\ud800", '{"invalid_arguments":"\ufffd"}'),
        ('{"a": "\\ud800"}', '{"a":"\ufffd"}'),
        ('{"a": "\\ud83d\\udc4b"}', '{"a": "\\ud83d\\udc4b"}'),
        ('{"a": ' + "9" * 5000 + "}", None),
        ("{" + '"a":{' * 50_000, None),
    ],
)
def test_arguments_are_always_an_object(text, expected):
    found = wire.arguments(text)
    assert isinstance(json.loads(found), dict)
    assert found == (expected or json.dumps({"invalid_arguments": text}, separators=(",", ":")))


def test_every_call_is_answered_and_results_find_their_call():
    twice = Assistant("", (ToolCall("x", "f", "{}"), ToolCall("x", "g", "{}"), ToolCall("", "h", "{}")))
    results = ToolResult("x", "f", "1"), ToolResult("x", "g", "2")
    body = sent(Prompt("", (User("a"), twice, *results, User("b"), twice, ToolResult("nobody", "f", "?"))))
    assert violations(body) == []
    told = [(m["tool_call_id"], m["content"]) for m in body["messages"] if m["role"] == "tool"]
    assert told[:2] == [("x", "1"), ("x_2", "2")] and len(told) == 6


def test_names_that_models_make_up_are_readable():
    calls = tuple(ToolCall(str(i), name, "{}") for i, name in enumerate(["functions.add", "", "a b\ud800", "x" * 99]))
    body = sent(Prompt("", (User("a"), Assistant("", calls))))
    names = [call["function"]["name"] for call in body["messages"][1]["tool_calls"]]
    assert names == ["functions_add", "unnamed", "a_b_", "x" * 64]


def test_what_a_model_attached_goes_back_to_it_alone():
    opaque = {"chat_completions": {"model": "gemini", "extra": {"1": {"google": 1}}}}
    prompt = Prompt("", (User("a"), Assistant("", (ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}")), None, opaque)))
    first, second = sent(prompt, "gemini")["messages"][1]["tool_calls"]
    assert first["extra_content"] == {"google": 1} and "extra_content" not in second
    assert "extra_content" not in sent(prompt, "other")["messages"][1]["tool_calls"][0]
    for strange in (7, {"chat_completions": 7}, {"chat_completions": {"model": "m", "extra": []}}):
        sent(Prompt("", (User("a"), Assistant("", (ToolCall("1", "f", "{}"),), None, strange))))


def test_what_json_cannot_hold_is_replaced():
    tool = Tool("f", "\ud800", {"default": float("nan"), "enum": ("\udfff",)}, lambda _: {}, lambda _a, _c: 3)
    body = sent(Prompt("a\ud83d\udc4b", (User("\udc00"),), (tool,)))
    assert [message["content"] for message in body["messages"]] == ["a👋", "\ufffd"]
    assert body["tools"][0]["function"]["parameters"] == {"default": None, "enum": ["\ufffd"]}


TEXT = st.text(st.characters(exclude_categories=()), max_size=6)
CALL = st.builds(ToolCall, st.sampled_from(["", "a", "b"]) | TEXT, TEXT, TEXT | st.just('{"a": 1}'))
MESSAGE = (
    st.builds(User, TEXT)
    | st.builds(Assistant, TEXT, st.lists(CALL, max_size=3).map(tuple))
    | st.builds(ToolResult, st.sampled_from(["", "a", "b"]) | TEXT, TEXT, TEXT)
)


@given(st.lists(MESSAGE, max_size=8), TEXT)
def test_any_history_is_valid(history, system):
    assert violations(sent(Prompt(system, (User("a"), *history)))) == []
