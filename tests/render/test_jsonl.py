"""JSON lines, to the letter."""

import io
import json

from chatbot.events import TextDelta, TurnStarted, is_durable, to_json
from chatbot.render import pick
from chatbot.types import User
from tests.render.scenes import SUPPORT

BEGINNING = """\
{"type": "session_started", "format": 1, "session": "s1", "model": "offline", "packs": ["support"], \
"time": "2026-01-01T00:00:00+00:00"}
{"type": "notice", "level": "info", "text": "This is the offline model."}
{"type": "turn_started", "message": null}
{"type": "status_changed", "status": "queued"}
{"type": "status_changed", "status": "in_progress"}
"""


def played(events, **options):
    out = io.StringIO()
    sink = pick("json", stdout=out, **options)
    for event in events:
        sink(event)
    return out.getvalue()


def test_durable_events():
    text = played(SUPPORT)
    assert text.startswith(BEGINNING)
    assert "é 漢字" in text
    expected = [json.loads(json.dumps(to_json(event))) for event in SUPPORT if is_durable(event)]
    assert [json.loads(line) for line in text.splitlines()] == expected


def test_deltas():
    assert played([TextDelta("hi")]) == ""
    assert played([TextDelta("hi")], deltas=True) == '{"type": "text_delta", "text": "hi"}\n'
    assert len(played(SUPPORT, deltas=True).splitlines()) == len(SUPPORT)


def test_what_the_stream_cannot_hold_is_escaped_json():
    for encoding, text in (("utf-8", "\ud800 é"), ("ascii", "😀")):
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, encoding)
        pick("json", stdout=out)(TurnStarted(User(text)))
        assert json.loads(raw.getvalue())["message"]["text"] == text


def test_nothing_in_it_drives_a_terminal():
    text = "\x1b[31m \x9b31m \x7f \u202e \u2028"
    line = played([TurnStarted(User(text))])
    assert line.isprintable() or line[:-1].isprintable()
    assert json.loads(line)["message"]["text"] == text
