"""The trusted context as the model may read it, and what in it is secret."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chatbot.errors import UsageError
from chatbot.speech import words_of

SECRET_WORDS = frozenset(
    {
        *("credential", "key", "passcode", "passphrase", "passwd", "password", "pin", "pwd", "secret", "token"),
        *("authorization", "cookie", "cvv", "otp"),
    }
)
"""Last words of fields' names, or their plurals, whose values are secret without anybody saying so."""


def told(fields: Mapping[str, Any], paths: Iterable[str], named: Iterable[str]) -> str:
    """Return what the model is told of the context: each field in a line, as JSON, so that none can say more than one.

    `named`: names of secret fields. Raises UsageError for a field that is, or holds, a secret.
    """
    secret = {place for _, _, place in _secrets(fields, frozenset(named), "", "")}
    lines = []
    for path in paths:
        value: Any = fields
        for step in path.split("."):
            value = value[step]
        if any(place == path or place.startswith(f"{path}.") or path.startswith(f"{place}.") for place in secret):
            raise UsageError(f"--show-context: the field {path} is secret; the model is told no secrets.")
        lines.append(f"- {path}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(["This is known of the user, for certain:", *lines]) if lines else ""


def secrets(fields: Mapping[str, Any], named: Iterable[str]) -> Iterator[tuple[Any, str]]:
    """Yield the values of secret fields, with their names: those so `named`, also by path, and whose name says it."""
    for value, name, _ in _secrets(fields, frozenset(named), "", ""):
        yield value, name


def _secrets(value: Any, named: frozenset[str], path: str, name: str) -> Iterator[tuple[Any, str, str]]:
    """Yield values, names and paths; `name` is that of the secret field that the value stands in."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            place = f"{path}.{key}" if path else key
            secret = key in named or place in named or _says_secret(key)
            yield from _secrets(item, named, place, name or (key if secret else ""))
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, named, path, name)
    elif name and value is not None and not isinstance(value, bool):
        yield value, name, path


def _says_secret(key: str) -> bool:
    words = [word.lower() for word in words_of(key) if not word.isdigit()]
    return bool(words) and (words[-1] in SECRET_WORDS or words[-1].removesuffix("s") in SECRET_WORDS)
