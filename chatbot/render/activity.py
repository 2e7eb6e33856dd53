"""What is going on in a turn, as the few rows that tell it."""

from dataclasses import dataclass, field
from time import monotonic

from chatbot.events import Progressed, Status
from chatbot.render.clean import one_line
from chatbot.render.wrapping import cells, row_end

REASONING = 2000
"""Characters of reasoning that are kept, to show the last line."""
BAR = 30
"""Cells of a bar, at most."""
TOOLS = 6
"""Running tools that have a row of their own."""


@dataclass(slots=True)
class Activity:
    """A turn while it runs. written: tokens of replies that are whole; pieces: of the reply that comes just now."""

    started: float = field(default_factory=monotonic)
    status: Status = "queued"
    written: int = 0
    pieces: int = 0
    tools: int = 0
    running: dict[str, tuple[str, float]] = field(default_factory=dict)  # call id -> name, when it began
    thought: str = ""
    progress: Progressed | None = None

    def think(self, text: str) -> None:
        """Take a piece of the reasoning."""
        self.pieces += 1
        self.thought = (self.thought + text)[-REASONING:]

    def speak(self) -> None:
        """Take note of a piece of the answer: the reasoning is over."""
        self.pieces += 1
        self.thought = ""

    def reply(self, tokens: int | None) -> None:
        """Take note of a whole reply; None where nobody counted its tokens."""
        self.written += self.pieces if tokens is None else tokens
        self.pieces = 0
        self.thought = ""

    def call(self, call_id: str, name: str) -> None:
        """Start a call's clock."""
        self.tools += 1
        self.running[call_id] = (name, monotonic())

    def resume(self, call_id: str) -> None:
        """Start a call's clock anew: the user has been asked."""
        if call_id in self.running:
            self.running[call_id] = (self.running[call_id][0], monotonic())

    def rows(self, width: int, height: int) -> list[str]:
        """Return the rows: reasoning, a row for every running tool or for what is fetched, and status and clock."""
        now = monotonic()
        calls = list(self.running.values())
        room = max(min(TOOLS, height - 1), 0)
        rows = [f"   {name} {clock(now - began)}" for name, began in calls[:room]]
        if len(calls) > room and rows:
            rows[-1] = f"   and {len(calls) - room + 1} more"
        thought = " ".join(self.thought.strip().rpartition("\n")[2].split())
        if thought and len(rows) + 1 < height:
            rows.insert(0, last(thought, width))
        if self.progress and len(rows) + 1 < height:
            rows.append(bar(self.progress, width))
        rows.append(self._line(now))
        return [cut(row, width) for row in rows]

    def _line(self, now: float) -> str:
        tokens = f" {self.written + self.pieces} tokens," if self.written + self.pieces else ""
        tools = f" {self.tools} tool{'s' * (self.tools != 1)}," if self.tools else ""
        return f"[{self.status}]{tokens}{tools} Ctrl-C stops, {clock(now - self.started)}"


def bar(progress: Progressed, width: int) -> str:
    """Return how far something has come: a bar, and the share of it."""
    share = min(max(progress.done / progress.total, 0.0), 1.0) if progress.total > 0 else 0.0
    told = f" {share:4.0%} of {progress.total / 1e6:,.0f} MB"
    what = f"   {one_line(progress.what)} "
    room = max(min(width - cells(what) - len(told) - 2, BAR), 0)
    filled = round(share * room)
    return f"{what}[{'#' * filled}{'.' * (room - filled)}]{told}"


def cut(row: str, width: int) -> str:
    """Return as much of a line as a row holds."""
    if cells(row) <= width:
        return row
    end = row_end(row.replace(" ", "\u00a0"), 0, width)
    return row[: end[0]] if end else row


def last(row: str, width: int) -> str:
    """Return as much of a line's end as a row holds."""
    row = row[-width:]
    while cells(row) > width:
        row = row[1:]
    return row


def clock(seconds: float) -> str:
    """Return a time that runs."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def duration(seconds: float) -> str:
    """Return a time that is over."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else clock(seconds)
