"""The trusted context as the model may read it, and what in it is secret."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chatbot.errors import UsageError
from chatbot.speech import words_of

SECRET_WORDS = frozenset({"credential", "key", "passphrase", "passwd", "password", "pin", "secret", "token"})
"""Last words of fields' names whose values are secret without anybody saying so."""


def told(fields: Mapping[str, Any], paths: Iterable[str], named: Iterable[str]) -> str:
    """Return what the model is told of the context: each field in a line, as JSON, so that none can say more than one.

    `named`: names of secret fields. Raises UsageError for a field that is, or holds, a secret.
    """
    lines = []
    for path in paths:
        value: Any = fields
        for step in path.split("."):
            value = value[step]
        if any(secrets({path: value}, named)):
            raise UsageError(f"--show-context: the field {path} is secret; the model is told no secrets.")
        lines.append(f"- {path}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(["This is known of the user, for certain:", *lines]) if lines else ""


def secrets(fields: Mapping[str, Any], named: Iterable[str]) -> Iterator[tuple[Any, str]]:
    """Yield the values of secret fields, with their names: those so `named`, and those whose name says it."""
    return _secrets(fields, frozenset(named), "")


def _secrets(value: Any, named: frozenset[str], name: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            last = words_of(key.rpartition(".")[2])[-1].lower()
            secret = key in named or key.rpartition(".")[2] in named or last in SECRET_WORDS
            yield from _secrets(item, named, name or (key if secret else ""))
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, named, name)
    elif name and value is not None and not isinstance(value, bool):
        yield value, name
