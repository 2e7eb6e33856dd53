"""What a person must see before they say yes: every argument, whole, with nothing hidden in it."""

import json
import re
import unicodedata

from chatbot.render.clean import one_line
from chatbot.types import ToolCall

HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs")
"""Unicode's categories of characters that a person does not see, or not as what they are."""
BLANK = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Characters of other categories that do not show either."""


def whole(call: ToolCall) -> str:
    """Return the call with all its arguments, a line each; what does not show itself is an escape."""
    try:
        arguments = json.dumps(json.loads(call.arguments), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        arguments = call.arguments
    return visible(f"{call.name} {arguments}")


def visible(text: str) -> str:
    r"""Return the text with every character that does not show itself as an escape, \x1b; blank and line feed stay."""
    return "".join(_escaped(character) if _hides(character) else character for character in text)


def _hides(character: str) -> bool:
    return character not in " \n" and (unicodedata.category(character) in HIDDEN or bool(BLANK.match(character)))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def answered(approved: bool, reason: str) -> str:
    """Return the user's word in a line."""
    word = "approved" if approved else "declined"
    return f"{word}: {one_line(reason)}" if reason else word
