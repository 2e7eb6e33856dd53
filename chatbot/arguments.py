"""A call's arguments as JSON: read leniently, and walked through, for those who look at them but do not run them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def parsed(text: str) -> Any:
    """Return what the JSON text says; None where it says nothing that can be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def leaves(value: Any, names: frozenset[str], name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every scalar, but for true and false, that stands at or below a property of one of these names."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, names, name or (key if key in names else ""))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, names, name)
    elif name and not isinstance(value, bool):
        yield name, value
