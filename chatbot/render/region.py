"""Where it is shown: on paper, where what is printed stays, or above the one part of a terminal that is alive."""

import os
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Literal, Protocol, TextIO, cast

from rich.color import ColorSystem
from rich.console import Console
from rich.text import Span, Text

from chatbot.render.activity import Activity
from chatbot.render.printed import Stream
from chatbot.render.screen import Frame, Screen, reflows
from chatbot.render.wrapping import Tail

TICK = 0.1
"""Seconds between two looks at the clocks."""
SHARE = 8
"""Drawing takes at most a part in so many of the time: whoever is behind draws more seldom."""
SLOWEST = 0.1
"""Seconds that a word waits at most."""

Word = Literal["late", "over"]
"""What the thread of the clocks is told: that something waits to be drawn, or that it may end."""

COLORS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


class Canvas(Protocol):
    """What a session is drawn on."""

    def print(self, lines: Iterable[Text]) -> None:
        """Print for good."""

    def appear(self, activity: Activity) -> None:
        """Show what is going on from now on."""

    def stop(self) -> None:
        """Show no longer what is going on."""

    def follow(self, stream: Stream | None, added: str = "") -> None:
        """Show what is not finished of a stream; `added` is what was just fed to it, where nothing was finished."""

    def refresh(self) -> None:
        """Show at once what has changed."""


class Paper:
    """A console on which nothing moves."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def print(self, lines: Iterable[Text]) -> None:
        """Print for good, lines as long as they are; a recording breaks those that do not fit."""
        if self._console.record:
            for line in lines:
                self._console.print(line)
        else:
            self._console.file.write("".join(f"{encoded_line(line, self._console)}\n" for line in lines))
            self._console.file.flush()

    def appear(self, activity: Activity) -> None:
        """Nothing moves."""

    def stop(self) -> None:
        """Nothing moves."""

    def follow(self, stream: Stream | None, added: str = "") -> None:
        """Nothing moves."""

    def refresh(self) -> None:
        """Nothing moves."""


class Region:
    """Stands below what was printed while a turn runs, and vanishes with it. Drawn from the caller's thread, when
    something happens, and from one of its own, for the clocks.

    A signal's handler may raise between any two steps of the caller's thread. So the threads talk by what takes one
    step, a Lock and a SimpleQueue; a threading.Event has a lock of its own, which would be held for ever then.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._screen = Screen(cast(TextIO, console.file), reflows=reflows())
        self._lock = Lock()
        self._words: SimpleQueue[Word] = SimpleQueue()
        self._activity: Activity | None = None
        self._stream: Stream | None = None
        self._tail: Tail | None = None
        self._size = (0, 0)
        self._below: tuple[str, ...] = ()
        self._above: list[str] = []
        self._due = 0.0
        self._late = False

    def print(self, lines: Iterable[Text]) -> None:
        """Print for good, above what is alive; with the next drawing, if anything is."""
        encoded = [f"{encoded_line(line, self._console)}\n" for line in lines]
        with self._lock:
            self._above += encoded
            if self._activity is None:
                self._vanish()

    def appear(self, activity: Activity) -> None:
        """Show what is going on from now on."""
        self.stop()
        self._words = SimpleQueue()
        with self._lock:
            self._activity = activity
            self._draw(anew=True)
        Thread(target=self._tick, args=(self._words,), name="clock", daemon=True).start()

    def stop(self) -> None:
        """Vanish; what was printed stays."""
        self._words.put("over")
        with self._lock:
            self._activity = None
            self._vanish()

    def follow(self, stream: Stream | None, added: str = "") -> None:
        """Show what is not finished of a stream, as soon as there is time for it."""
        with self._lock:
            if self._tail and added and stream is self._stream:
                self._tail.feed(added)
            else:
                self._stream, self._tail = stream, None
            if monotonic() >= self._due:
                self._draw()
                return
        if not self._late:
            self._late = True
            self._words.put("late")

    def refresh(self) -> None:
        """Show at once what has changed."""
        with self._lock:
            self._draw(anew=True)

    def _tick(self, words: SimpleQueue[Word]) -> None:
        """Keep the clocks going, and draw what had to wait."""
        while (word := _heard(words, TICK)) != "over":
            if word == "late" and _heard(words, max(self._due - monotonic(), 0)) == "over":
                return
            with self._lock, suppress(OSError, ValueError):  # the terminal is gone; the caller sees that, too
                if word is None or self._late:
                    self._draw(anew=True)

    def _draw(self, *, anew: bool = False) -> None:
        """Write what has changed; `anew` where also the rows below the text are looked at."""
        if self._activity is None:
            return
        began = monotonic()
        width, height = self._measured()
        if (width, height) != self._size:
            self._size, self._tail, anew = (width, height), None, True
        self._screen.draw(self._frame(self._activity, anew), self._taken())
        ended = monotonic()
        self._due = ended + min(SHARE * (ended - began), SLOWEST)
        self._late = False

    def _frame(self, activity: Activity, anew: bool) -> Frame:
        width, height = self._size
        most = max(min(height - 4, height // 2), 1)
        if self._tail is None:
            self._tail = Tail(width - 1, most)
            self._tail.feed(self._stream.tail(width * most).lstrip("\n") if self._stream else "")
        if anew:
            self._below = tuple(activity.rows(width - 1, max(height - most - 1, 1)))
        text = tuple(self._tail.rows)
        return Frame(width, self._tail.first, text if any(text) and height > 2 else (), self._below)

    def _vanish(self) -> None:
        self._screen.erase(self._measured()[0], self._taken())

    def _taken(self) -> str:
        above, self._above = "".join(self._above), []
        return above

    def _measured(self) -> tuple[int, int]:
        """Return width and height: COLUMNS may ask for less than the terminal has, never for more."""
        width, height = self._console.size
        try:
            terminal = os.get_terminal_size(self._console.file.fileno())
        except (OSError, ValueError):
            return max(width, 2), max(height, 1)
        return max(min(width, terminal.columns or width), 2), max(min(height, terminal.lines or height), 1)


def _heard(words: SimpleQueue[Word], seconds: float) -> Word | None:
    try:
        return words.get(timeout=seconds)
    except Empty:
        return None


def encoded_line(line: Text, console: Console) -> str:
    """Return the line as the terminal takes it, with its colours where there are any."""
    if line.style:  # rich leaves it out where there are no spans
        line = Text(line.plain, spans=[Span(0, len(line.plain), line.style), *line.spans])
    if not line.spans:
        return line.plain
    system = console.color_system
    pieces: list[str] = []
    for text, style, _ in line.render(console):
        if style is None or system is None:
            pieces.append(text)
        else:
            style = style.without_color if console.no_color else style
            pieces.append(style.render(text, color_system=COLORS[system]))
    return "".join(pieces)
