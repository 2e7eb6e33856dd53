"""What a person must see before they say yes: every argument, whole, with nothing hidden in it."""

import json

from chatbot.render.clean import one_line, visible
from chatbot.types import ToolCall


def whole(call: ToolCall) -> str:
    """Return the call with all its arguments, a line each; what does not show itself is an escape."""
    try:
        arguments = json.dumps(json.loads(call.arguments), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        arguments = call.arguments
    return visible(f"{call.name} {arguments}")


def answered(approved: bool, reason: str) -> str:
    """Return the user's word in a line."""
    word = "approved" if approved else "declined"
    return f"{word}: {one_line(reason)}" if reason else word
