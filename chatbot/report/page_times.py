"""A run's waterfall: when the model and the tools were at work, as bars on one axis of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from chatbot.events import Replied, SessionChanged, SessionStarted, ToolReturned, TurnEnded, TurnStarted
from chatbot.render.activity import duration
from chatbot.render.clean import one_line
from chatbot.render.tools import FAILURES
from chatbot.replay.runs import Step
from chatbot.report.page_talk import parts
from chatbot.types import Usage

QUARTERS = 4
"""Parts of the axis, with a line and a time at the end of each."""
ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""What a part of the axis may be long, times a power of ten."""
THINNEST = 0.5
"""Percent of the axis that a bar takes at least, to be seen."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens, as servers count them; all are 0 where none did."""

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )

    def __bool__(self) -> bool:
        return bool(self.input or self.output)

    def __str__(self) -> str:
        cached = f" ({self.cached:,} cached)" if self.cached else ""
        reasoning = f" ({self.reasoning:,} reasoning)" if self.reasoning else ""
        return f"{self.input:,} in{cached}, {self.output:,} out{reasoning}"


@dataclass(frozen=True, slots=True)
class Work:
    """What took time: the model's reply, or a tool's call; from `start` to `end`, seconds since the run began."""

    kind: Literal["model", "tool"]
    name: str
    start: float
    end: float
    failure: str = ""
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of work, drawn. x, width: percent of the axis. about: how it failed, or the tokens it cost."""

    kind: Literal["model", "tool"]
    name: str
    x: float
    width: float
    seconds: str
    about: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The bars of each turn, with its name. summary: who took how long.

    times: those at the lines of the axis, from 0 on; the last has the unit.
    """

    turns: tuple[tuple[str, tuple[Bar, ...]], ...]
    times: tuple[str, ...]
    summary: str


def waterfall(steps: Iterable[Step]) -> Waterfall | None:
    """Return the bars of a run; None where nobody was at work."""
    turns = list(_turns(steps))
    every = [one for _, done in turns for one in done]
    if not every:
        return None
    length = axis(max(one.end for one in every))
    bars = tuple((name, tuple(_bar(one, length) for one in done)) for name, done in turns)
    return Waterfall(bars, _times(length), _sum(every))


def axis(seconds: float) -> float:
    """Return how long the axis is: a little more, so that each quarter of it is a round time."""
    least = max(seconds, 0.001) / QUARTERS
    return next(
        QUARTERS * size * 10.0**power
        for power in count(-4)
        for size in ROUND
        if size * 10.0**power >= least * (1 - 1e-9)
    )


def _turns(steps: Iterable[Step]) -> Iterator[tuple[str, tuple[Work, ...]]]:
    """Yield the name of each turn in which somebody was at work, and who."""
    model = "model"
    for name, part in parts(steps):
        if done := tuple(work(part, model)):
            yield name, done
        for step in part:
            if isinstance(step.event, SessionStarted | SessionChanged):
                model = one_line(step.event.model)


def work(steps: Iterable[Step], model: str) -> Iterator[Work]:
    """Yield what took time in a turn that this model answers.

    The model is asked when the turn starts, and when the last result is there; it has its say in Replied. A tool has
    run until its result is told.
    """
    asked: float | None = None
    for step in steps:
        match step.event:
            case TurnStarted():
                asked = step.at
            case Replied(message=reply):
                if asked is not None:
                    yield Work("model", model, asked, step.at, tokens=tokens(reply.usage))
                asked = None
            case ToolReturned(result=result, seconds=seconds):
                failure = FAILURES[result.failure] if result.failure else ""
                yield Work("tool", one_line(result.name), max(step.at - seconds, 0.0), step.at, failure)
                asked = None if result.failure == "interrupted" else step.at
            case TurnEnded(stop="error" | "interrupted") if asked is not None:
                yield Work("model", model, asked, step.at, "no reply")


def tokens(usage: Usage | None) -> Tokens:
    """Return what a reply cost."""
    if usage is None:
        return Tokens()
    return Tokens(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens)


def _bar(one: Work, length: float) -> Bar:
    width = max(100 * (one.end - one.start) / length, THINNEST)
    x = min(100 * one.start / length, 100 - width)
    about = one.failure or (str(one.tokens) if one.tokens else "")
    took = duration(one.end - one.start)
    return Bar(one.kind, one.name, round(x, 2), round(width, 2), took, about, bool(one.failure))


def _sum(every: Iterable[Work]) -> str:
    took = {"model": 0.0, "tool": 0.0}
    for one in every:
        took[one.kind] += one.end - one.start
    return f"model {duration(took['model'])}, tools {duration(took['tool'])}"


def _times(length: float) -> tuple[str, ...]:
    size, unit = (1, " s") if length >= 1 else (1000, " ms")
    times = [f"{length * size * line / QUARTERS:g}" for line in range(QUARTERS + 1)]
    return (*times[:-1], times[-1] + unit)
