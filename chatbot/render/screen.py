"""Rows at the end of what was printed that are drawn again and again: only what has changed is written.

The cursor rests behind the last word, where the next one comes: to append costs no more than the word. It is never
hidden and every mode is put back with the same write, so that a program that is killed leaves nothing broken.
"""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TextIO

from chatbot.render.wrapping import cells

FAINT, NORMAL = "\x1b[2m", "\x1b[0m"
_SAVE, _RESTORE = "\x1b7", "\x1b8"
_ERASE_BELOW, _ERASE_LINE = "\x1b[J", "\x1b[K"
_AT_ONCE, _SHOWN = "\x1b[?2026h", "\x1b[?2026l"
"""A terminal that knows them shows all between them as one picture; others do not mind."""
_STOP_AT_EDGE, _WRAP = "\x1b[?7l", "\x1b[?7h"
_REFLOWING = ("VTE_VERSION", "KITTY_WINDOW_ID", "WT_SESSION", "TMUX", "KONSOLE_VERSION", "ALACRITTY_WINDOW_ID")
_REFLOWING_PROGRAMS = ("iTerm.app", "Apple_Terminal", "vscode", "WezTerm", "ghostty")


class Frame(NamedTuple):
    """What the rows are: the last rows of a text (the first of them has that number), and those below it."""

    width: int
    first: int = 0
    text: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """All rows."""
        return self.text + self.below

    @property
    def rest(self) -> int:
        """The row that the cursor rests behind."""
        return len(self.text or self.below) - 1


class Screen:
    """Draws frames on a terminal. reflows: it breaks lines anew when it becomes narrower."""

    def __init__(self, stream: TextIO, *, reflows: bool = False) -> None:
        self._stream = stream
        self._reflows = reflows
        self._shown: Frame | None = None

    def draw(self, frame: Frame, above: str = "") -> None:
        """Show the frame, below what is printed for good (whole lines)."""
        if above or not self._shown or self._shown.width != frame.width:
            begin = self._back(frame.width) if self._shown else ""
            out = f"{_AT_ONCE}{begin}{above}{_guarded(_whole(frame))}{_SHOWN}"
        else:
            out = _guarded(_changes(self._shown, frame))
        self._write(out, frame)

    def erase(self, width: int, above: str = "") -> None:
        """Let the rows vanish; then print for good."""
        begin = self._back(width) if self._shown else ""
        self._write(begin + above, None)

    def _write(self, out: str, shown: Frame | None) -> None:
        write = self._stream.write
        self._shown = shown  # no signal comes between this and the write: what we know and what is there agree
        write(out)
        self._stream.flush()

    def _back(self, width: int) -> str:
        """Return what goes back to the first row and erases all."""
        frame = self._shown
        if not frame or not frame.rows:
            return ""
        up = frame.rest
        if self._reflows and width < frame.width:
            up = sum(max(-(-cells(row) // width), 1) for row in frame.rows[: frame.rest])
            up += cells(frame.rows[frame.rest]) // width
        return f"{_up(up)}\r{_ERASE_BELOW}"


def reflows(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether a terminal is known to break lines anew when it becomes narrower. Where that is not known, to
    take it for granted could erase a line of an answer; not to, leaves a piece of a line.
    """
    known = environ.get("TERM_PROGRAM") in _REFLOWING_PROGRAMS
    return known or any(environ.get(name) for name in _REFLOWING)


def _guarded(rows: str) -> str:
    """Return what draws rows so that none becomes two, where a terminal may think a character wider than we do."""
    return rows if rows.isascii() else f"{_STOP_AT_EDGE}{rows}{_WRAP}"


def _whole(frame: Frame) -> str:
    """Return all rows, and the way back to where the cursor rests."""
    rows = [*frame.text, *(f"{FAINT}{row}{NORMAL}" for row in frame.below)]
    return "\n".join(rows) + _to_rest(frame)


def _to_rest(frame: Frame) -> str:
    """Return the way from the end of the last row to where the cursor rests."""
    if not frame.text:
        return ""
    row = frame.text[-1]
    return _up(len(frame.below)) + (_column(len(row)) if row.isascii() else f"\r{row}")


def _changes(old: Frame, new: Frame) -> str:
    """Return what makes the one frame of the other, in the same width."""
    if old == new:
        return ""
    scrolled = new.first - old.first
    at, rows = old.rest, old.rows
    out = ""
    if 0 < scrolled < len(old.text) and new.text:
        out = f"{_up(at)}\x1b[{scrolled}M"
        at, rows = 0, rows[scrolled:]
    elif old.below == new.below and old.text and new.text and old.text[:-1] == new.text[:-1]:
        if new.text[-1].startswith(old.text[-1]):
            return new.text[-1][len(old.text[-1]) :]
    elif old.text == new.text and len(rows) == len(new.rows):
        return _below_changed(old, new)
    return out + _from_first_change(rows, at, new)


def _below_changed(old: Frame, new: Frame) -> str:
    """Return what writes the changed rows below the text, and comes back."""
    out, at = "", old.rest
    for number in range(len(new.text), len(new.rows)):
        before, after = old.rows[number], new.rows[number]
        if before != after:
            same = _same(before, after)
            out += f"{_move(number - at)}{_column(same)}{FAINT}{after[same:]}{NORMAL}"
            out += _ERASE_LINE if cells(after) < cells(before) else ""
            at = number
    return f"{_SAVE}{out}{_RESTORE}" if new.text else out + _move(new.rest - at) + _column(cells(new.rows[-1]))


def _from_first_change(rows: tuple[str, ...], at: int, new: Frame) -> str:
    """Return what writes everything from the first row that differs; `at` is the cursor's row."""
    first = max(min(_shared(rows, new.rows), len(rows) - 1, len(new.rows) - 1), 0)
    same = _same(rows[first], new.rows[first])
    out = f"{_move(first - at)}{_column(same)}{_ERASE_BELOW}"
    for number in range(first, len(new.rows)):
        row = new.rows[number][same if number == first else 0 :]
        out += ("\n" if number > first else "") + (row if number < len(new.text) else f"{FAINT}{row}{NORMAL}")
    return out + _to_rest(new)


def _same(before: str, after: str) -> int:
    """Return how many characters at the beginning stay, where each takes a cell."""
    same = _shared(before, after)
    return same if before[:same].isascii() else 0


def _shared(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how long the common beginning is."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((at for at, (old, new) in pairs if old != new), min(len(before), len(after)))


def _up(rows: int) -> str:
    return f"\x1b[{rows}A" if rows else ""


def _move(rows: int) -> str:
    return f"\x1b[{rows}B" if rows > 0 else _up(-rows)


def _column(column: int) -> str:
    return f"\x1b[{column + 1}G" if column else "\r"
