"""Calls in the forms that models really write, and what goes on as the model wrote it because it cannot be read."""

import json

import pytest

from chatbot.models.written.forms import FORMS
from tests.models.written.said import calls, said

PARIS = '{"city":  "Paris"}'
CALL = '{"name": "get_weather", "arguments": ' + PARIS + "}"
TIME = '{"name": "get_time", "arguments": {}}'
WEATHER = [("get_weather", PARIS)]
BOTH = [*WEATHER, ("get_time", "{}")]
LOOSE = [("get_weather", '{"city": "Paris"}')]
STRING = json.dumps(PARIS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"<tool_call>\n{CALL}\n</tool_call>", WEATHER),
        (f"<tool_call>{CALL}", WEATHER),
        (f"<tool_call>{CALL}</tool_call><|im_end|>", WEATHER),
        (f"<tool_call>\n{CALL}\n</tool_call>\n<tool_call>\n{TIME}\n</tool_call>", BOTH),
        (f"<tool_call>{CALL}\n<tool_call>{TIME}</tool_call>", BOTH),
        (f"<tool_call>[{CALL}, {TIME}]</tool_call>", BOTH),
        (f"<tool_calls>\n{CALL}\n{TIME}\n</tool_calls>", BOTH),
        (f"<function_call> {CALL}", WEATHER),
        (f"<TOOLCALL>[{CALL}]</TOOLCALL>", WEATHER),
        (f"<longcat_tool_call>{CALL}</longcat_tool_call>", WEATHER),
        (f"<|tool_call|>[{CALL}]", WEATHER),
        (f"<|tool_call|>[{CALL}]<|/tool_call|>", WEATHER),
        (f"<|action_start|><|plugin|>{CALL}<|action_end|>", WEATHER),
        (f"functools[{CALL}]", WEATHER),
        (f"[TOOL_CALLS][{CALL}, {TIME}]", BOTH),
        (f"[TOOL_CALLS]get_weather[ARGS]{PARIS}[TOOL_CALLS]get_time[ARGS]{{}}", BOTH),
        (f"[TOOL_CALLS]get_weather[CALL_ID]123456789[ARGS]{PARIS}", WEATHER),
        (f"[TOOL_CALLS]get_weather{PARIS}", WEATHER),
        (f"get_weather{PARIS}", WEATHER),
        (f"get_weather[ARGS]{PARIS}", WEATHER),
        (f'<|python_tag|>{{"name": "get_weather", "parameters": {PARIS}}}<|eom_id|>', WEATHER),
        (f"<|python_tag|>{CALL}; {TIME}", BOTH),
        ('<|python_tag|>get_weather(city="Paris")<|eom_id|>', LOOSE),
        ("<|tool_call_start|>[get_weather(city='Paris')]<|tool_call_end|>", LOOSE),
        ('<function_calls>get_weather(city="Paris")\nget_time()</function_calls>', [*LOOSE, ("get_time", "{}")]),
        (f"<function=get_weather>{PARIS}</function>", WEATHER),
        (f"<function=get_weather>{PARIS}", WEATHER),
        (f"<tool_call><function=get_weather>{PARIS}</function></tool_call>", WEATHER),
        ("<function=get_time></function>", [("get_time", "{}")]),
        (
            f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{PARIS}\n```"
            "<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
            WEATHER,
        ),
        (
            f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{PARIS}<｜tool▁call▁end｜>"
            "<｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            BOTH,
        ),
        (
            f"<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{PARIS}"
            "<|tool_call_end|><|tool_calls_section_end|>",
            WEATHER,
        ),
        (f'Action: ```json\n[{{"tool_name": "get_weather", "parameters": {PARIS}}}]\n```', WEATHER),
        (f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {PARIS}}}]<|END_ACTION|>',
         WEATHER),
        (f"Action: get_weather\nAction Input: {PARIS}", WEATHER),
        ('<|tool_call>call:get_weather{city:<|"|>"Paris": {}<|"|>,days:3}<tool_call|>',
         [("get_weather", '{"city":"\\"Paris\\": {}","days":3}')]),
        ("<start_function_call>call:get_weather{city:<escape>Paris<escape>}<end_function_call>",
         [("get_weather", '{"city":"Paris"}')]),
    ],
)  # fmt: skip
def test_marked_calls(text, expected):
    assert calls(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CALL, WEATHER),
        (f"\n\n{CALL}\n", WEATHER),
        (f"[{CALL}, {TIME}]", BOTH),
        (f"{CALL}\n{TIME}", BOTH),
        (f"{CALL}; {TIME}", BOTH),
        (f"```json\n{CALL}\n```", WEATHER),
        (f"{CALL}<|im_end|>", WEATHER),
        (f"```\n[{CALL}]\n```\n", WEATHER),
        (f"```\n<tool_call>{CALL}</tool_call>\n```", WEATHER),
        ('{"arguments": ' + PARIS + ', "name": "get_weather"}', WEATHER),
        ('{"function": "get_weather", "parameters": ' + PARIS + "}", WEATHER),
        ('{"tool": "get_weather", "input": ' + PARIS + "}", WEATHER),
        ('{"type": "function", "name": "get_weather", "parameters": ' + PARIS + "}", WEATHER),
        ('{"type": "function", "function": {"name": "get_weather", "arguments": ' + STRING + "}}", WEATHER),
        ('{"id": "1", "type": "function", "function": ' + CALL + "}", WEATHER),
        ('{"role": "assistant", "content": null, "tool_calls": [{"function": ' + CALL + "}]}", WEATHER),
        ('{"function_call": ' + CALL + "}", WEATHER),
        ('{"name": "functions.get_weather", "arguments": ' + PARIS + "}", WEATHER),
        ('[get_weather(city="Paris"), get_time()]', [*LOOSE, ("get_time", "{}")]),
        ('get_weather(city="Paris")', LOOSE),
        ('default_api.get_weather(city="Paris")', LOOSE),
        ('```tool_code\nprint(get_weather(city="Paris"))\n```', LOOSE),
        ("[get_weather(city='ö', days=-3, exact=true, tags=[1.5, None, {'a': \"b\"}])]",
         [("get_weather", '{"city": "ö", "days": -3, "exact": true, "tags": [1.5, null, {"a": "b"}]}')]),
    ],
)  # fmt: skip
def test_bare_calls_of_tools_on_offer(text, expected):
    assert calls(text) == expected


PARAMETERS = {"city": "\nParis\n\n", "days": "3", "exact": "yes", "tags": '["a"]'}
TYPED = '{"city": "Paris\\n", "days": 3, "exact": "yes", "tags": ["a"]}'


@pytest.mark.parametrize(
    ("before", "each", "after"),
    [
        ("<tool_call>\n<function=get_weather>\n", "<parameter={}>{}</parameter>\n", "</function>\n</tool_call>"),
        ("<function=get_weather>", "<parameter={}>{}</parameter>", "</function>"),
        ("<seed:tool_call><function=get_weather>", "<parameter={}>{}</parameter>", "</function></seed:tool_call>"),
        ('<minimax:tool_call><invoke name="get_weather">', '<parameter name="{}">{}</parameter>',
         "</invoke></minimax:tool_call>"),
        ('<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n',
         '<｜DSML｜parameter name="{}">{}</｜DSML｜parameter>\n',
         "</｜DSML｜invoke>\n</｜DSML｜function_calls>"),
        ("<tool_call>get_weather\n", "<arg_key>{}</arg_key>\n<arg_value>{}</arg_value>\n", "</tool_call>"),
    ],
)  # fmt: skip
def test_a_value_between_tags_is_a_string_unless_the_schema_says_otherwise_and_it_is_that(before, each, after):
    text = before + "".join(each.format(name, value) for name, value in PARAMETERS.items()) + after
    assert calls(text) == [("get_weather", TYPED)]


@pytest.mark.parametrize("days", ["3.5", "03", "three", '"3"', "NaN", "true", ""])
def test_a_value_that_is_not_exactly_of_its_type_is_a_string(days):
    text = f"<function=get_weather><parameter=days>{days}</parameter></function>"
    assert json.loads(calls(text)[0][1]) == {"days": days}


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>{'name': 'get_weather', 'arguments': {'city': 'Paris'}}</tool_call>",
        '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris",}}</tool_call>',
        '<tool_call>{"name": "get_weather", "arguments": {"city": "Par',
        '<tool_call>{"name": "get_weather", "name": "get_time", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "get_weather", "city": "Paris"}</tool_call>',
        '<tool_call>{"name": "get_weather", "arguments": {}, "parameters": {}}</tool_call>',
        "<tool_call><function=get_weather><parameter=city>Paris</parameter>",
        "<tool_call><function=get_weather><parameter=city>A</parameter><parameter=city>B</parameter></function>",
        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>",
        "[TOOL_CALLS]get_weather[ARGS]{'city': 'Paris'}",
        '<|python_tag|>get_weather("Paris")',
        "<|python_tag|>get_weather(city=paris)",
        "<|python_tag|>get_weather(city='a', city='b')",
        "<|python_tag|>get_weather(tags={1: 2})",
        "<|python_tag|>get_weather(days=1e999)",
        "<|python_tag|>get_weather(city='\\d')",
        "<|tool_call>call:get_weather{city:Paris}<tool_call|>",
        "[get_weather(city=paris)]",
        '[get_weather(city="Par',
        '{"name": "get_weather", "arguments": {"city": "Par',
        '{"name": "get_weather", "arguments": {"city": "Paris",}}',
        "{'name': 'get_weather', 'arguments': {'city': 'Paris'}}",
        '{"type": "function", "function": {"name": "get_weather", "arguments": "{',
        '{"tool_calls": [{"id": "1", "function": {"name": "get_weather"',
        '{"name": "get_weather", "arguments": ' + "[" * 10_000,
    ],
)
def test_what_cannot_be_read_for_certain_goes_on_as_it_is_and_is_no_json(text):
    ((name, arguments),) = calls(text)
    assert (name, arguments) == ("get_weather", text)
    with pytest.raises((ValueError, RecursionError)):
        json.loads(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        '{"city": "a", "city": "b"}',
        '"Paris"',
        "[1, 2]",
        "7",
        '{"days": ' + "9" * 5000 + "}",
        '{"x": NaN}',
        '"{} and more"',
    ],
)
def test_arguments_that_are_json_are_never_touched(arguments):
    assert calls(f'<tool_call>{{"name": "get_weather", "arguments": {arguments}}}</tool_call>') == [
        ("get_weather", arguments)
    ]


def test_a_call_without_arguments_has_none():
    assert calls('<tool_call>{"name": "get_time"}</tool_call>') == [("get_time", "{}")]
    assert calls('<tool_call>{"name": "get_time", "arguments": null}</tool_call>') == [("get_time", "{}")]


def test_marks_within_arguments_are_arguments():
    arguments = json.dumps({"city": "</tool_call> <tool_call>{}"})
    text = f'<tool_call>{{"name": "get_weather", "arguments": {arguments}}}</tool_call>\n<tool_call>{TIME}</tool_call>'
    assert calls(text) == [("get_weather", arguments), ("get_time", "{}")]


def test_one_call_that_cannot_be_read_does_not_spoil_the_next():
    assert calls(f"<tool_call>{{oops}}</tool_call>\n<tool_call>{CALL}</tool_call>") == [
        ("", "<tool_call>{oops}</tool_call>"),
        ("get_weather", PARIS),
    ]


def test_prose_before_marked_calls_is_the_text():
    assert said(f"Let me check.\n\n<tool_call>\n{CALL}\n</tool_call>") == ("", "Let me check.", WEATHER)
    assert said(f"Thought: hm\nAction: get_weather\nAction Input: {PARIS}") == ("", "Thought: hm", WEATHER)
    assert said(f"A.<tool_call>{CALL}</tool_call> \n <tool_call>{TIME}</tool_call>\n\n") == ("", "A.", BOTH)


def test_a_marked_call_of_an_unknown_tool_is_a_call():
    assert calls('<tool_call>{"name": "fly", "arguments": {}}</tool_call>') == [("fly", "{}")]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.opening)
def test_a_mark_that_is_only_mentioned_is_text(form):
    for text in (
        f"Models open a call with {form.opening} and go on",
        f"It is `{form.opening}{CALL}`, you see",
        f"An example:\n```\n{form.opening}{CALL}{form.closing}\n```\nThat is all.",
    ):
        assert said(text) == ("", text, [])
