"""What stands in a Markdown text: the values that are handed out, and the blocks that are still being read."""

import re
from dataclasses import dataclass, field
from typing import ClassVar, Literal

GROUP = 32
"""Lines of code, and rows of a table, that are held back at most."""
PARAGRAPH = 8
"""Lines of code after which a blank line is a good place to cut."""

_CELL = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r":?-+:?")

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Inside:
    """What a piece stands in; `fresh` where its bullet or number was not shown yet."""

    kind: Literal["quote", "bullet", "number"]
    number: int = 0
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of prose, with inline Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a level from 1 to 6, with inline Markdown."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Code:
    """Some lines of code; `first` where they are the first of their block."""

    language: str
    lines: tuple[str, ...]
    first: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a table; only the first group has a header."""

    aligns: tuple[Align, ...]
    rows: tuple[tuple[str, ...], ...]
    header: tuple[str, ...] | None = None


Body = Paragraph | Heading | Rule | Code | Rows


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished piece of the text; `gap` where a blank line stands before it."""

    body: Body
    inside: tuple[Inside, ...] = ()
    gap: bool = True


@dataclass(slots=True)
class Prose:
    """A paragraph that goes on."""

    lines: list[str]
    held: ClassVar[bool] = True

    def rest(self) -> Body:
        """Return what is left when it ends."""
        return Paragraph("\n".join(self.lines))


@dataclass(slots=True)
class Coding:
    """A block of code that goes on. mark: its fence, empty where it is indented."""

    mark: str = ""
    indent: int = 4
    language: str = ""
    lines: list[str] = field(default_factory=list)
    first: bool = True

    @property
    def held(self) -> bool:
        """Whether there is something that was not handed out."""
        return self.first or bool(self.lines)

    def closes(self, line: str) -> bool:
        """Return whether the line is the closing fence."""
        marks = line.strip()
        return bool(self.mark) and len(marks) >= len(self.mark) and not marks.strip(self.mark[0])

    def add(self, line: str) -> Body | None:
        """Take a line; return a group where one is full."""
        self.lines.append(line)
        blank = not line.strip()
        if self.mark and blank and len(self.lines) >= PARAGRAPH:
            return self.rest()
        return self.rest() if len(self.lines) >= GROUP and (self.mark or not blank) else None

    def rest(self) -> Body | None:
        """Return what is left; None where there is nothing."""
        if not self.mark:  # blank lines behind indented code do not belong to it
            while self.lines and not self.lines[-1].strip():
                self.lines.pop()
        if not (self.lines or (self.first and self.mark)):
            return None
        part = Code(self.language, tuple(self.lines), self.first)
        self.lines.clear()
        self.first = False
        return part


@dataclass(slots=True)
class Grid:
    """A table that goes on: its first group says how wide the columns are, then every row stands for itself."""

    header: tuple[str, ...] | None
    aligns: tuple[Align, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether there is something that was not handed out."""
        return self.header is not None or bool(self.rows)

    def add(self, line: str) -> Body | None:
        """Take a line; return a group where one is full."""
        row = split_cells(line)[: len(self.aligns)]
        self.rows.append(row + ("",) * (len(self.aligns) - len(row)))
        return self.rest() if self.header is None or len(self.rows) >= GROUP else None

    def rest(self) -> Body | None:
        """Return what is left; None where there is nothing."""
        if not (self.rows or self.header):
            return None
        part = Rows(self.aligns, tuple(self.rows), self.header)
        self.header = None
        self.rows.clear()
        return part


Leaf = Prose | Coding | Grid


def split_cells(line: str) -> tuple[str, ...]:
    """Return the cells of a row; an escaped bar separates nothing."""
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL.split(line))


def grid(header: str, delimiter: str) -> Grid | None:
    """Return the table that two lines begin, if they do."""
    if "|" not in delimiter and "|" not in header:
        return None
    marks, names = split_cells(delimiter), split_cells(header)
    if len(marks) != len(names) or not all(map(_DELIMITER.fullmatch, marks)):
        return None
    return Grid(names, tuple(_align(mark) for mark in marks))


def _align(mark: str) -> Align:
    if mark.endswith(":"):
        return "center" if mark.startswith(":") else "right"
    return "left"
