"""Making text whole: lone surrogates are legal in a Python string, but neither in UTF-8 nor in strict JSON."""

import json
from collections.abc import Iterable, Mapping
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


def encode(body: Mapping[str, Any]) -> bytes:
    """Return the body as strict JSON in UTF-8; what JSON cannot hold (NaN, lone surrogates) is replaced."""
    try:
        return dumps(body).encode()
    except ValueError:  # UnicodeEncodeError is one too
        return dumps(whole_json(body)).encode()


def loads(text: str) -> Any:
    """Return the JSON value of a text; an object in it that has a name twice is a Twice. Raises as json.loads does."""
    return json.loads(text, object_pairs_hook=_object)


class Twice(dict[str, Any]):
    """An object that has a name more than once: as JSON it is again what it was, so that nobody takes half of it."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self._pairs = list(pairs)
        super().__init__(self._pairs)

    def items(self) -> Any:  # what the JSON encoder asks for
        """Return the pairs, all of them."""
        return self._pairs


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else Twice(pairs)


def dumps(value: Any) -> str:
    """Return the value as compact strict JSON. Raises ValueError for what that cannot hold."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=dict)
