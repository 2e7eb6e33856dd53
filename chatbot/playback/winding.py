"""From a file to a tape. Any transcript will do; a recording tells more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from chatbot.asking import Approval
from chatbot.errors import UsageError
from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Delta,
    Event,
    HistoryCut,
    Notice,
    ReasoningDelta,
    Replied,
    SecretAnswered,
    SessionChanged,
    SessionStarted,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.playback.recording import VERIFIED
from chatbot.playback.tape import NOBODY_SAID, Ended, Reply, Tape, Turn, comparable
from chatbot.session import FINAL
from chatbot.transcript.loading import end_of_whole, parsed
from chatbot.transcript.reading import from_json
from chatbot.types import Assistant, ToolCall, interrupted


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a call has verified."""

    call_id: str
    name: str
    user: str


Told = Event | Who
Mark = ApprovalAsked | ApprovalAnswered | SecretAnswered | Who
"""What is told of a call before its result."""
LAST_WORDS = [StatusChanged(status) for status in FINAL.values()]
"""How a session itself ends the status of a turn."""


def read(path: Path) -> Tape:
    """Return what a recording, or a transcript, holds; what was torn at its end is left out. Raises UsageError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"The recording {path} cannot be read: {error.strerror}.") from None
    if not data:
        raise UsageError(f"The recording {path} is empty: nothing was recorded.")
    told = list(_told(data[: end_of_whole(data)], path))
    if not any(isinstance(event, SessionStarted | SessionChanged | TurnStarted) for event in told):
        raise UsageError(f"{path} is no recording, nor a transcript: no event of a conversation is in it.")
    return tape(told, path)


def tape(told: Sequence[Told], path: Path) -> Tape:
    """Return the tape of these events."""
    starts = [number for number, event in enumerate(told) if isinstance(event, TurnStarted)]
    opening = told[: starts[0]] if starts else told
    models = (event.model for event in opening if isinstance(event, SessionStarted | SessionChanged))
    notices = (event.text for event in opening if isinstance(event, Notice))
    turns: list[Turn] = []
    for start, stop in pairwise([*starts, len(told)]):
        number = 1 + sum(turn.said is not None for turn in turns)
        turns.append(_Winder().turn(told[start:stop], number))
    cuts = (event for event in told if isinstance(event, HistoryCut) and event.oldest)
    summaries = tuple(cut.summary for cut in cuts)
    goes_on = bool(told) and isinstance(told[0], SessionChanged)
    return Tape(path, next(models, ""), next(notices, ""), tuple(turns), summaries, goes_on)


def _told(data: bytes, path: Path) -> Iterator[Told]:
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            given = parsed(line)
            told = _who(given) if given.get("type") == VERIFIED else from_json(given)
        except ValueError:
            raise UsageError(f"{path}, line {number}, is no line of a recording.") from None
        if told:
            yield told


def _who(given: Mapping[str, Any]) -> Who:
    values = [given.get(name) for name in ("call_id", "name", "user")]
    if not all(isinstance(value, str) for value in values):
        raise ValueError("it does not tell who is verified")
    return Who(*map(str, values))


class _Winder:
    """Makes a turn of its events, from its TurnStarted on."""

    def __init__(self) -> None:
        self._events: list[Event] = []  # those that are compared
        self._replies: list[Reply] = []
        self._deltas: list[Delta] = []  # of the reply that goes on
        self._calls: list[ToolCall] = []  # of the latest reply, that have not returned
        self._marks: list[Mark] = []  # about them
        self._before: Event | None = None

    def turn(self, told: Sequence[Told], number: int) -> Turn:
        """Return the turn; `number` is its own, where the user speaks in it."""
        events = [event for event in told if not isinstance(event, Who)]
        ending = next((event for event in events if isinstance(event, TurnEnded)), None)
        for event in told:
            if event is ending:
                break
            self._feed(event)
        if self._deltas and self._deltas[-1] in LAST_WORDS:
            del self._deltas[-1]
        torn = ending is None or bool(self._calls)  # the program was killed in it
        if torn:
            self._close()
        ending = ending or TurnEnded("interrupted")
        self._end(ending)
        said = next(event.message for event in events if isinstance(event, TurnStarted))
        compared = (*self._events, comparable(ending) or ending)
        name = f"turn {number}" if said else "the greeting"
        return Turn(name, said, compared, tuple(self._replies), ending.stop, ending.detail, torn)

    def _feed(self, told: Told) -> None:
        match told:
            case Who() | ApprovalAsked() | ApprovalAnswered() | SecretAnswered():
                self._marks.append(told)
            case StatusChanged(status="queued") if isinstance(self._before, TurnStarted):
                pass  # the session's own first word
            case StatusChanged() | TextDelta() | ReasoningDelta():
                self._deltas.append(told)
            case Notice() if not self._is_sessions_own():
                self._deltas.append(told)
            case Replied(message=message):
                self._reply(message)
                self._calls, self._marks = list(message.calls), []
            case ToolCalled():
                self._deltas.clear()  # requires_action is the session's own
            case ToolReturned():
                self._return(told)
            case HistoryCut():
                self._break()
        if not isinstance(told, Who):
            self._before = told
            self._events += [event] if (event := comparable(told)) else []

    def _is_sessions_own(self) -> bool:
        """Return whether a notice at this place is about a cut, a tool's result, or a reply that is empty or broken."""
        match self._before:
            case HistoryCut() | Replied(message=Assistant(calls=())):
                return True
        return bool(self._calls)

    def _reply(self, message: Assistant | None, *, breaks: bool = False) -> None:
        before = len(self._events) - sum(isinstance(delta, Notice) for delta in self._deltas)
        self._replies.append(Reply(tuple(self._deltas), message, (), before, breaks))
        self._deltas.clear()

    def _return(self, returned: ToolReturned) -> None:
        if not self._calls:  # a result without a call
            return
        call = self._calls.pop(0)
        notice = self._before.text if isinstance(self._before, Notice) else ""
        ended = _ended(call, returned, self._marks, notice)
        reply = self._replies[-1]
        self._replies[-1] = replace(reply, calls=(*reply.calls, ended))

    def _break(self) -> None:
        """Note that the reply that goes on, or was cut short, ended with an error."""
        match self._replies[-1:]:
            case [Reply(message=Assistant(calls=()), breaks=False) as cut_short] if not self._deltas:
                self._replies[-1] = replace(cut_short, breaks=True)
            case _:
                self._reply(None, breaks=True)

    def _close(self) -> None:
        """Tell what a session would have told, had it been interrupted where the recording is torn."""
        text = "".join(delta.text for delta in self._deltas if isinstance(delta, TextDelta))
        if text:
            self._feed(Replied(Assistant(text)))
        called = sum(isinstance(event, ToolCalled) for event in self._events)
        calls = [call for reply in self._replies if reply.message for call in reply.message.calls]
        for call in calls[called:]:
            self._feed(ToolCalled(call))
        for call in [*self._calls]:
            self._feed(ToolReturned(interrupted(call), 0.0))

    def _end(self, ending: TurnEnded) -> None:
        if ending.stop == "error":
            self._break()
        elif self._deltas:
            if ending.stop != "interrupted" and isinstance(self._deltas[-1], Notice):
                del self._deltas[-1]  # that nothing was answered
            self._reply(None)


def _ended(call: ToolCall, returned: ToolReturned, marks: list[Mark], notice: str) -> Ended:
    """Return how a call ended; what the marks tell of it is taken from them."""
    asked = next((mark for mark in marks if isinstance(mark, ApprovalAsked) and mark.call == call), None)
    answer = next((mark for mark in marks if isinstance(mark, ApprovalAnswered) and mark.call_id == call.id), None)
    secrets = [mark for mark in marks if isinstance(mark, SecretAnswered) and mark.call_id == call.id]
    who = next(
        (mark for mark in marks if isinstance(mark, Who) and (mark.call_id, mark.name) == (call.id, call.name)), None
    )
    for mark in (asked, answer, *secrets, who):
        if mark:
            marks.remove(mark)
    return Ended(
        call,
        returned.result,
        notice,
        asked.reason if asked else None,
        Approval(answer.approved, answer.reason) if answer else NOBODY_SAID,
        tuple((mark.argument, mark.given) for mark in secrets),
        who.user if who else None,
    )
