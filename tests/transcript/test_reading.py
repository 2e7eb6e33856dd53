import json
from typing import get_args

import pytest

from chatbot.events import (
    Event,
    HistoryCut,
    Notice,
    Progressed,
    SecretAnswered,
    SecretAsked,
    SessionChanged,
    SessionStarted,
    StatusChanged,
    ToolReturned,
    TurnEnded,
    to_json,
)
from chatbot.transcript.reading import from_json
from chatbot.types import ToolResult
from tests.test_events import PUBLIC_FORMAT

EVENTS = [
    *(event for event, _ in PUBLIC_FORMAT),
    SessionChanged("m", ("a", "b")),
    HistoryCut(2, 0, "They said hello."),
    SecretAsked("c1", "log_in", "api_key"),
    SecretAnswered("c1", "api_key", True),
    Progressed("weights.gguf", 5, 10),
]


def test_every_kind_of_event_is_among_these():
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_what_was_written_is_read_back(event):
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_fields_of_a_newer_version_are_skipped(event):
    assert from_json(to_json(event) | {"mood": {"deep": [1]}}) == event


def test_what_an_older_version_did_not_tell_has_its_default():
    assert from_json({"type": "session_started", "session": "s", "model": "m", "packs": [], "time": "t"}) == (
        SessionStarted("s", "m", (), "t")
    )
    assert from_json({"type": "turn_ended", "stop": "done"}) == TurnEnded("done")


@pytest.mark.parametrize("given", [{"type": "mood_changed"}, {}, {"type": None}, {"type": ["turn_ended"]}])
def test_an_unknown_type_is_skipped(given):
    assert from_json(given) is None


@pytest.mark.parametrize(
    ("given", "event"),
    [
        ({"type": "status_changed", "status": "paused"}, None),
        ({"type": "notice", "level": "fatal", "text": "n"}, Notice("info", "n")),
        ({"type": "turn_ended", "stop": "moved"}, TurnEnded("interrupted")),
        (
            {
                "type": "tool_returned",
                "seconds": 1,
                "result": {"call_id": "1", "name": "f", "content": "", "failure": "x"},
            },
            ToolReturned(ToolResult("1", "f", "", "failed"), 1.0),
        ),
        ({"type": "status_changed", "status": "queued"}, StatusChanged("queued")),
    ],
)
def test_a_word_of_a_newer_version_is_skipped_where_nothing_can_stand_for_it(given, event):
    assert from_json(given) == event


@pytest.mark.parametrize(
    "given",
    [
        {"type": "turn_started"},
        {"type": "turn_started", "message": {"text": 5}},
        {"type": "turn_started", "message": "hi"},
        {"type": "notice", "level": "info", "text": None},
        {"type": "replied", "message": {"text": "", "calls": {"id": "1"}}},
        {"type": "replied", "message": {"calls": [{"id": "1"}]}},
        {"type": "tool_returned", "result": {"call_id": "1", "name": "f", "content": ""}, "seconds": "long"},
        {"type": "secret_answered", "call_id": "c", "argument": "a", "given": 1},
        {"type": "status_changed", "status": ["queued"]},
    ],
    ids=json.dumps,
)
def test_a_broken_event_is_no_event(given):
    with pytest.raises(ValueError, match=r"lacks|is not"):
        from_json(given)
