"""Telling a call that a model makes from one that it only repeats, out of a page that a tool has read, say."""

import json
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

from chatbot.types import Message, ToolResult, User


class Told:
    """What users and tools have said to the model. White space, HTML's and JSON's escapes are no matter."""

    def __init__(self, history: Iterable[Message] = ()) -> None:
        self._history = tuple(history)
        self._squeezed: list[str] | None = None

    def __contains__(self, written: str) -> bool:
        if self._squeezed is None:  # most replies ask for nothing
            self._squeezed = [_squeezed(text) for message in self._history for text in _texts(message)]
        wanted = _squeezed(written)
        return any(wanted in text for text in self._squeezed)


def _texts(message: Message) -> Iterator[str]:
    """Yield what the message says, and the strings of the JSON that it, or one of them, may be."""
    match message:
        case User(text=said) | ToolResult(content=said):
            waiting: list[Any] = [said]
        case _:
            return
    while waiting:  # no recursion: a tool may nest as deep as it likes
        value = waiting.pop()
        if isinstance(value, str):
            yield value
            waiting.append(_held(value))
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


def _held(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _squeezed(text: str) -> str:
    return "".join(unescape(text).split())
