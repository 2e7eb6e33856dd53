"""What happened in a turn, for tests of what is expected of it."""

import json

from chatbot.replay.happened import Called, Happened
from chatbot.types import ToolCall, ToolResult


def called(name, arguments=None, content="", failure=None, *, after=()):
    """A call, with its arguments as a value or as the text that the model wrote; `after` these had succeeded."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    result = ToolResult("", name, content, failure)
    return Called(ToolCall("", name, text), result, frozenset(after))


def happened(*parts, **fields):
    """A turn of calls, and of answers."""
    return Happened(
        calls=tuple(part for part in parts if isinstance(part, Called)),
        answers=tuple(part for part in parts if isinstance(part, str)),
        **{"stop": "done", **fields},
    )
