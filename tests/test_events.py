import json

import pytest

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Notice,
    ReasoningDelta,
    Replied,
    SessionStarted,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
    is_durable,
    to_json,
)
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User

CALL = ToolCall("c1", "f", "{}")

PUBLIC_FORMAT = [
    (
        SessionStarted("s1", "offline", ("support",), "2026-01-02T03:04:05+00:00"),
        '{"type": "session_started", "format": 1, "session": "s1", "model": "offline", "packs": ["support"], '
        '"time": "2026-01-02T03:04:05+00:00"}',
    ),
    (TurnStarted(User("hi")), '{"type": "turn_started", "message": {"role": "user", "text": "hi"}}'),
    (TurnStarted(None), '{"type": "turn_started", "message": null}'),
    (StatusChanged("queued"), '{"type": "status_changed", "status": "queued"}'),
    (TextDelta("a"), '{"type": "text_delta", "text": "a"}'),
    (ReasoningDelta("a"), '{"type": "reasoning_delta", "text": "a"}'),
    (
        Replied(Assistant("yes", (CALL,), Usage(3, 4), opaque=object())),
        '{"type": "replied", "message": {"role": "assistant", "text": "yes", '
        '"calls": [{"id": "c1", "name": "f", "arguments": "{}"}], "usage": {"input_tokens": 3, "output_tokens": 4, '
        '"cached_tokens": 0, "reasoning_tokens": 0}}}',
    ),
    (ToolCalled(CALL), '{"type": "tool_called", "call": {"id": "c1", "name": "f", "arguments": "{}"}}'),
    (
        ApprovalAsked(CALL, "It writes."),
        '{"type": "approval_asked", "call": {"id": "c1", "name": "f", "arguments": "{}"}, "reason": "It writes."}',
    ),
    (
        ApprovalAnswered("c1", False, "no"),
        '{"type": "approval_answered", "call_id": "c1", "approved": false, "reason": "no"}',
    ),
    (
        ToolReturned(ToolResult("c1", "f", "1", "failed"), 0.25),
        '{"type": "tool_returned", "result": {"call_id": "c1", "name": "f", "content": "1", "failure": "failed"}, '
        '"seconds": 0.25}',
    ),
    (Notice("warning", "n"), '{"type": "notice", "level": "warning", "text": "n"}'),
    (TurnEnded("done"), '{"type": "turn_ended", "stop": "done", "detail": ""}'),
]


@pytest.mark.parametrize(("event", "line"), PUBLIC_FORMAT, ids=lambda value: getattr(value, "type", ""))
def test_the_public_format_is_what_it_was_at_the_first_release(event, line):
    assert json.dumps(to_json(event)) == line


def test_only_deltas_are_not_durable():
    assert {event.type for event, _ in PUBLIC_FORMAT if not is_durable(event)} == {"text_delta", "reasoning_delta"}
