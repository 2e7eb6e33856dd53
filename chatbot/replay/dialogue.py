"""A turn's dialogue as lines, expected beside what happened; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chatbot.events import Event, Notice, Replied, StatusChanged, ToolCalled, ToolReturned, TurnEnded
from chatbot.playback.departures import plain
from chatbot.render.clean import clean, one_line
from chatbot.replay.checking import END, Miss, Place
from chatbot.replay.runs import Step

AROUND = 3
"""Lines that are as expected, shown before and behind those that are not."""
WIDEST = 2_000
"""Characters of a line; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the dialogue, and what it belongs to."""

    text: str
    place: Place


def dialogue(steps: Sequence[Step]) -> list[Line]:
    """Return a turn as the plain transcript has it, and how it ended."""
    calls = results = answers = 0
    lines: list[Line] = []
    last = max((number for number, step in enumerate(steps) if isinstance(step.event, TurnEnded)), default=-1)
    for number, step in enumerate(steps):
        place: Place = ("", 0)
        match step.event:
            case ToolCalled():
                place, calls = ("call", calls), calls + 1
            case ToolReturned():
                place, results = ("result", results), results + 1
            case Replied(message=reply) if reply.text:
                place, answers = ("answer", answers), answers + 1
            case TurnEnded() if number == last:
                place = END
        lines += [Line(text, place) for text in _lines(step.event)]
    return lines


def _lines(event: Event) -> list[str]:
    match event:
        case TurnEnded(stop=stop, detail=detail):
            return [f"(ends: {stop}{': ' if detail else ''}{one_line(detail)})"]
        case StatusChanged() | Notice(level="info"):
            return []
        case _:
            return plain([event])


def diff(steps: Sequence[Step], misses: Sequence[Miss]) -> tuple[str, ...]:
    """Return the lines of a turn, each behind "  ", "- " (expected) or "+ " (happened, and wrong).

    Only what is around the differences is shown.
    """
    lines = dialogue(steps)
    there = {line.place for line in lines}
    at = [miss.place if miss.place in there else END for miss in misses]
    whole: list[str] = []
    for number, line in enumerate(lines):
        here = [miss for miss, place in zip(misses, at, strict=True) if place == line.place]
        if number == 0 or line.place != lines[number - 1].place:
            whole += _marked("-", (text for miss in here for text in miss.expected))
            whole += _marked("+", (text for miss in here for text in miss.happened))
        whole.append(f"{'+' if any(miss.wrong for miss in here) else ' '} {line.text}")
    return tuple(clean(line)[:WIDEST] for line in _around(whole))


def _marked(sign: str, lines: Iterable[str]) -> list[str]:
    return [f"{sign} {line}" for line in dict.fromkeys(lines)]


def _around(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines that differ with those around them; "..." stands for the others."""
    marked = [number for number, line in enumerate(lines) if line[0] in "+-"]
    near = {number + step for number in marked for step in range(-AROUND, AROUND + 1)}
    for number, line in enumerate(lines):
        if number in near:
            if number and number - 1 not in near:
                yield "  ..."
            yield line
