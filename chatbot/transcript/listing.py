"""Sessions in a table: the latest, or those in which something was said."""

import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from chatbot.errors import UsageError
from chatbot.render.clean import one_line
from chatbot.transcript.search import search
from chatbot.transcript.summary import Summary, summary, when

WORDS = 60  # characters of the user's first words
Row = tuple[str, ...]


def summaries(paths: Iterable[Path]) -> tuple[list[Summary], list[str]]:
    """Return what each session was, and why some cannot be read."""
    readable, problems = [], []
    for path in paths:
        try:
            readable.append(summary(path))
        except UsageError as error:
            problems.append(str(error))
    return readable, problems


def rows(sessions: Iterable[Summary]) -> list[Row]:
    """Return a row for each session: id, when something was last said, turns, model, packs, first words."""
    now = datetime.now().astimezone()
    return [_row(session, now) for session in sessions]


def found(paths: Sequence[Path], words: Sequence[str], most: int) -> list[Row]:
    """Return a row for each session with a message that holds all the words: id, when, and where they stand."""
    now = datetime.now().astimezone()
    hits = islice(search(paths, words), most)
    moments = ((hit, datetime.fromtimestamp(hit.path.stat().st_mtime, UTC)) for hit in hits)
    return [(one_line(hit.session), when(ended, now), f"{hit.role}: {hit.snippet}") for hit, ended in moments]


def table(rows: Iterable[Row]) -> str:
    """Return the rows, each column as wide as the widest of it; on a terminal, each row in one line of it."""
    from chatbot.render.wrapping import cells

    table = list(rows)
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)) for row in table
    ]
    lines = [line.rstrip() for line in lines]
    if sys.stdout.isatty():
        columns = shutil.get_terminal_size().columns
        lines = [line if cells(line) <= columns else f"{_cut(line, columns - 3)}..." for line in lines]
    return "\n".join(lines)


def _cut(line: str, width: int) -> str:
    from chatbot.render.wrapping import cells

    while cells(line) > max(width, 0):
        line = line[:-1]
    return line


def _row(session: Summary, now: datetime) -> Row:
    said = one_line(session.said)
    turns = "1 turn" if session.turns == 1 else f"{session.turns} turns"
    about = (session.session, when(session.ended, now), turns, session.model, ", ".join(session.packs))
    return (*map(one_line, about), said[:WORDS] + ("..." if len(said) > WORDS else ""))
