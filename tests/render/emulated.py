"""A terminal without a process: what a sink writes goes straight into an emulator."""

import io
from unicodedata import combining

import pyte
from pyte.screens import wcwidth
from rich.console import Console

from chatbot.render.tty import Rich


class Display(pyte.HistoryScreen):
    """Shows all but a character that has no cell; by itself, pyte forgets what stands behind it too."""

    def draw(self, data: str) -> None:
        shown = data if data.isascii() else "".join(char for char in data if wcwidth(char) or combining(char))
        super().draw(shown)


class Emulated(io.TextIOBase):
    """A stream that is a terminal, as the sinks see it."""

    encoding = "utf-8"

    def __init__(self, columns: int = 80, rows: int = 24, **options) -> None:
        self.display = Display(columns, rows, history=200_000, ratio=0.5)
        self._stream = pyte.Stream(self.display)
        self.written: list[str] = []
        settings = {
            "color_system": "standard",
            "markup": False,
            "emoji": False,
            "highlight": False,
            "_environ": {},
        } | options
        self.console = Console(file=self, force_terminal=True, width=columns, height=rows, **settings)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written.append(text)
        self._stream.feed(text.replace("\n", "\r\n"))
        return len(text)

    def resize(self, columns: int, rows: int) -> None:
        self.display.resize(rows, columns)
        self.console.size = (columns, rows)

    def lines(self) -> list[str]:
        """All that was ever printed and is not erased, without blanks at the ends."""
        gone = [row_text(row, self.display.columns) for row in self.display.history.top]
        return [*gone, *(row_text(self.display.buffer[y], self.display.columns) for y in range(self.display.lines))]

    def text(self) -> str:
        return "\n".join(self.lines()).rstrip() + "\n"


def row_text(row, columns: int) -> str:
    """The characters of a row; what is two cells wide is one character."""
    return "".join(row[x].data for x in range(columns)).rstrip()


def play(events, columns: int = 80, rows: int = 24, **options) -> Emulated:
    terminal = Emulated(columns, rows)
    sink = Rich(terminal.console, **options)
    for event in events:
        sink(event)
    return terminal
