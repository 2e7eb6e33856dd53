"""Was it given? A value that nobody said and no tool returned was made up, however sure the model is of it.

Values are compared as people spell them: case, quotes, punctuation around them, digits with separators, e-mail
addresses and telephone numbers in their usual forms. They are whole words or numbers, never parts of longer ones.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from chatbot.arguments import parsed, written
from chatbot.pack import Pack

if TYPE_CHECKING:  # it is not needed before a call is
    from chatbot.trust.lookup import Text

MOST = 1_000_000
"""Characters that are remembered; the oldest texts go first."""


class Ground:
    """What was given in a session: the user's words, and what tools returned. It grows; values are looked up in it."""

    def __init__(self, limit: int = MOST) -> None:
        self._limit = limit
        self._size = 0
        self._given: deque[tuple[str, str]] = deque()
        self._read: deque[tuple[Text, Text]] = deque()  # the first of them

    def hear(self, text: str) -> None:
        """Note what the user said, or what is known of them for certain."""
        self._add(text, "")

    def learn(self, result: str, arguments: str) -> None:
        """Note what a tool returned to a call with these arguments; what it only echoes does not count."""
        self._add(_plain(result), _plain(arguments))

    def holds(self, value: str | float) -> bool:
        """Return whether the value was given; an empty one says nothing that could be made up."""
        empty = isinstance(value, str) and not value.strip()
        return empty or any(text.has(value) and not echo.has(value) for text, echo in self._readable())

    def texts(self) -> list[tuple[str, str]]:
        """Return what was given, and what of it was an echo, to be kept as JSON."""
        return list(self._given)

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], limit: int = MOST) -> "Ground":
        """Return a ground of what `texts` returned."""
        ground = cls(limit)
        for text, echo in texts:
            ground._add(text, echo)
        return ground

    def adopt(self, other: "Ground") -> None:
        """Note all that another one holds."""
        for text, echo in other._given:
            self._add(text, echo)

    def _add(self, text: str, echo: str) -> None:
        if not text.strip():
            return
        text, echo = text[: self._limit], echo[: self._limit]
        self._given.append((text, echo))
        self._size += len(text) + len(echo)
        while self._size > 2 * self._limit:
            self._size -= sum(map(len, self._given.popleft()))
            if self._read:
                self._read.popleft()

    def _readable(self) -> Iterable["tuple[Text, Text]"]:
        """Return what was given, ready to be looked into; nothing is made ready before that."""
        from chatbot.trust.lookup import Text

        for text, echo in islice(self._given, len(self._read), None):
            self._read.append((Text(text), Text(echo)))
        return self._read


def ungrounded(arguments: Mapping[str, Any], names: frozenset[str], ground: Ground) -> Iterator[str]:
    """Yield the paths of the values, at or below properties of these names, that were never given."""
    if names:
        for path, value in _values(arguments, names, "", False):
            if not ground.holds(value):
                yield path


def ground_all(pack: Pack) -> Pack:
    """Return the pack with tools whose every string and number must be given, but for closed sets (`--grounded`)."""
    from chatbot.schema.cleaning import inventable  # late: schemas take their time

    free = (inventable(dict(tool.parameters)) for tool in pack.tools)
    tools = (replace(tool, grounded=tool.grounded | names) for tool, names in zip(pack.tools, free, strict=True))
    return replace(pack, tools=tuple(tools))


def _plain(text: str) -> str:
    """Return what a JSON text says, a line for each key and value; any other text as it is."""
    value = parsed(text)
    if not isinstance(value, dict | list):
        return text if not isinstance(value, str) else value
    return "\n".join(_scalars(value))


def _scalars(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting += [*item.values(), *item.keys()]
        elif isinstance(item, list):
            waiting += item
        elif item is not None and not isinstance(item, bool):
            yield item if isinstance(item, str) else written(item)


def _values(value: Any, names: frozenset[str], path: str, marked: bool) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _values(item, names, f"{path}.{name}" if path else str(name), marked or name in names)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _values(item, names, f"{path}.{number}", marked)
    elif marked and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, value
