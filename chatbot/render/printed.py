"""What is shown for good: lines, and what is not Markdown as such lines."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from rich.style import Style
from rich.text import Text

from chatbot.render.wrapping import rows_of


class Printed(NamedTuple):
    """Lines that are printed once; `gap` where a blank line stands before them."""

    lines: list[Text]
    gap: bool = False


class Stream(Protocol):
    """Text that comes in pieces."""

    def feed(self, text: str) -> Iterator[Printed]:
        """Take cleaned text and yield what it finishes."""

    def flush(self) -> Iterator[Printed]:
        """Yield the rest, and begin anew."""

    def tail(self, limit: int) -> str:
        """Return about the last `limit` characters of what is not finished."""


class AsItIs:
    """Text that is shown as it is, line by line, in rows of `width()` cells; the first has a gap before it."""

    def __init__(self, style: Style, width: Callable[[], int]) -> None:
        self._style = style
        self._width = width
        self._pieces: list[str] = []
        self._first = True

    def feed(self, text: str) -> Iterator[Printed]:
        """Take cleaned text and yield its whole lines."""
        *lines, rest = text.split("\n")
        for line in lines:
            yield self._printed(line)
        if rest:
            self._pieces.append(rest)

    def flush(self) -> Iterator[Printed]:
        """Yield the rest, and begin anew."""
        if self._pieces:
            yield self._printed("")
        self._first = True

    def tail(self, limit: int) -> str:
        """Return about the last `limit` characters of the line that is not finished."""
        return "".join(self._pieces[-limit:])[-limit:]

    def _printed(self, end: str) -> Printed:
        line = "".join([*self._pieces, end])
        self._pieces.clear()
        first, self._first = self._first, False
        return Printed(list(wrapped(Text(line, self._style), self._width())), first)


def wrapped(text: Text, width: int) -> Iterator[Text]:
    """Yield the lines of a text in rows of so many cells, broken between words where that is possible."""
    start = 0
    for line in text.plain.split("\n"):
        for begin, end in rows_of(line, width):
            yield text[start + begin : start + end]
        start += len(line) + 1
