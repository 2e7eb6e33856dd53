"""Streaming Markdown, cut into pieces that are finished and a tail that is not.

The block structure is CommonMark's, with the tables of GFM, read line by line as its reference parser does: a stack of
open containers (quotes, list items) and one open leaf. What is finished never changes any more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from chatbot.render.leaves import Body, Code, Coding, Grid, Heading, Inside, Leaf, Paragraph, Piece, Prose, Rows, Rule
from chatbot.render.leaves import grid as new_grid

DEPTH = 12
"""Containers in containers; what is nested deeper is text."""

_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r"(#{1,6})(?=[ \t]|$)")
_ITEM = re.compile(r"([-*+]|(\d{1,9})[.)])(?:([ \t]+)(?=[^ \t])|[ \t]*$)")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_SETEXT = re.compile(r"(?:=+|-+)$")
_MARKS = frozenset("#>`~-*+_0123456789")
"""What a line begins with that begins a block other than a paragraph."""


@dataclass(slots=True)
class _Container:
    kind: Literal["quote", "bullet", "number"]
    indent: int = 0
    number: int = 0
    fresh: bool = True


class Blocks:
    """Collects a stream and hands out its pieces. Linear, however long the stream, a block or a line is."""

    def __init__(self) -> None:
        self._partial: list[str] = []
        self._raw: list[str] = []
        self._containers: list[_Container] = []
        self._leaf: Leaf | None = None
        self._numbers: dict[int, int] = {}  # depth -> the last number of the list there
        self._blank = False
        self._before: Piece | None = None
        self._done: list[Piece] = []

    def feed(self, text: str) -> Iterator[Piece]:
        """Take the next characters and yield the pieces that they finish."""
        *whole, rest = text.split("\n")
        for end in whole:
            line = "".join([*self._partial, end])
            self._partial.clear()
            yield from self._take(line)
        if rest:
            self._partial.append(rest)

    def flush(self) -> Iterator[Piece]:
        """Yield the unfinished rest; the stream is over."""
        if self._partial:
            line = "".join(self._partial)
            self._partial.clear()
            yield from self._take(line)
        self._close(0)
        yield from self._done
        self._done = []

    def tail(self, limit: int) -> str:
        """Return about the last `limit` characters of what is not finished, as they came."""
        pieces: list[str] = []
        size = 0
        for piece in reversed([*(f"{line}\n" for line in self._raw[-limit:]), *self._partial[-limit:]]):
            pieces.append(piece)
            size += len(piece)
            if size >= limit:
                break
        return "".join(reversed(pieces))[-limit:]

    def _take(self, line: str) -> list[Piece]:
        self._add(line)
        done, self._done = self._done, []
        if done:
            self._raw.clear()
        if self._leaf and self._leaf.held:
            self._raw.append(line)
        return done

    def _add(self, line: str) -> None:
        rest, matched = self._match(line)
        whole = matched == len(self._containers)
        leaf = self._leaf
        if whole and isinstance(leaf, Coding) and leaf.mark:
            self._code(leaf, rest)
        elif not rest.strip():
            self._blank_line(matched, whole)
        elif isinstance(leaf, Prose) and whole and self._converts(leaf, rest):
            pass
        elif isinstance(leaf, Prose) and not _begins(rest, interrupts=whole):
            leaf.lines.append(rest.strip())  # a container need not be marked again for a paragraph to go on
        elif isinstance(leaf, Coding) and whole and _columns(rest) >= 4:
            self._give(leaf.add(_dedent(rest, 4)))
        elif isinstance(leaf, Grid) and whole and not _begins(rest):
            self._give(leaf.add(rest))
        else:
            self._close(matched)
            self._open(rest)

    def _match(self, line: str) -> tuple[str, int]:
        """Return the line without the marks of the containers that go on, and how many of them do."""
        rest = line
        for index, container in enumerate(self._containers):
            if container.kind == "quote":
                if _columns(rest) >= 4 or not rest.lstrip().startswith(">"):
                    return rest, index
                rest = _dedent(rest.lstrip()[1:], 1)
            elif not rest.strip() or _columns(rest) >= container.indent:
                rest = _dedent(rest, container.indent)
            else:
                return rest, index
        return rest, len(self._containers)

    def _code(self, leaf: Coding, line: str) -> None:
        if _columns(line) < 4 and leaf.closes(line):
            self._finish()
        else:
            self._give(leaf.add(_dedent(line, leaf.indent)))

    def _blank_line(self, matched: int, whole: bool) -> None:
        if whole and isinstance(self._leaf, Coding):
            self._leaf.add("")
        else:
            self._close(matched)
        self._blank = True

    def _converts(self, leaf: Prose, line: str) -> bool:
        """Return whether the line makes of the paragraph a heading, or of its last line the header of a table."""
        mark = line.strip()
        if _columns(line) >= 4 or mark[0] not in "=-|:":
            return False
        if _SETEXT.match(mark):
            self._give(Heading(1 if mark[0] == "=" else 2, "\n".join(leaf.lines)))
            self._leaf = None
        elif table := new_grid(leaf.lines[-1], mark):
            if leaf.lines[:-1]:
                self._give(Paragraph("\n".join(leaf.lines[:-1])))
            self._leaf = table
        else:
            return False
        return True

    def _open(self, line: str) -> None:
        """Open the containers that the line begins, and the leaf in them."""
        rest = self._enter(line)
        depth = len(self._containers)
        self._numbers = {at: number for at, number in self._numbers.items() if at < depth}
        text = rest.strip()
        if not text:  # an item whose text is yet to come
            return
        if _columns(rest) >= 4:
            self._leaf = Coding(lines=[_dedent(rest, 4)])
        elif heading := _HEADING.match(text):
            self._give(Heading(len(heading[1]), _without_closing(text[heading.end() :].strip())))
        elif fence := _fence(text):
            self._leaf = Coding(fence[1], _columns(rest), fence[2].strip())
        elif _RULE.match(text):
            self._give(Rule())
        else:
            self._leaf = Prose([text])

    def _enter(self, rest: str) -> str:
        while len(self._containers) < DEPTH and (indent := _columns(rest)) < 4:
            text = rest.lstrip()
            if text.startswith(">"):
                self._containers.append(_Container("quote"))
                rest = _dedent(text[1:], 1)
            elif (item := _ITEM.match(text)) and not _RULE.match(text):
                spaces = _columns(item[3] or "")
                inside = spaces if 1 <= spaces <= 4 else 1
                self._enter_item(indent + len(item[1]) + inside, item[2])
                rest = _dedent(text[len(item[1]) :], inside)
            else:
                break
        return rest

    def _enter_item(self, indent: int, number: str | None) -> None:
        depth = len(self._containers)
        if number is None:
            self._numbers.pop(depth, None)
            self._containers.append(_Container("bullet", indent))
        else:
            self._numbers[depth] = self._numbers[depth] + 1 if depth in self._numbers else int(number)
            self._containers.append(_Container("number", indent, self._numbers[depth]))

    def _close(self, depth: int) -> None:
        """Close the leaf, and the containers that are nested deeper."""
        self._finish()
        inner = self._containers[depth:]
        if inner and inner[-1].fresh and inner[-1].kind != "quote":
            self._give(Paragraph(""))
        del self._containers[depth:]

    def _finish(self) -> None:
        leaf, self._leaf = self._leaf, None
        if leaf:
            self._give(leaf.rest())

    def _give(self, body: Body | None) -> None:
        if body is None:
            return
        inside = tuple(Inside(each.kind, each.number, each.fresh) for each in self._containers)
        piece = Piece(body, inside, self._gap(body))
        for container in self._containers:
            container.fresh = False
        self._blank = False
        self._before = piece
        self._done.append(piece)

    def _gap(self, body: Body) -> bool:
        """Return whether a blank line comes first: not within a part, nor between the items of a tight list."""
        if (isinstance(body, Code) and not body.first) or (isinstance(body, Rows) and body.header is None):
            return False
        before = self._before
        tight = before and before.inside and self._containers and not self._blank
        return not tight or isinstance(body, Code) or isinstance(before and before.body, Code)


def _begins(line: str, interrupts: bool = False) -> bool:
    """Return whether a line begins a block other than a paragraph; `interrupts` where a paragraph would go on."""
    text = line.strip()
    if text[0] not in _MARKS or _columns(line) >= 4:
        return False
    if text[0] == ">" or _HEADING.match(text) or _fence(text) or _RULE.match(text):
        return True
    if item := _ITEM.match(text):
        return not interrupts or (text != item[1] and item[2] in (None, "1"))
    return False


def _fence(text: str) -> re.Match[str] | None:
    fence = _FENCE.match(text)
    return None if fence and fence[1][0] == "`" and "`" in fence[2] else fence


def _without_closing(heading: str) -> str:
    rest = heading.rstrip("#")
    return rest.rstrip() if rest == "" or rest[-1] in " \t" else heading


def _columns(line: str) -> int:
    """Return how many columns of white space a line begins with; tabs go to every fourth."""
    if line[:1] not in (" ", "\t"):
        return 0
    blank = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blank.expandtabs(4))


def _dedent(line: str, columns: int) -> str:
    """Return the line with so many columns of white space less, or as many as it has."""
    blank = len(line) - len(line.lstrip(" \t"))
    if "\t" not in line[:blank]:
        return line[min(blank, columns) :]
    taken = 0
    for position in range(blank):
        if taken >= columns:
            return " " * (taken - columns) + line[position:]
        taken += 4 - taken % 4 if line[position] == "\t" else 1
    return " " * max(taken - columns, 0) + line[blank:]
