"""What the strictest server takes of a history: calls with ids, names and arguments that all can read; pure."""

import json
import re
from collections.abc import Iterable

from chatbot.models.http.text import dumps, whole, whole_json
from chatbot.types import Assistant, Message, ToolCall, ToolResult, User, repaired

HELLO = "Hello."
"""What stands in front of a conversation that the assistant begins: several servers take none without a user."""

_REASONS = re.compile(r"(?:^|[/:])(?:o[134](?:$|-)|gpt-5)")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def reasons(model: str) -> bool:
    """Return whether this is a model of OpenAI's that reasons, and so takes no temperature."""
    return bool(_REASONS.search(model))


def arguments(text: str) -> str:
    """Return the arguments as the JSON text of an object.

    What is no object is wrapped in one that says so: some servers' chat templates parse the arguments of earlier
    calls, and would answer every further request with a 500.
    """
    if not text.strip():
        return "{}"
    try:
        value = json.loads(text)
        if isinstance(value, dict):
            strict = json.dumps(value, ensure_ascii=False, allow_nan=False)
            return text if whole(strict) == strict else dumps(whole_json(value))
    except (ValueError, RecursionError):
        pass
    return dumps({"invalid_arguments": whole(text)})


def readable(name: str, known: frozenset[str]) -> str:
    """Return a name that servers accept: models make up names that OpenAI refuses to read again."""
    if name in known or _NAME.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "unnamed"


def with_unique_ids(history: Iterable[Message]) -> tuple[Message, ...]:
    """Return the repaired history. Ids that are empty or told twice in one reply are made unique first."""
    return repaired(_renamed(history))


def _renamed(history: Iterable[Message]) -> Iterable[Message]:
    waiting: dict[str, list[str]] = {}
    for message in history:
        match message:
            case Assistant(calls=calls):
                ids = unique(whole(call.id) for call in calls)
                waiting = {}
                for call, new in zip(calls, ids, strict=True):
                    waiting.setdefault(call.id, []).append(new)
                renamed = tuple(ToolCall(i, call.name, call.arguments) for i, call in zip(ids, calls, strict=True))
                yield Assistant(message.text, renamed, message.usage, message.opaque)
            case ToolResult(call_id=call_id) if waiting.get(call_id):
                yield ToolResult(waiting[call_id].pop(0), message.name, message.content, message.failure)
            case User():
                waiting = {}
                yield message
            # A result that no call waits for is left out, as `repaired` would.


def unique(ids: Iterable[str]) -> list[str]:
    """Return the ids in order, each non-empty and different from those before it."""
    wanted = list(ids)
    taken: set[str] = set()
    result = []
    for number, name in enumerate(wanted, start=1):
        base = name or f"call_{number}"
        candidate, attempt = base, 1
        while candidate in taken or (candidate != name and candidate in wanted):
            attempt += 1
            candidate = f"{base}_{attempt}"
        taken.add(candidate)
        result.append(candidate)
    return result
