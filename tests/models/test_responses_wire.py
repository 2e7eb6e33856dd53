"""What goes over the wire is valid for the strictest server, whatever the history holds."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.models import Prompt
from chatbot.models.http.failures import Place
from chatbot.models.http.text import encode
from chatbot.models.responses import wire
from chatbot.models.responses.kept import fingerprint, keep
from chatbot.pack import Tool
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User
from tests.responding import violations

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOL = Tool("add", "Add.", SCHEMA, lambda _: {}, lambda _a, _c: 3)
PLACE = Place("example.org", "m")
CALL = ToolCall("call_1", "add", '{"a": 1}')
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
CALLED = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'}
SAID = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "One."}]}


def sent(prompt, model="m", temperature=0.0, store=False):
    """Return the body as a strict server reads it."""
    body = wire.request(prompt, replace(PLACE, model=model), temperature, store)
    return json.loads(encode(body).decode("utf-8"), parse_constant=pytest.fail)


def items(*history, **more):
    return sent(Prompt("", history), **more)["input"]


def user(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def assistant(text):
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def result(call_id, output):
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def test_a_whole_conversation():
    history = (User("1?"), Assistant("Well", (CALL,), Usage(1, 2)), ToolResult("call_1", "add", "1"), Assistant("One."))
    assert sent(Prompt("Be kind.", history, (TOOL,))) == {
        "model": "m",
        "instructions": "Be kind.",
        "input": [
            user("1?"),
            assistant("Well"),
            {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'},
            result("call_1", "1"),
            assistant("One."),
        ],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "temperature": 0.0,
        "tools": [{"type": "function", "name": "add", "description": "Add.", "parameters": SCHEMA, "strict": False}],
        "parallel_tool_calls": True,
    }


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        ("gpt-5-mini", {"include", "reasoning"}),
        ("openai/o4-mini", {"include", "reasoning"}),
        ("gpt-4o", {"temperature"}),
        ("chatgpt-4o-latest", {"temperature"}),
        ("gpt-5-chat-latest", set()),
        ("gpt-5.1-chat-latest", set()),
        ("gpt-oss-20b", {"include", "temperature"}),
        ("qwen3:8b", {"include", "temperature"}),
    ],
)
def test_a_model_is_asked_only_for_what_it_can(model, keys):
    body = sent(Prompt("", (User("a"),)), model)
    assert body.keys() & {"include", "reasoning", "temperature"} == keys
    assert body.get("reasoning", {"summary": "auto"}) == {"summary": "auto"}
    assert "temperature" not in sent(Prompt("", (User("a"),)), model, None)


def test_a_conversation_that_the_assistant_begins_has_a_word_in_front():
    assert items() == [user("Hello.")]
    assert items(Assistant("Hi!"), User("a")) == [user("Hello."), assistant("Hi!"), user("a")]
    assert items(Assistant("")) == [user("Hello.")]
    assert items(User("")) == [user("")]


def test_every_call_is_answered_by_an_id_of_its_own():
    twice = Assistant("", (ToolCall("x", "f", "{}"), ToolCall("x", "g", "{}"), ToolCall("", "h", "{}")))
    results = ToolResult("x", "f", "1"), ToolResult("x", "g", "2")
    found = items(User("a"), twice, *results, User("b"), twice, ToolResult("nobody", "f", "?"))
    assert violations({"input": found}) == []
    told = [(item["call_id"], item["output"]) for item in found if item["type"] == "function_call_output"]
    assert told[:2] == [("x", "1"), ("x_2", "2")] and len({call_id for call_id, _ in told}) == 6


def test_arguments_and_names_are_readable():
    calls = (ToolCall("1", "functions.add", '{"a": '), ToolCall("2", "", "[NaN]"), ToolCall("3", "f", "\ud800"))
    found = [item for item in items(User("a"), Assistant("", calls)) if item["type"] == "function_call"]
    assert [item["name"] for item in found] == ["functions_add", "unnamed", "f"]
    assert [list(json.loads(item["arguments"])) for item in found] == [["invalid_arguments"]] * 3


MADE = keep(Assistant("", (CALL,)), [THOUGHT, CALLED], PLACE)
HISTORY = (User("1?"), MADE, ToolResult("call_1", "add", "1"))


def test_a_models_own_items_go_back_to_it_as_they_came():
    assert items(*HISTORY) == [user("1?"), THOUGHT, CALLED, result("call_1", "1")]
    plain = [user("1?"), {key: CALLED[key] for key in CALLED if key != "id"}, result("call_1", "1")]
    assert items(*HISTORY, model="other") == plain
    moved = Prompt("", HISTORY)
    assert wire.request(moved, Place("example.com", "m"), None)["input"] == plain
    assert items(User("1?"), replace(MADE, opaque=None), HISTORY[2]) == plain


@pytest.mark.parametrize("change", [{"text": "And"}, {"calls": ()}, {"calls": (replace(CALL, arguments='{"a": 2}'),)}])
def test_a_reply_that_was_changed_is_said_as_it_is_now(change):
    found = items(User("1?"), replace(MADE, **change), HISTORY[2])
    assert THOUGHT not in found and "id" not in str(found).replace("call_id", "")
    assert violations({"input": found}) == []


def test_items_that_lack_a_call_are_not_sent():
    lacking = keep(Assistant("One.", (CALL,)), [THOUGHT, SAID], PLACE)
    assert items(User("1?"), lacking, HISTORY[2])[1] == assistant("One.")


def test_the_same_items_are_not_sent_twice():
    assert violations({"input": items(*HISTORY, *HISTORY)}) == []


@pytest.mark.parametrize(
    "opaque",
    [7, {"responses": 7}, {"chat_completions": {}}, {"responses": {"model": "m", "server": "example.org", "items": 7}}],
)
def test_what_was_kept_may_be_anything(opaque):
    assert items(User("a"), Assistant("b", (), None, opaque)) == [user("a"), assistant("b")]


def stored(reply, items, id_, history):
    return keep(reply, items, PLACE, id_, fingerprint(history))


FIRST = stored(Assistant("", (CALL,)), [THOUGHT, CALLED], "resp_1", HISTORY[:1])


def continued(*history, system=""):
    prompt = Prompt(system, history)
    return wire.continued(wire.request(prompt, PLACE, None, True), prompt, PLACE)


def test_a_stored_response_is_gone_on_from():
    found = continued(HISTORY[0], FIRST, HISTORY[2], system="Be brief.")
    assert found["previous_response_id"] == "resp_1" and found["store"] is True
    assert found["input"] == [result("call_1", "1")] and found["instructions"] == "Be brief."
    second = stored(Assistant("One."), [SAID], "resp_2", (HISTORY[0], FIRST, HISTORY[2]))
    found = continued(HISTORY[0], FIRST, HISTORY[2], second, User("2?"))
    assert (found["previous_response_id"], found["input"]) == ("resp_2", [user("2?")])


def test_what_others_said_since_is_said_again():
    found = continued(HISTORY[0], FIRST, HISTORY[2], Assistant("One."), User("2?"))
    assert found["previous_response_id"] == "resp_1"
    assert found["input"] == [result("call_1", "1"), assistant("One."), user("2?")]


@pytest.mark.parametrize(
    "history",
    [
        (User("2?"), FIRST, HISTORY[2]),
        (FIRST, HISTORY[2]),
        (User("0?"), Assistant("Zero."), HISTORY[0], FIRST, HISTORY[2]),
        (HISTORY[0], replace(FIRST, text="And"), HISTORY[2]),
        (HISTORY[0], MADE, HISTORY[2]),
        (HISTORY[0],),
        (),
    ],
)
def test_nothing_is_gone_on_from_where_anything_before_it_was_changed(history):
    assert continued(*history) is None


def test_a_response_with_nothing_behind_it_is_not_gone_on_from():
    assert continued(User("1?"), stored(Assistant("One."), [SAID], "resp_1", (User("1?"),))) is None


def test_what_json_cannot_hold_is_replaced():
    tool = Tool("f", "\ud800", {"default": float("nan"), "enum": ("\udfff",)}, lambda _: {}, lambda _a, _c: 3)
    body = sent(Prompt("a\ud83d\udc4b", (User("\udc00"),), (tool,)))
    assert (body["instructions"], body["input"]) == ("a👋", [user("\ufffd")])
    assert body["tools"][0]["parameters"] == {"default": None, "enum": ["\ufffd"]}


TEXT = st.text(st.characters(exclude_categories=()), max_size=6)
CALLS = st.lists(
    st.builds(ToolCall, st.sampled_from(["", "a", "b"]) | TEXT, TEXT, TEXT | st.just('{"a": 1}')), max_size=3
)
MESSAGE = (
    st.builds(User, TEXT)
    | st.builds(Assistant, TEXT, CALLS.map(tuple))
    | st.builds(ToolResult, st.sampled_from(["", "a", "call_1"]) | TEXT, TEXT, TEXT)
    | st.sampled_from([MADE, FIRST])
)


@given(st.lists(MESSAGE, max_size=8), TEXT)
def test_any_history_is_valid(history, system):
    assert violations(sent(Prompt(system, tuple(history), (TOOL,)))) == []
    new = continued(*history)
    assert new is None or violations(new) == []
