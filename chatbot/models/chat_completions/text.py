"""Making text whole: lone surrogates are legal in a Python string, but neither in UTF-8 nor in strict JSON."""

from collections.abc import Mapping
from math import isfinite
from typing import Any


def whole(text: str) -> str:
    """Return the text with surrogate pairs joined and lone surrogates replaced by U+FFFD; it encodes as UTF-8."""
    if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def whole_json(value: Any) -> Any:
    """Return a copy of the value that strict JSON can hold: texts made whole, NaN and infinities None.

    Raises RecursionError for values nested deeper than Python's stack.
    """
    match value:
        case str():
            return whole(value)
        case float():
            return value if isfinite(value) else None
        case Mapping():
            return {whole(str(key)): whole_json(item) for key, item in value.items()}
        case list() | tuple():
            return [whole_json(item) for item in value]
    return value
