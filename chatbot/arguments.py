"""A call's arguments as JSON: read leniently, and walked through, for those who look at them but do not run them."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any


def parsed(text: str) -> Any:
    """Return what the JSON text says; None where it says nothing that can be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def leaves(value: Any, names: Container[str]) -> Iterator[tuple[str, Any]]:
    """Yield every scalar, but for true and false, that stands at or below a property of one of these names."""
    waiting = [("", value)]  # no recursion: a model may nest as deep as it likes
    while waiting:
        name, item = waiting.pop()
        if isinstance(item, Mapping):
            inner = [(name or (key if key in names else ""), below) for key, below in item.items()]
            waiting += reversed(inner)
        elif isinstance(item, list):
            waiting += [(name, below) for below in reversed(item)]
        elif name and not isinstance(item, bool):
            yield name, item


def is_deeper(value: Any, depth: int) -> bool:
    """Return whether a JSON value is nested deeper than so many levels; however deep, the stack is not."""
    level = [value]
    for _ in range(depth + 1):
        level = [inner for item in level for inner in _inside(item)]
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()


def written(number: int | float) -> str:
    """Return a number as JSON writes it; one of thousands of digits, which JSON cannot, in another way."""
    try:
        return json.dumps(number)
    except ValueError:
        return hex(number) if isinstance(number, int) else ""
