"""Streaming Markdown, cut into blocks that are finished and a tail that is not."""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)")


class Blocks:
    """Collects a stream; what it hands out never changes any more. Linear, however long the stream or a line is.

    A block ends at a blank line outside of a code fence, or with its fence. A list goes on over blank lines while
    items or indented lines follow.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._partial: list[str] = []
        self._fence = ""
        self._list = False
        self._blank = False

    def feed(self, text: str) -> Iterator[str]:
        """Take the next piece and yield the blocks that it finishes."""
        *whole, rest = text.split("\n")
        for piece in whole:
            line = "".join([*self._partial, piece])
            self._partial.clear()
            yield from self._add(line)
        if rest:
            self._partial.append(rest)

    def flush(self) -> Iterator[str]:
        """Yield the unfinished rest; the stream is over."""
        if self._partial:
            line = "".join(self._partial)
            self._partial.clear()
            yield from self._add(line)
        yield from self._finish()

    def tail(self, limit: int) -> str:
        """Return about the last `limit` characters of what is not finished."""
        pieces: list[str] = []
        size = 0
        for piece in reversed([*(f"{line}\n" for line in self._lines[-limit:]), *self._partial[-limit:]]):
            pieces.append(piece)
            size += len(piece)
            if size >= limit:
                break
        return "".join(reversed(pieces))[-limit:]

    def _add(self, line: str) -> Iterator[str]:
        if self._fence:
            self._lines.append(line)
            if self._closes(line):
                self._fence = ""
                if not self._list:
                    yield from self._finish()
            return
        if not line.strip():
            if self._list:
                self._lines.append(line)
                self._blank = True
            else:
                yield from self._finish()
            return
        if self._blank and not (line[0] in " \t" or _ITEM.match(line)):
            yield from self._finish()
        self._blank = False
        if not self._lines:
            self._list = bool(_ITEM.match(line))
        if (fence := _FENCE.match(line)) and not (fence[1][0] == "`" and "`" in fence[2]):
            self._fence = fence[1]
        self._lines.append(line)

    def _closes(self, line: str) -> bool:
        marks = line.strip(" \t>")
        return len(marks) >= len(self._fence) and not marks.strip(self._fence[0])

    def _finish(self) -> Iterator[str]:
        block = "\n".join(self._lines).rstrip()
        self._lines.clear()
        self._fence = ""
        self._list = self._blank = False
        if block:
            yield block
