"""What pydantic's schema says that is not for a model: titles, secrets, values that JSON cannot hold."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

VALUES = ("default", "const", "enum", "examples")  # what a schema holds under these names is no schema


def hide_secrets(schema: dict[str, Any]) -> frozenset[str]:
    """Take the secrets' defaults out of the schema; return the names of the properties that are secret."""
    definitions = schema.get("$defs", {})
    for owner in (schema, *definitions.values()):
        for name, part in owner.get("properties", {}).items():
            if any(_secret_names(part, definitions, name, set())):
                part.pop("default", None)
    return frozenset(_secret_names(schema, definitions, "", set()))


def _secret_names(part: Any, definitions: Mapping[str, Any], name: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Yield the names of the properties that are, or are made of, what is `writeOnly` (see SecretMark)."""
    if isinstance(part, list):
        for item in part:
            yield from _secret_names(item, definitions, name, seen)
    if not isinstance(part, dict):
        return
    if part.get("writeOnly") is True:
        yield name
    reference = part.get("$ref", "").rpartition("/")[2]
    if reference and (name, reference) not in seen:
        seen.add((name, reference))
        yield from _secret_names(definitions[reference], definitions, name, seen)
    for key, value in part.items():
        if key == "properties":
            for inner, item in value.items():
                yield from _secret_names(item, definitions, inner, seen)
        elif key not in (*VALUES, "$defs"):
            yield from _secret_names(value, definitions, name, seen)


def plain(schema: Any) -> Any:
    """Return the schema without what is not for a model; a property may well be called "title"."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: plain(item) for name, item in value.items()}
        elif key in VALUES:
            kept |= {key: value} if _is_json(value) else {}
        elif key not in ("title", "writeOnly"):
            kept[key] = plain(value)
    return kept


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
