"""Schemas that people wrote: checked when they are read, and the arguments of a call checked against them, strictly.

The dialect is JSON Schema 2020-12, which jsonschema checks; nothing is ever looked up outside of the document.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from chatbot.pack import InvalidArguments
from chatbot.schema.checking import first_line, loads, told
from chatbot.schema.walking import Path, names_in, parts

BRANCHING = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas")
"""Keywords that may declare more properties of the same object."""

TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
LIMITS = {
    "minimum": "should be greater than or equal to {}",
    "exclusiveMinimum": "should be greater than {}",
    "maximum": "should be less than or equal to {}",
    "exclusiveMaximum": "should be less than {}",
    "multipleOf": "should be a multiple of {}",
    "minLength": "should have at least {} characters",
    "maxLength": "should have at most {} characters",
    "minItems": "should have at least {} items",
    "maxItems": "should have at most {} items",
    "minProperties": "should have at least {} properties",
    "maxProperties": "should have at most {} properties",
    "pattern": "should match the pattern {}",
    "uniqueItems": "should hold nothing twice",
    "items": "has too many items",
    "oneOf": "fits more than one of the forms of which it should have one",
}


class BadSchema(ValueError):
    """A schema is wrong at `path`, which leads to the part or the keyword to blame."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(text)
        self.path = path


def check_schema(schema: dict[str, Any]) -> None:
    """Raise BadSchema where this is no JSON schema, or one that refers to what is not in it."""
    dialect = _dialect()
    for error in dialect(dialect.META_SCHEMA, format_checker=dialect.FORMAT_CHECKER).iter_errors(schema):
        raise BadSchema(*next(_complaints(error, frozenset())))
    for path, part in parts(schema):
        if path and "$id" in part:
            raise BadSchema((*path, "$id"), "is not supported: a part of a schema has no identity of its own")
        for keyword in ("$ref", "$dynamicRef"):
            if keyword in part and not _is_there(part[keyword], schema):
                raise BadSchema((*path, keyword), f"refers to {part[keyword][:80]!r}, which is not in this schema")


def parser_for(parameters: dict[str, Any], secrets: frozenset[str]) -> Callable[[str], dict[str, Any]]:
    """Return a parser of a call's arguments: see `Tool.parse`. Secrets are names of properties never to be quoted.

    An argument that the schema does not declare is refused, unless it allows additionalProperties. A whole number is
    one without a decimal point; what a `format` says of a string is for the reader. The schema has been checked.
    """
    closing = "unevaluatedProperties" if any(word in parameters for word in BRANCHING) else "additionalProperties"
    strict = parameters if "additionalProperties" in parameters else {**parameters, closing: False}
    names = names_in(parameters)

    def parse(text: str) -> dict[str, Any]:
        try:
            arguments: dict[str, Any] = loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidArguments(f"they are not a JSON object: {first_line(error)}") from None
        found: dict[str, list[str]] = {}
        try:
            problems = list(_validator(strict).iter_errors(arguments))
            for problem in problems:
                for path, complaint in _complaints(problem, names):
                    found.setdefault(_place(path, secrets), []).append(complaint)
        except Exception as error:  # noqa: BLE001 - a reference in circles is a RecursionError, one to nowhere its own
            raise InvalidArguments(f"they cannot be checked ({type(error).__name__})") from None
        if problems:
            raise InvalidArguments(told(found) or "some of them do not go together")
        return arguments

    return parse


@cache
def _dialect() -> Any:
    """Return jsonschema's class for 2020-12, but for whole numbers: 1.0 is none, as it is nowhere here."""
    from jsonschema import Draft202012Validator, validators

    def is_whole(_: Any, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", is_whole)
    extend: Any = validators.extend
    return extend(Draft202012Validator, type_checker=checker)


def _validator(schema: dict[str, Any]) -> Any:
    from referencing import Registry

    return _dialect()(schema, registry=Registry())  # an empty registry: what is not in the document is not to be had


def _is_there(reference: str, schema: dict[str, Any]) -> bool:
    """Return whether a reference is one into the document, and leads to a schema."""
    if reference == "#":
        return True
    if not reference.startswith("#/"):
        return False
    part: Any = schema
    for step in reference[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(part, dict) and name in part:
            part = part[name]
        elif isinstance(part, list) and name.isdecimal() and int(name) < len(part):
            part = part[int(name)]
        else:
            return False
    return isinstance(part, dict | bool)


def _complaints(error: Any, names: frozenset[str]) -> Iterator[tuple[Path, str]]:
    """Yield where an argument is wrong and how, without its value: that may be a secret.

    names: every property that the whole schema speaks of. Of forms of which one should fit, each tells what it misses.
    """
    path, keyword, wanted, value = tuple(error.absolute_path), error.validator, error.validator_value, error.instance
    match keyword:
        case "anyOf" | "oneOf" if error.context:
            for inner in error.context:
                yield from _complaints(inner, names)
        case "required":
            yield from (((*path, name), "missing") for name in wanted if name not in value)
        case "dependentRequired":
            needed = {name for name, others in wanted.items() if name in value for name in others}
            yield from (((*path, name), "missing") for name in sorted(needed) if name not in value)
        case "additionalProperties" | "unevaluatedProperties":
            known = error.schema.get("properties", {})
            text = f"there is no such argument (only {', '.join(known)})" if known else "there is no such argument"
            declared = names if keyword == "unevaluatedProperties" else known
            yield from (((*path, name), text) for name in _unknown(value, declared, error.schema))
        case _:
            yield path, _text(keyword, wanted)


def _unknown(value: Mapping[str, Any], known: Any, schema: Mapping[str, Any]) -> list[str]:
    patterns = schema.get("patternProperties", {})
    return [name for name in value if name not in known and not any(re.search(pattern, name) for pattern in patterns)]


def _text(keyword: str | None, wanted: Any) -> str:
    match keyword:
        case "type":
            return f"should be {_either([TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)])}"
        case "enum":
            return f"should be {_either([_literal(value) for value in wanted])}"
        case "const":
            return f"should be {_literal(wanted)}"
        case str() if keyword in LIMITS:
            return LIMITS[keyword].format(_literal(wanted))
        case "format" if wanted == "regex":
            return "is no regular expression"
        case "not" | None:  # None: the schema is just false
            return "is not allowed"
        case _:
            return f"is not valid ({keyword})"


def _either(options: list[str]) -> str:
    *others, last = options or ["nothing at all"]
    return f"{', '.join(others)} or {last}" if others else last


def _literal(value: Any) -> str:
    return repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _place(path: Path, secrets: frozenset[str]) -> str:
    """Return the argument's path, not into a secret."""
    steps: list[str] = []
    for step in path:
        steps.append(str(step)[:64])
        if step in secrets:
            break
    return ".".join(steps)
