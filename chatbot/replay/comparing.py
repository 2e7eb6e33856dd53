"""Whether a text, a value or a call is as expected; pure. Every answer is "" or what is not, in words."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from chatbot.arguments import parsed
from chatbot.masking import MASK, Mask
from chatbot.scripts.form import CallCheck, JsonType, ResultCheck, TextCheck

KINDS: dict[JsonType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def text_misses(check: TextCheck, text: str, mask: Mask) -> Iterator[tuple[str, str]]:
    """Yield the name of each expectation that the text does not meet, and what it should be.

    A secret may be expected as it is, or masked, whichever of both the text has.
    """
    pairs = {expected: _masked_alike(expected, text, mask) for expected in (*check.contains, check.equals or "")}
    if check.equals is not None and all(one.strip() != other.strip() for one, other in pairs[check.equals]):
        yield "equals", f"is {quoted(check.equals)}"
    for expected in check.contains:
        if all(one not in other for one, other in pairs[expected]):
            yield "contains", f"contains {quoted(expected)}"
    for pattern in check.matches:
        if not re.search(pattern, text, re.MULTILINE):
            yield "matches", f"matches {pattern}"
    for unwanted in check.lacks:
        if unwanted in text:
            yield "lacks", f"does not contain {quoted(unwanted)}"


def result_misses(check: ResultCheck, content: str, mask: Mask) -> Iterator[tuple[str, str]]:
    """Yield what a result does not meet, in the same way."""
    yield from text_misses(check, content, mask)
    if check.json_schema is not None and (problem := _against_schema(check.json_schema, content)):
        yield "json_schema", f"fits its JSON schema ({problem})"


def argument_misses(check: CallCheck, arguments: str, mask: Mask) -> Iterator[tuple[str, str]]:
    """Yield the same for a call's arguments, which are the JSON text that the model wrote."""
    value = parsed(arguments or "{}")
    given: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if check.arguments is not None and not _same(check.arguments, value, mask):
        yield "arguments", f"has the arguments {as_json(check.arguments)}"
    if check.arguments_include is not None and not _within(check.arguments_include, value, mask):
        yield "arguments_include", f"has the arguments {as_json(check.arguments_include)}, and perhaps more"
    for name, pattern in check.arguments_match.items():
        text = given.get(name) if isinstance(given.get(name), str) else as_json(given.get(name))
        if name not in given or not re.search(pattern, str(text)):
            yield f"arguments_match.{name}", f"has a {name} that matches {pattern}"
    for name, kind in check.arguments_types.items():
        if name not in given or not _is(given[name], kind):
            yield f"arguments_types.{name}", f"has a {name} of the type {kind}"


def quoted(text: str) -> str:
    """Return a text in quotes, on one line."""
    return json.dumps(text, ensure_ascii=False)


def as_json(value: Any) -> str:
    """Return a value as the dialogue shows it."""
    return json.dumps(value, ensure_ascii=False)


def _masked_alike(expected: str, value: str, mask: Mask) -> list[tuple[str, str]]:
    """Return both texts, and both masked where one of them is: a recording has nothing but the mask."""
    masked = [(mask.text(expected), mask.text(value))] if MASK in expected + value else []
    return [(expected, value), *masked]


def _same(expected: Any, value: Any, mask: Mask) -> bool:
    """Return whether two values are the same in JSON: 1 is 1.0, but true is not 1."""
    if isinstance(expected, dict) and isinstance(value, dict):
        return expected.keys() == value.keys() and all(_same(expected[key], value[key], mask) for key in expected)
    if isinstance(expected, list) and isinstance(value, list):
        return len(expected) == len(value) and all(map(_same, expected, value, [mask] * len(value)))
    if isinstance(expected, str) and isinstance(value, str):
        return any(one == other for one, other in _masked_alike(expected, value, mask))
    return isinstance(expected, bool) == isinstance(value, bool) and bool(expected == value)


def _within(expected: Any, value: Any, mask: Mask) -> bool:
    if isinstance(expected, dict) and isinstance(value, dict):
        return all(key in value and _within(expected[key], value[key], mask) for key in expected)
    if isinstance(expected, list) and isinstance(value, list):
        return len(expected) == len(value) and all(map(_within, expected, value, [mask] * len(value)))
    return _same(expected, value, mask)


def _is(value: Any, kind: JsonType) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()  # in JSON Schema 1.0 is an integer
    return isinstance(value, KINDS[kind])


def _against_schema(schema: Mapping[str, Any], content: str) -> str:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    try:
        value = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "it is not JSON"
    try:  # an empty registry: what is not in the schema is not fetched
        error = next(Draft202012Validator(schema, registry=Registry()).iter_errors(value), None)
    except RecursionError:
        return "the schema refers to itself without end"
    except OverflowError:
        return "a number is too large to be checked"
    return f"{' '.join(error.message.split()):.200}" if error else ""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
