"""Arguments checked against what a function declares, strictly; complaints that a model can act on."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from chatbot.pack import InvalidArguments

MOST_COMPLAINTS = 8
PLAIN = {
    "missing": "missing",
    "string_type": "should be a string",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
    "uuid_parsing": "should be a UUID",
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "should be a list"),
    **dict.fromkeys(("model_type", "dict_type", "dataclass_type", "model_attributes_type"), "should be an object"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), "should be a date, YYYY-MM-DD"),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), "should be an ISO 8601 time"),
    "string_unicode": "hold text that is not Unicode",
}
DECLARED_ONLY = {
    *("literal_error", "enum", "none_required", "string_pattern_mismatch", "multiple_of", "json_invalid"),
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal"),
    *("too_short", "too_long", "string_too_short", "string_too_long"),
}
"""Errors whose own text is made of what the hint declares; that of others may hold a piece of the value."""


def parser_of(model: type[BaseModel], ours: set[str], secrets: frozenset[str]) -> Callable[[str], dict[str, Any]]:
    """Return the parser. `ours`: arguments for which the function itself has no default that it could use."""
    names = {field: info.alias or field for field, info in model.model_fields.items()}

    def parse(text: str) -> dict[str, Any]:
        data: Any = None
        try:
            data = loads(text)
            checked = model.model_validate_json(text, strict=True)
        except ValidationError as error:
            raise InvalidArguments(_complaints(error, data, secrets, names.values())) from None
        except (ValueError, RecursionError) as error:
            raise InvalidArguments(f"they are not a JSON object: {first_line(error)}") from None
        except Exception as error:  # noqa: BLE001 - a validator of the pack's own types may raise anything
            raise InvalidArguments(f"they cannot be checked ({type(error).__name__})") from None
        given = checked.model_fields_set
        return {name: getattr(checked, field) for field, name in names.items() if field in given or name in ours}

    return parse


def loads(text: str) -> Any:
    """Return the JSON value of a text, strictly. Raises ValueError for what is none, RecursionError for too deep a one.

    What Python alone takes for JSON is refused: NaN and Infinity, numbers too big for a float, a name given twice.
    """
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_refused, parse_float=_finite)


def told(found: Mapping[str, list[str]]) -> str:
    """Return complaints by place as one line; a place may have several, one for each form that would be allowed."""
    lines = [f"{place}: {_either(texts)}" if place else _either(texts) for place, texts in found.items()]
    more = len(lines) - MOST_COMPLAINTS
    return "; ".join([*lines[:MOST_COMPLAINTS], *([f"and {more} more"] if more > 0 else [])])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("a name is given twice")
    return dict(pairs)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    if not math.isfinite(float(number)):
        raise ValueError("a number is too big")
    return float(number)


def _complaints(error: ValidationError, data: Any, secrets: frozenset[str], known: Iterable[str]) -> str:
    """Return what is wrong with each argument, without its value: that may be a secret."""
    found: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False):
        kind, place = problem["type"], _place(problem["loc"], data, problem["type"], secrets)
        if kind in ("extra_forbidden", "unexpected_keyword_argument"):
            text = "there is no such argument" + (f" (only {', '.join(known)})" if len(problem["loc"]) == 1 else "")
        elif kind in ("value_error", "assertion_error") and not secrets:
            text = problem["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        elif kind in DECLARED_ONLY:
            text = problem["msg"].removeprefix("Input ")
        else:
            text = PLAIN.get(kind, f"is not valid ({kind.replace('_', ' ')})")
        found.setdefault(place, []).append(text)
    return told(found)


def _either(texts: list[str]) -> str:
    first, *others = dict.fromkeys(texts)
    return " or ".join([first, *(text.removeprefix("should be ") for text in others)])


def _place(loc: tuple[int | str, ...], value: Any, kind: str, secrets: frozenset[str]) -> str:
    """Return the argument's path: without pydantic's names for the arms of a union, and not into a secret."""
    path: list[str] = []
    for number, step in enumerate(loc, 1):
        keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        if step in keys:
            value = value[step]
        elif kind != "missing" or number < len(loc):
            continue
        path.append(str(step)[:64])
        if step in secrets:
            break
    return ".".join(path)


def first_line(error: Exception) -> str:
    """Return what an error says in its first line."""
    return (str(error).splitlines() or [type(error).__name__])[0]
