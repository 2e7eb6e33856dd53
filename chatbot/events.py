"""What happens in a session, as small typed values. Their JSON form is a public format (FORMAT), one object a line.

Order: SessionStarted comes first and once. A turn is TurnStarted, then any of the others, then exactly one TurnEnded.
"""

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypeVar

from chatbot.types import Assistant, ToolCall, ToolResult, User

FORMAT = 1
"""The version of the JSON form, told in the first line. Readers skip event types they do not know."""

Status = Literal["queued", "in_progress", "requires_action", "completed", "incomplete", "failed", "cancelled"]
Stop = Literal["done", "limit", "error", "interrupted"]
Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """First and once: which session, model and packs; `time` is UTC in ISO 8601."""

    session: str
    model: str
    packs: tuple[str, ...]
    time: str
    format: int = FORMAT
    type: ClassVar[str] = "session_started"


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """From now on another model answers, or other packs are open."""

    model: str
    packs: tuple[str, ...]
    type: ClassVar[str] = "session_changed"


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A turn begins; `message` is None where the assistant speaks first."""

    message: User | None
    type: ClassVar[str] = "turn_started"


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The run's life: queued, in_progress, requires_action (tools run), then one of the final words."""

    status: Status
    type: ClassVar[str] = "status_changed"


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer as it streams; not durable, the whole follows in Replied."""

    text: str
    type: ClassVar[str] = "text_delta"


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's reasoning as it streams; not durable."""

    text: str
    type: ClassVar[str] = "reasoning_delta"


@dataclass(frozen=True, slots=True)
class Replied:
    """One whole reply of the model; its calls follow as ToolCalled."""

    message: Assistant
    type: ClassVar[str] = "replied"


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A call is about to be checked and run; all calls of a reply are told before the first result."""

    call: ToolCall
    type: ClassVar[str] = "tool_called"


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A guard wants the user's word before this call runs."""

    call: ToolCall
    reason: str
    type: ClassVar[str] = "approval_asked"


@dataclass(frozen=True, slots=True)
class ApprovalAnswered:
    """The user's word; anything but an approval is a no."""

    call_id: str
    approved: bool
    reason: str = ""
    type: ClassVar[str] = "approval_answered"


@dataclass(frozen=True, slots=True)
class SecretAsked:
    """The user is asked for a secret argument of this call, which the model shall not see."""

    call_id: str
    name: str
    argument: str
    type: ClassVar[str] = "secret_asked"


@dataclass(frozen=True, slots=True)
class SecretAnswered:
    """Whether the user gave it; what it is, is told nowhere."""

    call_id: str
    argument: str
    given: bool
    type: ClassVar[str] = "secret_answered"


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """The result of a call, in the order the calls were asked; `seconds` is how long it ran."""

    result: ToolResult
    seconds: float
    type: ClassVar[str] = "tool_returned"


@dataclass(frozen=True, slots=True)
class HistoryCut:
    """The model reads these turns no more: so many of the oldest, for which a summary may stand, or of the latest."""

    oldest: int = 0
    latest: int = 0
    summary: str = ""
    type: ClassVar[str] = "history_cut"


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far something long has come, such as weights that are fetched: `done` of `total` bytes; not durable."""

    what: str
    done: int
    total: int
    type: ClassVar[str] = "progressed"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know: a retry, a limit, what the model is."""

    level: Level
    text: str
    type: ClassVar[str] = "notice"


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The turn is over. `detail` is one line for people, with the fix where there is one."""

    stop: Stop
    detail: str = ""
    type: ClassVar[str] = "turn_ended"


Event = (
    SessionStarted
    | SessionChanged
    | TurnStarted
    | StatusChanged
    | TextDelta
    | ReasoningDelta
    | Replied
    | ToolCalled
    | ApprovalAsked
    | ApprovalAnswered
    | SecretAsked
    | SecretAnswered
    | ToolReturned
    | HistoryCut
    | Progressed
    | Notice
    | TurnEnded
)
Delta = TextDelta | ReasoningDelta | StatusChanged | Progressed | Notice
"""What a model may yield before its one Assistant message."""

T = TypeVar("T")
Steps = Generator[Event, None, T]
"""Work that yields events while it goes on and returns a T: `value = yield from work()`."""
Sink = Callable[[Event], None]
"""Whatever is fed the events: a screen, a file, a test's list."""


def is_durable(event: Event) -> bool:
    """Return whether the event belongs into a transcript (pieces do not: the whole follows)."""
    return not isinstance(event, TextDelta | ReasoningDelta | Progressed)


def to_json(event: Event) -> dict[str, Any]:
    """Return the event's public JSON form, `type` first."""
    match event:
        case SessionStarted():
            fields = asdict(event)
            fields = {"format": fields.pop("format"), **fields, "packs": list(event.packs)}
        case SessionChanged():
            fields = {**asdict(event), "packs": list(event.packs)}
        case TurnStarted(message=message):
            fields = {"message": message and {"role": "user", "text": message.text}}
        case Replied(message=reply):
            usage = reply.usage and asdict(reply.usage)
            calls = [asdict(call) for call in reply.calls]
            fields = {"message": {"role": "assistant", "text": reply.text, "calls": calls, "usage": usage}}
        case ToolReturned(result=result, seconds=seconds):
            fields = {"result": asdict(result), "seconds": round(seconds, 6)}
        case _:
            fields = asdict(event)
    return {"type": event.type, **fields}
