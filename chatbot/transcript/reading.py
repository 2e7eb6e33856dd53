"""The inverse of `events.to_json`: events from their public JSON form, of this version, an older or a newer one."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from chatbot.events import Event, Level, Stop
from chatbot.types import Failure

_EVENTS = {event.type: event for event in get_args(Event)}
_INSTEAD: dict[Any, str] = {Failure: "failed", Stop: "interrupted", Level: "info"}
"""What stands for a word that only a newer version knows."""


class _Unknown(Exception):
    """A newer version has written this, and nothing here can stand for it."""


def from_json(given: Mapping[str, Any]) -> Event | None:
    """Return the event; None for a type that this version does not know. Raises ValueError where it is broken.

    Fields that are not known are skipped; those that are not there have their defaults. `opaque` never is.
    """
    event = _EVENTS.get(str(given.get("type")))
    try:
        return None if event is None else _made(event, given)
    except _Unknown:
        return None


def _made(kind: Any, given: Mapping[str, Any]) -> Any:
    values = {}
    for field, hint in _fields(kind):
        if field.name in given and hint is not Any:
            values[field.name] = _value(hint, given[field.name])
        elif field.default is MISSING:
            raise ValueError(f"{kind.__name__} lacks {field.name}")
    return kind(**values)


@cache
def _fields(kind: Any) -> list[tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return [(field, hints[field.name]) for field in fields(kind)]


def _value(hint: Any, given: Any) -> Any:
    """Return a JSON value as what the type hint says; handles all that the fields of events and messages have."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        inner, _ = get_args(hint)
        return None if given is None else _value(inner, given)
    if origin is Literal and isinstance(given, str):
        if given in get_args(hint):
            return given
        if hint in _INSTEAD:
            return _INSTEAD[hint]
        raise _Unknown
    if origin is tuple and isinstance(given, list):
        return tuple(_value(get_args(hint)[0], item) for item in given)
    if is_dataclass(hint) and isinstance(given, Mapping):
        return _made(hint, given)
    if hint is float and isinstance(given, int | float):
        return float(given)
    if type(given) is hint:
        return given
    raise ValueError(f"{given!r:.40} is not {hint}")
