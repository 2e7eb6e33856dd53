"""What a recording tells, made ready to be given again: turns, their replies, and how the calls of each ended."""

from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.asking import Approval
from chatbot.events import (
    Delta,
    Event,
    Progressed,
    ReasoningDelta,
    SessionChanged,
    SessionStarted,
    StatusChanged,
    Stop,
    TextDelta,
    ToolReturned,
    TurnEnded,
)
from chatbot.masking import MASK
from chatbot.types import Assistant, ToolCall, ToolResult, User

NOBODY_SAID = Approval(False)


@dataclass(frozen=True, slots=True)
class Ended:
    """A call, and how it ended.

    notice: what people were told of it. asked: why the user was asked about it (None: they were not). secrets: what
    they were asked for, and whether they gave it. user: whom it verified.
    """

    call: ToolCall
    result: ToolResult
    notice: str = ""
    asked: str | None = None
    answer: Approval = NOBODY_SAID
    secrets: tuple[tuple[str, bool], ...] = ()
    user: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether it cannot be judged again: something in it is masked, or it was interrupted before its end."""
        return MASK in self.call.arguments or self.result.failure == "interrupted"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: what streamed, then the whole.

    message: None where nothing was said before the turn ended. breaks: it ended with an error. before: how many events
    of the turn, of those that are compared, came first.
    """

    deltas: tuple[Delta, ...]
    message: Assistant | None
    calls: tuple[Ended, ...]
    before: int
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn. name: for people. said: None for a greeting. events: those that are compared, the TurnEnded last.

    torn: the program was killed in it, and the end is what a session would have told, had it been interrupted.
    """

    name: str
    said: User | None
    events: tuple[Event, ...]
    replies: tuple[Reply, ...]
    stop: Stop
    detail: str
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Tape:
    """A whole recording.

    model, notice: its name, and what people were told of it. summaries: in the order asked. goes_on: it begins in the
    midst of a conversation, which was resumed.
    """

    path: Path
    model: str = ""
    notice: str = ""
    turns: tuple[Turn, ...] = ()
    summaries: tuple[str, ...] = ()
    goes_on: bool = False


def comparable(event: Event) -> Event | None:
    """Return of an event what must be the same when it is played; None for what need not happen again."""
    match event:
        case SessionStarted() | SessionChanged() | StatusChanged() | TextDelta() | ReasoningDelta() | Progressed():
            return None
        case ToolReturned():
            return replace(event, seconds=0.0)
        case TurnEnded(stop="interrupted"):
            return TurnEnded("interrupted")
        case _:
            return event
