"""Where a line ends: cells of a terminal, and the places where a text may be broken."""

import re
from collections import deque

from rich.cells import get_character_cell_size

_WORD_JOINER = "\u200d"
_NOT_FIRST = "、。，．！？：；）」』】〉》’”…%)]}.,!?:;\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""What does not begin a row of a script without spaces, nor one of emoji."""
_COLUMN = re.compile(r"\S+ {2,}(?=\S)")
_FLAGS = "\U0001f1e6", "\U0001f1ff"
"""The first and the last of the letters that make a flag, two by two."""


def cells(text: str) -> int:
    """Return how many cells a text takes, every code point by itself: no terminal takes more."""
    return len(text) if text.isascii() else sum(map(get_character_cell_size, text))


def row_end(text: str, start: int, width: int) -> tuple[int, int] | None:
    """Return where the row that begins at `start` ends, and where the next begins; None where all the rest fits.

    `text` is one line. Looks at no more than a row, so that a walk over a text is linear.
    """
    row = text[start : start + width + 1]
    if row.isascii():
        if len(row) <= width:
            return None
        space = row.rfind(" ")
        if space > 0 and not row[:space].isspace():
            return start + space, start + space + 1
        return start + width, start + width
    return _wide_row_end(text, start, width)


def _wide_row_end(text: str, start: int, width: int) -> tuple[int, int] | None:
    taken, after, seen = 0, None, False
    position, before = start, ""
    for position in range(start, len(text)):
        character = text[position]
        size = get_character_cell_size(character)
        if character == " ":
            if seen:
                after = (position, position + 1)
        elif size == 2 and seen and not _belongs_to(before, character):
            after = (position, position)
        seen = seen or character != " "
        if taken + size > width and position > start:
            return after if after else (position, position)
        taken += size
        before = character
    return None


def _belongs_to(before: str, character: str) -> bool:
    """Return whether a wide character stays in the row of the one before it."""
    flag = _FLAGS[0] <= before <= _FLAGS[1] and _FLAGS[0] <= character <= _FLAGS[1]
    return flag or before in (" ", _WORD_JOINER) or character in _NOT_FIRST


def rows_of(line: str, width: int) -> list[tuple[int, int]]:
    """Return the rows of one line as (start, end)."""
    rows, start = [], 0
    while found := row_end(line, start, width):
        rows.append((start, found[0]))
        start = found[1]
    rows.append((start, len(line)))
    return rows


def told(text: str, width: int) -> str:
    """Return words for people, no line wider than that; what goes on stands under a list's second column."""
    lines = []
    for line in text.split("\n"):
        first = _COLUMN.match(line)
        head = first[0] if first and cells(first[0]) <= width // 2 else ""
        rest, indent = line[len(head) :], cells(head)
        pieces = [rest[start:end] for start, end in rows_of(rest, max(width - indent, 1))]
        lines += [head + pieces[0], *(" " * indent + piece for piece in pieces[1:])]
    return "\n".join(lines)


class Tail:
    """The last rows of a text that grows, wrapped as it grows; what it costs is what was added.

    first: the number of the first row that is kept, counted from the beginning of the text.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._whole: deque[str] = deque(maxlen=height - 1)
        self._ended = 0
        self._row = ""

    def feed(self, text: str) -> None:
        """Append; tabs are four spaces here."""
        *lines, rest = text.replace("\t", "    ").split("\n")
        for line in lines:
            self._grow(line)
            self._end(self._row)
            self._row = ""
        self._grow(rest)

    @property
    def first(self) -> int:
        """The number of the first row."""
        return self._ended - len(self._whole)

    @property
    def rows(self) -> list[str]:
        """The rows, without blanks at their ends."""
        return [*self._whole, self._row.rstrip()]

    def _grow(self, text: str) -> None:
        row = self._row + text
        start = 0
        while found := row_end(row, start, self._width):
            self._end(row[start : found[0]])
            start = found[1]
        self._row = row[start:]

    def _end(self, row: str) -> None:
        self._ended += 1
        self._whole.append(row.rstrip())
