"""A run's conversation as lines of a page: who said what, and how it went."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Event,
    HistoryCut,
    Notice,
    Replied,
    SecretAnswered,
    SecretAsked,
    SessionChanged,
    StatusChanged,
    Stop,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.render.activity import duration
from chatbot.render.clean import clean, one_line
from chatbot.render.tools import FAILURES
from chatbot.replay.runs import Step
from chatbot.types import User

Look = Literal["user", "assistant", "call", "result", "failure", "asked", "info", "warning", "error"]
"""How a line looks."""
OPENING = "Before the first turn"
ENDED: dict[Stop, tuple[Look, str]] = {
    "limit": ("warning", "Limit"),
    "error": ("error", "Error"),
    "interrupted": ("warning", "Interrupted"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation. who: the speaker. tool: the name of a tool. how: how it went. text: what was said."""

    look: Look
    who: str
    text: str = ""
    tool: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A turn, or what stands before the first. status: the last word on it, with the seconds that it took."""

    name: str
    lines: tuple[Line, ...]
    status: str = ""
    seconds: str = ""


def parts(steps: Iterable[Step]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield the steps of a run in parts, with their names: what precedes the first turn, then each turn.

    What follows a turn stands in its part, and a turn that never ended is one, too.
    """
    name, part, number = OPENING, list[Step](), 0
    for step in steps:
        if isinstance(step.event, TurnStarted):
            if part:
                yield name, tuple(part)
            number += step.event.message is not None
            name, part = f"Turn {number}" if step.event.message else "Greeting", []
        part.append(step)
    if part:
        yield name, tuple(part)


def talk(steps: Iterable[Step]) -> tuple[Part, ...]:
    """Return a conversation, without parts in which nothing is told."""
    told = (_part(name, part) for name, part in parts(steps))
    return tuple(part for part in told if part.lines)


def _part(name: str, steps: tuple[Step, ...]) -> Part:
    said = tuple(line for step in steps for line in _lines(step.event))
    if not isinstance(steps[0].event, TurnStarted):
        return Part(name, said)
    words = [step.event.status for step in steps if isinstance(step.event, StatusChanged)]
    ended = next((step.at for step in steps if isinstance(step.event, TurnEnded)), None)
    status = words[-1].replace("_", " ") if words else ""
    return Part(name, said, status, "" if ended is None else duration(ended - steps[0].at))


def _lines(event: Event) -> Iterator[Line]:
    match event:
        case TurnStarted(message=User(text=text)):
            yield Line("user", "User", clean(text))
        case Replied(message=reply) if reply.text:
            yield Line("assistant", "Assistant", clean(reply.text))
        case ToolCalled(call=call):
            yield Line("call", "Call", clean(call.arguments), one_line(call.name))
        case ToolReturned(result=result, seconds=seconds):
            text, tool = clean(result.content), one_line(result.name)
            if result.failure:
                yield Line("failure", "Result", text, tool, f"{FAILURES[result.failure]}, {duration(seconds)}")
            else:
                yield Line("result", "Result", text, tool, duration(seconds))
        case HistoryCut(oldest=oldest, latest=latest, summary=summary):
            which = f"{oldest} of the oldest" if oldest else f"{latest} of the latest"
            yield Line("info", "Left out", f"The model reads {which} turns no more.\n{clean(summary)}".rstrip())
        case SessionChanged(model=model, packs=packs):
            yield Line("info", "Changed", one_line(" · ".join((model, *packs))))
        case _:
            yield from _asides(event)


def _asides(event: Event) -> Iterator[Line]:
    """Yield what neither the user nor the model nor a tool has said."""
    match event:
        case ApprovalAsked(call=call, reason=reason):
            yield Line("asked", "Approval asked", clean(reason), one_line(call.name))
        case ApprovalAnswered(approved=approved, reason=reason):
            yield Line("asked", "Approved" if approved else "Declined", clean(reason))
        case SecretAsked(name=name, argument=argument):
            yield Line("asked", "Secret asked", one_line(argument), one_line(name))
        case SecretAnswered(argument=argument, given=given):
            yield Line("asked", "Secret given" if given else "Secret not given", one_line(argument))
        case Notice(level=level, text=text):
            yield Line(level, level.capitalize(), clean(text))
        case TurnEnded(stop=stop, detail=detail) if stop in ENDED:
            look, who = ENDED[stop]
            yield Line(look, who, clean(detail))
