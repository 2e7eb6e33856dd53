"""The one part of the screen that is alive: the tail of what is said right now, and a line with status and clock."""

from collections.abc import Callable
from time import monotonic

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from chatbot.events import Status

FRAMES = 8
"""Frames a second."""
REASONING = 2000
"""Characters of reasoning that are kept, to show the last line."""


class Region:
    """Stands below what was printed while a turn runs, and vanishes with it. Draws nothing where nothing can move."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._started = 0.0
        self._status: Status = "queued"
        self._tool = ""
        self._thought = ""
        self._tail: Callable[[int], str] | None = None

    def start(self) -> None:
        """Begin anew, with the clock at nought."""
        self.stop()
        self._started = monotonic()
        self._status, self._tool, self._thought, self._tail = "queued", "", "", None
        self.appear()

    def appear(self) -> None:
        """Come back as it was, if the terminal can show it."""
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self._draw,
                transient=True,
                refresh_per_second=FRAMES,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start(refresh=True)

    def stop(self) -> None:
        """Vanish."""
        live, self._live = self._live, None
        if live:
            live.stop()

    def become(self, status: Status) -> None:
        """Show another status at once."""
        self._status = status
        if status != "requires_action":
            self._tool = ""
        if self._live:
            self._live.refresh()

    def run(self, tool: str) -> None:
        """Name the tool that runs."""
        self._tool = f"{self._tool}, {tool}" if self._tool else tool

    def think(self, text: str) -> None:
        """Show the last line of the reasoning until there is an answer."""
        self._thought = (self._thought + text)[-REASONING:]

    def show_tail(self, tail: Callable[[int], str] | None) -> None:
        """Show what `tail` returns, the last so many characters of an unfinished text."""
        self._tail = tail
        self._thought = ""

    def _draw(self) -> RenderableType:
        width, height = self._console.size
        rows = max(min(height - 4, height // 2), 1)
        parts: list[Text] = []
        if self._tail and (tail := self._tail(width * rows).strip("\n")):
            wrapped = Text(tail).wrap(self._console, width)
            parts.extend(wrapped[-rows:])
        elif self._thought.strip():
            parts.append(_row(self._thought.strip().rpartition("\n")[2][-width:], "dim italic"))
        parts.append(_row(self._line(), "dim"))
        return Group(*parts)

    def _line(self) -> str:
        tool = f" {self._tool}" if self._tool else ""
        return f"[{self._status}]{tool} {monotonic() - self._started:.1f} s, Ctrl-C stops"


def _row(text: str, style: str) -> Text:
    return Text(text, style, no_wrap=True, overflow="ellipsis")
