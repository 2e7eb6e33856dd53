"""Reasoning that stands in the answer's text."""

import pytest

from chatbot.events import TextDelta
from chatbot.models.written.thinking import TAGS
from chatbot.types import Assistant
from tests.models.written.said import CUTS, calls, heard, said, stream

CALL = '{"city": "Paris"}'


@pytest.mark.parametrize("opening", TAGS)
def test_text_between_tags_at_the_beginning_is_reasoning(opening):
    closing = TAGS[opening]
    assert said(f"\n{opening}\nWell, well.\n{closing}\n\nHello") == ("Well, well.", "Hello", [])
    assert said(f"{opening}Well{closing}") == ("Well", "", [])
    assert said(f"{opening}{closing}Hello") == ("", "Hello", [])
    assert said(f"{opening}Well, I never") == ("Well, I never", "", [])
    assert said(f"{opening}a{closing}\n{opening}b{closing}c") == ("ab", "c", [])
    assert said(f"{opening}a{opening}b{closing}c") == (f"a{opening}b", "c", [])


@pytest.mark.parametrize("opening", TAGS)
def test_a_tag_anywhere_else_is_text(opening):
    closing = TAGS[opening]
    for text in (
        f"The {opening} tag",
        f"It ends with {closing} as ever",
        f"See `{closing}`\n",
        f"```\n{closing}\n```\n",
    ):
        assert said(text) == ("", text, [])
    again = f"b\n{closing}\nc"
    assert said(f"{opening}a{closing}{again}") == ("a", again, [])


@pytest.mark.parametrize(
    "text", ["So I say hello.\n</think>\n\nHello", "So I say hello.</think>\n\nHello", "</think>Hello"]
)
def test_a_closing_tag_alone_ends_reasoning_whose_beginning_stood_in_the_prompt(text):
    for cut in CUTS:
        assert heard(stream(text, cut))[2] == [Assistant("Hello")]


def test_the_reasoning_of_a_prompt_may_mention_a_call_that_does_not_run():
    text = 'I could do <tool_call>{"name": "get_time"}</tool_call>, or not.\n</think>\nHello'
    for cut in CUTS:
        assert heard(stream(text, cut))[2] == [Assistant("Hello")]


def test_a_call_within_reasoning_does_not_run_and_one_behind_it_does():
    inside = '<tool_call>{"name": "get_time"}</tool_call>'
    assert said(f"<think>{inside}</think>No.") == (inside, "No.", [])
    assert said(f"<think>Hm</think>\n{inside}") == ("Hm", "", [("get_time", "{}")])
    assert said('<think>Hm</think>\n[get_weather(city="x")]') == ("Hm", "", [("get_weather", '{"city": "x"}')])


@pytest.mark.parametrize("start", ["", "<|start|>assistant"])
@pytest.mark.parametrize("header", [" to=functions.get_weather <|constrain|>json", " to=functions.get_weather json"])
def test_harmonys_channels(start, header):
    thought = f"{start}<|channel|>analysis<|message|>Well.<|end|>"
    assert said(f"{thought}<|start|>assistant<|channel|>final<|message|>Hello<|return|>") == ("Well.", "Hello", [])
    call = f"<|start|>assistant<|channel|>commentary{header}<|message|>{CALL}<|call|>"
    assert said(thought + call) == ("Well.", "", [("get_weather", CALL)])
    assert calls(call * 2) == [("get_weather", CALL)] * 2
    preamble = "<|start|>assistant<|channel|>commentary<|message|>Let me see.<|end|>"
    assert said(preamble + call) == ("", "Let me see.", [("get_weather", CALL)])


def test_harmonys_recipient_may_stand_before_the_channel_and_on_any_channel():
    assert calls(f"<|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>{CALL}<|call|>") == [
        ("get_weather", CALL)
    ]
    assert calls(f"<|channel|>analysis to=functions.get_weather code<|message|>{CALL}<|call|>") == [
        ("get_weather", CALL)
    ]


def test_harmony_that_breaks_off():
    half = '<|channel|>commentary to=functions.get_weather<|message|>{"ci'
    assert calls(half) == [("get_weather", '{"ci')]
    assert calls("<|channel|>commentary to=functions.get_time<|message|>") == [("get_time", "")]
    assert calls("<|channel|>commentary to=functions.get_time<|message|><|call|>") == [("get_time", "{}")]
    assert heard(stream(half, reply=False)) == ("", "", [])
    assert heard([TextDelta("<|channel|>final<|message|>Hel"), TextDelta("lo<|ret")]) == ("", "Hello<|ret", [])
