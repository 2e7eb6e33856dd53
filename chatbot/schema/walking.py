"""JSON schemas, walked through: where in a schema others stand, and which properties it tells of."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]

ONE = {
    *("not", "if", "then", "else", "items", "contains", "propertyNames", "contentSchema"),
    *("additionalProperties", "unevaluatedItems", "unevaluatedProperties"),
}
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
"""Keywords under which stand a schema, a list of schemas, and schemas by names, which are the schema's own."""
VALUES = ("default", "const", "enum", "examples")  # what a schema holds under these names is no schema


def parts(schema: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every schema in the schema, itself first, with the path to it; not those that are just true or false."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key, value in schema.items():
        if key in ONE:
            yield from parts(value, (*path, key))
        elif key in LISTS:
            for number, part in enumerate(value):
                yield from parts(part, (*path, key, number))
        elif key in MAPS:
            for name, part in value.items():
                yield from parts(part, (*path, key, name))


def names_in(schema: Any) -> frozenset[str]:
    """Return the names of all properties, at any depth."""
    return frozenset(name for _, part in parts(schema) for name in part.get("properties", ()))


def properties_with(schema: dict[str, Any], holds: Callable[[dict[str, Any]], bool]) -> frozenset[str]:
    """Return the names of the properties, at any depth, that are, or are made of, schemas of which it holds."""
    return frozenset(_Properties(holds, schema.get("$defs", {})).below(schema, ""))


class _Properties:
    """Looks for schemas of some kind in a schema; definitions may refer to themselves."""

    def __init__(self, holds: Callable[[dict[str, Any]], bool], definitions: Mapping[str, Any]) -> None:
        self._holds = holds
        self._definitions = definitions
        self._seen: set[tuple[str, str]] = set()

    def below(self, part: Any, name: str) -> Iterator[str]:
        """Yield the names of the properties; `name` is the one that the part belongs to."""
        if isinstance(part, list):
            for item in part:
                yield from self.below(item, name)
        if part is True:  # the schema of everything
            part = {}
        if not isinstance(part, dict):
            return
        if self._holds(part):
            yield name
        reference = str(part.get("$ref", "")).rpartition("/")[2]
        if reference in self._definitions and (name, reference) not in self._seen:
            self._seen.add((name, reference))
            yield from self.below(self._definitions[reference], name)
        for key, value in part.items():
            if key == "properties" and isinstance(value, dict):
                for inner, item in value.items():
                    yield from self.below(item, inner)
            elif key in MAPS and key != "$defs" and isinstance(value, dict):
                yield from self.below(list(value.values()), name)
            elif (key in ONE and value is not True) or key in LISTS:
                yield from self.below(value, name)
