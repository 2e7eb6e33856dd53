"""Messages that stay messages, and how soon they flow."""

import pytest

from chatbot.errors import ModelError
from chatbot.events import Notice, ReasoningDelta, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.scripted import Scripted
from chatbot.models.written import Written, read
from chatbot.types import Assistant, ToolCall, Usage
from tests.models.written.said import TOOLS, heard, said, stream

CALL = '{"name": "get_weather", "arguments": {"city": "Paris"}}'


@pytest.mark.parametrize(
    "text",
    [
        "Hello there",
        "  \n Hi \n",
        "{",
        '{"city": "Paris"}',
        '{"name": "Bob", "age": 3}',
        '{"name": "Bob", "arguments": ["none"]}',
        '{"name": "fly", "arguments": {}}',
        '{"name": "get_weather"}',
        '{"name": "get_weather", "description": "Tells the weather.", "parameters": {"type": "object"}}',
        f"You could say:\n```json\n{CALL}\n```",
        f"```json\n{CALL}\n```\nThat is how it looks.",
        f"{CALL}\n\nThat is how it looks.",
        f"{CALL} and {CALL}",
        "```python\nprint(1)\n```",
        "```js",
        "```python\nget_time()\n```",
        "Action: restart",
        "The plan:\nAction: restart",
        "The plan:\nfunctools",
        "[1] see below",
        "[a link](http://example.org)",
        "[fly(to='Paris')]",
        "[get_weather(city)] is how you write it",
        "{'name': 'get_weather', 'arguments': {}} is a dictionary",
        '{"name": "get_weather", "arguments": {"a": 1,}}\n\nMind the comma (it is wrong)',
        "get some rest",
        "get_weather is a tool",
        "get_weather(city) tells the weather",
        "get_weather(city)\n\nThis tells the weather (of today)",
        "1 < 2 and <b>bold</b> <tool",
        "[TOOL",
        "a" * 10_000,
    ],
)
def test_what_is_no_call_stays_as_it_is(text):
    assert said(text) == ("", text, [])


def steps(text, tools=TOOLS):
    """Return how much of the text was passed on after each of its characters."""
    shown, counts = 0, []

    def fed():
        for character in text:
            yield TextDelta(character)
            counts.append(shown)

    for event in read(fed(), tools, "tiny"):
        shown += len(event.text) if isinstance(event, TextDelta) else 0
    return counts


def test_an_answer_flows_but_for_what_may_still_become_a_mark():
    assert steps("One two") == [1, 2, 3, 3, 5, 6, 7]  # white space at the end may stand before a mark
    assert steps("a <tool_b") == [1, 1, 1, 1, 1, 1, 1, 1, 9]
    assert steps("a <tool_call> is a")[-2:] == [1, 18]


@pytest.mark.parametrize(
    ("text", "since"),
    [('{"city": 1}', 7), ('{"name": "Bob", "age": 3}', 14), ("[1]", 2), ("{ }", 3), ("get up", 4), ("```js\nx", 6)],
)
def test_what_begins_like_a_bare_call_flows_as_soon_as_it_cannot_be_one(text, since):
    counts = steps(text)
    assert [count > 0 for count in counts] == [number >= since for number in range(1, len(text) + 1)]


def test_without_tools_nothing_is_a_call():
    for text in (CALL, f"Hi.\n<tool_call>{CALL}</tool_call>", "[get_weather()]"):
        assert said(text, ()) == ("", text, [])


def test_without_tools_a_message_that_is_only_marked_calls_is_left_out_and_said():
    thought, shown, (notice, reply) = heard(stream(f"<tool_call>{CALL}</tool_call>"), ())
    assert (thought, shown, reply) == ("", "", Assistant(""))
    assert notice == Notice("warning", "tiny wrote calls as text, but no tool is on offer; they are left out.")


def test_calls_of_the_servers_own_are_left_alone():
    native = (ToolCall("a", "get_time", "{}"),)
    text = f"So:\n<tool_call>{CALL}</tool_call>"
    assert heard(stream(text, calls=native)) == ("", text, [Assistant(text, native)])
    assert heard(stream(f"<think>Hm</think>{CALL}", calls=native)) == ("Hm", CALL, [Assistant(CALL, native)])


@pytest.mark.parametrize(
    "name",
    ["functions.get_time", "default_api.get_time", "get_time<|channel|>commentary", "functions.get_time:0", "get_time"],
)
def test_a_decorated_name_is_undone_only_where_the_plain_one_is_on_offer(name):
    reply = heard([Assistant("", (ToolCall("a", name, "{}"),))])[2][0]
    assert reply.calls == (ToolCall("a", "get_time", "{}"),)
    assert heard([Assistant("", (ToolCall("a", name, "{}"),))], ())[2][0].calls[0].name == name


def test_everything_else_passes_in_order_and_the_reply_keeps_what_it_has():
    status, notice, thought = StatusChanged("in_progress"), Notice("info", "x"), ReasoningDelta("hm")
    reply = Assistant(CALL, usage=Usage(1, 2), opaque={"x": 1})
    told = list(read([status, TextDelta(CALL), notice, thought, reply], TOOLS, "tiny"))
    assert told[:3] == [status, notice, thought]
    assert (told[-1].usage, told[-1].opaque) == (Usage(1, 2), {"x": 1})
    assert [call.name for call in told[-1].calls] == ["get_weather"]


def test_a_message_without_deltas_is_read_as_well():
    assert heard([Assistant(f"<think>Hm</think>Hi\n<tool_call>{CALL}</tool_call>")])[:2] == ("Hm", "Hi")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hi the", "Hi the"),
        ("Hi <tool", "Hi <tool"),
        ("Hi\n<tool_call>", "Hi"),
        ('Hi\n<tool_call>{"na', "Hi"),
        ('{"na', '{"na'),
        ('{"name": "get_weather", "argu', ""),
        ('[get_weather(city="P', ""),
        ("```json", "```json"),
        ("a\n", "a\n"),
    ],
)
def test_a_broken_off_message_loses_no_text_and_shows_no_half_a_call(text, shown):
    for cut in (1, 100):
        assert heard(stream(text, cut, reply=False)) == ("", shown, [])


def test_a_failing_model_still_tells_what_was_kept_back():
    def failing():
        yield TextDelta('{"na')
        raise ModelError("Gone.")

    events = read(failing(), TOOLS, "tiny")
    assert next(events) == TextDelta('{"na')
    with pytest.raises(ModelError):
        next(events)


def test_it_is_a_model_like_the_one_inside():
    model = Written(Scripted(f"Let me see.\n<tool_call>{CALL}</tool_call>"))
    model.warm()
    *_, notice, reply = model.stream(Prompt("", (), TOOLS), Interrupt())
    assert (model.name, model.notice, notice.level) == ("scripted", "", "info")
    assert (reply.text, reply.calls[0].name) == ("Let me see.", "get_weather")
    model.close()
