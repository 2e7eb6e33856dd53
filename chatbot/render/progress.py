"""A bar below lines that go on: for work of many parts."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from chatbot.render.clean import clean

T = TypeVar("T")
STYLES = {"ok": "green", "FAIL": "bold red", "WRONG": "bold red", "    -": "red", "    +": "green"}
"""How lines look that begin so."""


class Bar(AbstractContextManager["Bar"]):
    """Writes lines, with a bar below them that is gone in the end; where there is no terminal, only the lines."""

    def __init__(self, total: int, what: str, stdout: TextIO) -> None:
        self._console = _Lines(file=stdout, highlight=False, soft_wrap=True)
        drawn = self._console.is_terminal and not self._console.is_dumb_terminal
        bar = self._console if drawn else Console(file=sys.stderr)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        shared = sys.stderr.isatty()  # what tools print there goes above the bar, and not through it
        self._progress = Progress(
            *columns,
            console=bar,
            transient=True,
            disable=not bar.is_terminal,
            redirect_stdout=shared,
            redirect_stderr=shared,
        )
        self._task = self._progress.add_task(what, total=total)

    def __enter__(self) -> Self:
        """Draw it."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        self._progress.stop()

    def line(self, text: str) -> None:
        """Write a line above it."""
        style = next((style for start, style in STYLES.items() if text.startswith(start)), "")
        self._console.print(Text(clean(text), style))

    def advance(self) -> None:
        """One more part is done."""
        self._progress.advance(self._task)


def watched(parts: Sequence[T], what: str, stdout: TextIO) -> Iterator[T]:
    """Yield the parts, with a bar that tells how many have been taken."""
    with Bar(len(parts), what, stdout) as bar:
        for part in parts:
            yield part
            bar.advance()


class _Lines(Console):
    """A console whose reader may have had enough (`| head`): the rest is written to nobody, and the work goes on."""

    def on_broken_pipe(self) -> None:
        """Let go of the pipe, with what waits in its stream."""
        self.quiet = True
        with Path(os.devnull).open("wb") as nobody:
            os.dup2(nobody.fileno(), self.file.fileno())
