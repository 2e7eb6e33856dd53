"""What a schema says that is not for a model: titles, marks for our guards, values that JSON cannot hold."""

import json
from typing import Any

from chatbot.schema.walking import MAPS, VALUES, properties_with

SECRET, GROUNDED = "writeOnly", "x-grounded"
"""Keywords that mark a property for the guards: never shown; never made up."""


def hide_secrets(schema: dict[str, Any]) -> frozenset[str]:
    """Take the secrets' defaults out of the schema; return the names of the properties that are secret."""
    definitions = schema.get("$defs", {})
    for owner in (schema, *definitions.values()):
        for name, part in owner.get("properties", {}).items():
            if marked({"properties": {name: part}, "$defs": definitions}, SECRET):
                part.pop("default", None)
    return marked(schema, SECRET)


def marked(schema: dict[str, Any], keyword: str) -> frozenset[str]:
    """Return the names of the properties, at any depth, that are, or are made of, what the keyword marks."""
    return properties_with(schema, lambda part: part.get(keyword) is True)


def inventable(schema: dict[str, Any]) -> frozenset[str]:
    """Return the names of the properties, at any depth, whose values are free; a closed set invites no lies."""
    return properties_with(schema, _is_free)


def _is_free(part: dict[str, Any]) -> bool:
    if "enum" in part or "const" in part:
        return False
    kinds = part.get("type")
    if kinds is None:  # anything at all, unless other schemas say what
        return not {"$ref", "anyOf", "oneOf", "allOf"} & part.keys()
    return bool({"string", "integer", "number"} & set([kinds] if isinstance(kinds, str) else kinds))


def plain(schema: Any) -> Any:
    """Return the schema without what is not for a model; a property may well be called "title"."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in MAPS:
            kept[key] = {name: plain(item) for name, item in value.items()}
        elif key in (*VALUES, "dependentRequired"):
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
