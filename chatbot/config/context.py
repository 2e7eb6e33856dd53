"""The trusted context of a session: what it knows about its user and channel, before anybody has said a word."""

import sys
from collections.abc import Iterable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

from chatbot.config.sources import Options
from chatbot.errors import UsageError
from chatbot.paths import expanded


def context_of(chosen: Options) -> dict[str, Any]:
    """Return the fields: those of the file's table `[context]`, the environment's over them, the flags' over those.

    An item is the path of a JSON file with an object, `-` for the same on standard input, or `name=text`, where dots
    in the name lead into objects: `contact.name=Ann`. Raises UsageError.
    """
    fields: dict[str, Any] = _as_json(chosen.table("context"))
    for item in (*_items(chosen.env.get("CHATBOT_CONTEXT")), *_items(chosen.flags.get("context"))):
        fields = _merged(fields, _read(item))
    return fields


def field_at(fields: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path. Raises UsageError where there is none."""
    value: Any = fields
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            known = ", ".join(fields) or "none; give them by --context"
            raise UsageError(f"There is no field {path!r} in the context (its fields: {known}).")
        value = value[step]
    return value


def _items(given: Any) -> Iterable[str]:
    return [given] if isinstance(given, str) else given or []


def _read(item: str) -> dict[str, Any]:
    name, equals, text = item.partition("=")
    if item.lstrip().startswith("{"):
        return _object(item, "--context")
    if equals and not _is_file(item):
        value: Any = text
        for step in reversed(name.strip().split(".")):
            if not step:
                raise UsageError(f"--context {name}=...: a field has no name.")
            value = {step: value}
        return dict(value)
    if item == "-":
        return _object(sys.stdin.read(), "--context -")
    try:
        return _object(expanded(item).read_text("utf-8-sig"), item)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"The context {item} cannot be read: {reason}. Give a JSON file, or name=value.") from None


def _object(text: str, place: str) -> dict[str, Any]:
    import json  # late: most sessions have no context

    try:
        value = json.loads(text, parse_constant=_refused)
    except RecursionError:
        raise UsageError(f"{place}: it is nested too deep.") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{place}, line {error.lineno}, column {error.colno}: it is not JSON: {error.msg}.") from None
    except ValueError as error:
        raise UsageError(f"{place}: it is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise UsageError(f"{place}: a context is a JSON object, with a field for each thing that is known.")
    return value


def _refused(constant: str) -> None:
    raise ValueError(f"there is no {constant}")


def _is_file(item: str) -> bool:
    try:
        return Path(item).is_file()
    except (OSError, ValueError):  # no name that a file can have
        return False


def _as_json(value: Any) -> Any:
    """Return what TOML holds as JSON holds it: days and times are texts."""
    if isinstance(value, Mapping):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(under)
    for name, value in over.items():
        below = both.get(name)
        both[name] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return both
