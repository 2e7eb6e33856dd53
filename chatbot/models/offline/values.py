"""Texts as JSON values: what a slot would make of some words, or None where they do not fit."""

import json
import re
from collections.abc import Mapping
from typing import Any

from chatbot.models.offline.english import bag
from chatbot.models.offline.moments import date_in, moment_in, time_in
from chatbot.models.offline.schemas import Schema, Slot, compiled, kind_of
from chatbot.models.offline.words import compact, stem

YES = bag("""yes yea yeah yep yup y true on sure ok okay definitely certainly absolutely please""")
NO = bag("no nope nah n false off not never without don't")
_NUMBER = re.compile(
    r"[#$€£]?([+-]?\d{1,15}(?:\.\d{1,15})?|[+-]?\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,15})?)(?:°[CcFfKk]?|[%€$£])?"
)
_SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_EMAIL = re.compile(r"[^@\s,;:<>\"]+@[^@\s,;:<>\"]+\.[^@\s,;:<>\".]+")
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?:[,;\n]+(?:\s*(?:and|or)\s)?|\s(?:and|&|\+)\s)\s*", re.IGNORECASE)
_LONGEST = 500
"""Characters of a text that are held against a pattern: patterns are others' and may be slow."""


def value_of(slot: Slot, text: str) -> Any:
    """Return the JSON value the text stands for in the slot, or None."""
    return _convert(slot.kind, slot.schema, text.strip())


def _convert(kind: str, schema: Schema, text: str) -> Any:
    match kind:
        case "enum":
            return _choice(schema["enum"], text)
        case "integer" | "number":
            number = _number(kind, text)
            return None if number is None or _is_beyond(schema, number) else number
        case "boolean":
            return True if text.casefold() in YES else False if text.casefold() in NO else None
        case "array":
            return _array(schema, text)
        case "json":
            return _json(schema, text)
    return _string(kind, schema, text)


def _choice(options: list[Any], text: str) -> Any:
    plain = compact(text)
    for option in options:
        if isinstance(option, bool):
            if plain in (YES if option else NO):
                return option
        elif option is not None and plain and plain == compact(str(option)):
            return option
    near = [option for option in options if isinstance(option, str) and plain and stem(plain) == stem(compact(option))]
    return near[0] if len(near) == 1 else None


def _number(kind: str, text: str) -> int | float | None:
    low = text.casefold().replace("minus ", "-")
    if low in _SMALL:
        return _SMALL.index(low)
    match = _NUMBER.fullmatch(low)
    if match is None:
        return None
    number = float(match[1].replace(",", ""))
    if number.is_integer():
        return int(number)
    return number if kind == "number" else None


def _is_beyond(schema: Schema, number: float) -> bool:
    """Return whether the schema takes no number as small, or as large, as this."""
    if not schema.get("minimum", number) <= number <= schema.get("maximum", number):
        return True
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    return (above is not None and number <= above) or (below is not None and number >= below)


def _array(schema: Schema, text: str) -> list[Any] | None:
    items: Mapping[str, Any] = schema.get("items") or {"type": "string"}
    kind = kind_of("item", items)
    parts = (part.strip(" \"'“”.") for part in _SPLIT.split(text))
    values = [_convert(kind, items, part) for part in parts if part]
    return [value for value in values if value is not None] or None


def _json(schema: Schema, text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list if schema.get("type") == "array" else dict) else None


def _string(kind: str, schema: Schema, text: str) -> str | None:
    match kind:
        case "date":
            return date_in(text)
        case "date-time":
            return moment_in(text)
        case "time":
            return time_in(text)
        case "email":
            return text if _EMAIL.fullmatch(text) else None
        case "uri":
            return text if "://" in text and " " not in text else None
        case "uuid":
            return text if _UUID.fullmatch(text) else None
        case "code" if text.startswith("#") and not _fits(schema, text.lstrip("#"), text):
            text = text.lstrip("#")
        case "code" | "name" if any(character.isspace() for character in text) and not compiled(schema):
            return None
    return _fitting(schema, text)


def _fits(schema: Schema, without: str, text: str) -> bool:
    """Whether the pattern wants the # that people write before numbers."""
    return _fitting(schema, without) is None and _fitting(schema, text) is not None


def _fitting(schema: Schema, text: str) -> str | None:
    if not text or (not text.isprintable() and "\n" not in text):
        return None
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
        return None
    pattern = compiled(schema)
    if pattern is None:
        return text
    return next((form for form in (text, text.upper()) if len(form) <= _LONGEST and pattern.search(form)), None)
