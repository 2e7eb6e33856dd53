"""What a schema says that is not for a model: titles, marks for our guards, values that JSON cannot hold."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

SECRET, GROUNDED = "writeOnly", "x-grounded"
"""Keywords that mark a property for the guards: never shown; never made up."""
MAPS = ("patternProperties", "dependentSchemas")  # what stands in them are names of the schema's own, then schemas
VALUES = ("default", "const", "enum", "examples")  # what a schema holds under these names is no schema


def hide_secrets(schema: dict[str, Any]) -> frozenset[str]:
    """Take the secrets' defaults out of the schema; return the names of the properties that are secret."""
    definitions = schema.get("$defs", {})
    for owner in (schema, *definitions.values()):
        for name, part in owner.get("properties", {}).items():
            if any(_Marked(SECRET, definitions).below(part, name)):
                part.pop("default", None)
    return marked(schema, SECRET)


def marked(schema: dict[str, Any], keyword: str) -> frozenset[str]:
    """Return the names of the properties, at any depth, that are, or are made of, what the keyword marks."""
    return frozenset(_Marked(keyword, schema.get("$defs", {})).below(schema, ""))


class _Marked:
    """Looks for a keyword in a schema; definitions may refer to themselves."""

    def __init__(self, keyword: str, definitions: Mapping[str, Any]) -> None:
        self._keyword = keyword
        self._definitions = definitions
        self._seen: set[tuple[str, str]] = set()

    def below(self, part: Any, name: str) -> Iterator[str]:
        """Yield the names of the marked properties; `name` is the property that the part belongs to."""
        if isinstance(part, list):
            for item in part:
                yield from self.below(item, name)
        if not isinstance(part, dict):
            return
        if part.get(self._keyword) is True:
            yield name
        reference = str(part.get("$ref", "")).rpartition("/")[2]
        if reference in self._definitions and (name, reference) not in self._seen:
            self._seen.add((name, reference))
            yield from self.below(self._definitions[reference], name)
        for key, value in part.items():
            if key == "properties" and isinstance(value, dict):
                for inner, item in value.items():
                    yield from self.below(item, inner)
            elif key in MAPS and isinstance(value, dict):
                yield from self.below(list(value.values()), name)
            elif key not in (*VALUES, "$defs"):
                yield from self.below(value, name)


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
        elif key not in ("title", SECRET) and not key.startswith("x-"):
            kept[key] = plain(value)
    return kept


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
