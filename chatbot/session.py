"""The loop: a session takes what the user says, and yields what happens until the assistant is done."""

import uuid
from collections.abc import Iterator, Sequence, Set
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic

from chatbot import batch, window
from chatbot.beside import streamed
from chatbot.errors import ContextTooLong, ModelError
from chatbot.events import (
    Delta,
    Event,
    HistoryCut,
    Notice,
    Progressed,
    ReasoningDelta,
    Replied,
    SessionChanged,
    SessionStarted,
    Sink,
    Status,
    StatusChanged,
    Steps,
    Stop,
    T,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.interrupt import Interrupt
from chatbot.limits import Limits
from chatbot.masking import Mask, MaskedStream
from chatbot.models import SUMMARISE, Model, Prompt
from chatbot.pack import Pack, Tool
from chatbot.runtime import Runtime, Trust
from chatbot.types import Assistant, Message, ToolResult, User, repaired

TRUST = Trust()
FULL = 0.8
"""How much of the model's window may be used before turns are left out; the answer needs room, too."""
UNFINISHED = (
    "I could not finish this: too many rounds of tool calls in one turn. What I have found so far stands above."
)
FINAL: dict[Stop, Status] = {
    "done": "completed",
    "limit": "incomplete",
    "error": "failed",
    "interrupted": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended; `error` is what the model raised where it stopped with "error"."""

    stop: Stop
    error: ModelError | None = None


class _Told(Generic[T]):
    """The events of some steps, to be looped over; `value` is what they return, once they have ended."""

    value: T

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[Event]:
        self.value = yield from self._steps


def drive(steps: Steps[T], *sinks: Sink) -> T:
    """Feed every event to every sink; the same in a chat, a replay, JSON output and tests."""
    told = _Told(steps)
    with closing(steps):
        for event in told:
            for sink in sinks:
                sink(event)
    return told.value


class Session:
    """One conversation: a model, packs, and the history.

    instructions: the whole system prompt. trust: what holds whatever the model says; at the limit of rounds the model
    is asked once more, without tools. compacts: a summary stands for turns that the model reads no more. Everything
    that is yielded is masked; the history is not.
    """

    def __init__(
        self,
        model: Model,
        packs: Sequence[Pack] = (),
        *,
        instructions: str = "",
        trust: Trust = TRUST,
        compacts: bool = False,
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.model = model
        self.packs = tuple(packs)
        self.instructions = instructions
        self.history: list[Message] = []
        self.mask = Mask(tool for pack in self.packs for tool in pack.tools)
        self.runtime = Runtime(self.packs, self.id, trust, mask=self.mask)
        self.compacts = compacts
        self._status: Status | None = None
        self._before = 0  # where in the history the turn begins
        self._failed = ""  # what the user said in a turn that failed, and that is not in the history

    @property
    def limits(self) -> Limits:
        """How much one turn may take."""
        return self.runtime.trust.limits

    @property
    def greets(self) -> bool:
        """Whether the assistant speaks first."""
        return any(pack.greets for pack in self.packs)

    def opening(self) -> Steps[None]:
        """Yield what comes before the first turn."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        yield SessionStarted(self.id, self.model.name, tuple(pack.name for pack in self.packs), time)
        if self.model.notice:
            yield Notice("info", self.model.notice)

    def changed(self) -> SessionChanged:
        """Return the event that tells which model and packs there are from now on."""
        return SessionChanged(self.model.name, tuple(pack.name for pack in self.packs))

    def adopt(self, other: "Session", packs: Set[str]) -> None:
        """Go on with another session's conversation; what its packs of these names have achieved still counts."""
        self.id = self.runtime.session = other.id
        self.history[:] = other.history
        self._failed = other._failed
        self.mask.adopt(other.mask)
        self.runtime.ledger.adopt(other.runtime.ledger, packs)

    def greet(self, interrupt: Interrupt) -> Steps[Outcome]:
        """Let the assistant speak first."""
        return self._masked(self._turn(None, interrupt))

    def turn(self, text: str, interrupt: Interrupt) -> Steps[Outcome]:
        """Say `text` to the assistant; the turn ends with TurnEnded, whatever happens.

        A turn that fails before any tool ran leaves the history as it was, so that the same text can be tried again.
        """
        asked = self.history[-1].text if self.history and isinstance(self.history[-1], Assistant) else ""
        self.mask.learn_speech(text, asked)
        return self._masked(self._turn(User(text), interrupt))

    def ending(self) -> Steps[Outcome]:
        """Yield what is to be known once no more is said: nothing, but where the session is held to a recording."""
        yield from ()
        return Outcome("done")

    def undo(self) -> Steps[str]:
        """Take the latest turn back; return what the user had said in it, "" where nothing was."""
        if failed := self._failed:
            self._failed = ""
            return failed
        parts = window.turns(self.history)
        said = parts[-1][0] if parts else None
        if not isinstance(said, User):
            return ""
        self.history[:] = window.cut(self.history, latest=1)
        yield self.mask.event(HistoryCut(latest=1))
        return said.text

    def compact(self, interrupt: Interrupt) -> Steps[Outcome]:
        """Let a summary of the model's own stand for all that was said."""
        return self._masked(self._compact(interrupt))

    def _compact(self, interrupt: Interrupt) -> Steps[Outcome]:
        try:
            summary = self._summary(self.history, interrupt)
        except ModelError as error:
            yield Notice("error", f"There is no summary: {error}")
            return Outcome("error", error)
        if interrupt.is_set or not summary:
            yield Notice("warning", "There is no summary; all is as it was.")
            return Outcome("interrupted" if interrupt.is_set else "done")
        yield self._cut(len(window.turns(self.history)), summary)
        yield Notice("info", f"From now on this stands for all that was said: {summary}")
        return Outcome("done")

    def _turn(self, message: User | None, interrupt: Interrupt) -> Steps[Outcome]:
        self._before = len(self.history)
        self._failed = ""
        self.runtime.ledger.hear(message.text if message else "")
        if message:
            self.history.append(User(self._without_secrets(message.text)))
        try:
            yield TurnStarted(message)
            yield from self._become("queued")
            outcome = yield from self._rounds(interrupt)
            if outcome.error and not any(isinstance(said, ToolResult) for said in self.history[self._before :]):
                del self.history[self._before :]
                self._failed = message.text if message else ""
            yield from self._end(outcome.stop)
            yield TurnEnded(outcome.stop, self._detail(outcome))
            return outcome
        except GeneratorExit:
            interrupt.set()  # whoever leaves early leaves nothing running
            raise
        finally:
            self.history[:] = repaired(self.history)

    def _rounds(self, interrupt: Interrupt) -> Steps[Outcome]:
        try:
            for _ in range(self.limits.rounds):
                reply = yield from self._ask(self.runtime.tools, interrupt)
                if reply.calls:
                    yield from self._act(reply, interrupt)
                if interrupt.is_set:
                    return self._broken_off(Outcome("interrupted"))
                if not reply.calls:
                    return Outcome("done")
            last = yield from self._ask((), interrupt)
            if interrupt.is_set:
                return self._broken_off(Outcome("interrupted"))
            if not last.text:  # the user still gets an answer
                last = Assistant(UNFINISHED, usage=last.usage)
                self.history[:] = [*window.without_empty_end(self.history), last]
                yield Replied(last)
            return Outcome("limit")
        except ModelError as error:
            return self._broken_off(Outcome("error", error))

    def _ask(self, tools: tuple[Tool, ...], interrupt: Interrupt) -> Steps[Assistant]:
        """Get one reply from the model, which reads no more of the conversation than it can. Raises ModelError."""
        if self.limits.context:
            yield from self._shorten(window.excess(self.history, int(self.limits.context * FULL)), interrupt)
        while True:
            try:
                return (yield from self._reply(tools, interrupt))
            except ContextTooLong:
                count = len(window.turns(self.history)) // 2
                if count == 0 or interrupt.is_set:
                    raise
                yield from self._shorten(count, interrupt)

    def _shorten(self, count: int, interrupt: Interrupt) -> Steps[None]:
        """Leave out so many of the oldest turns; a summary stands for them, where that is wanted and can be had."""
        if count == 0:
            return
        summary = ""
        if self.compacts:
            with suppress(ModelError):
                oldest = window.cut(self.history, latest=len(window.turns(self.history)) - count)
                summary = self._summary(oldest, interrupt)
            if interrupt.is_set:
                return
        yield from self._leave_out(count, summary)

    def _leave_out(self, count: int, summary: str) -> Steps[None]:
        yield self._cut(count, summary)
        turns = "the oldest turn is" if count == 1 else f"the {count} oldest turns are"
        instead = "; a summary stands for what was said" if summary else ""
        yield Notice("warning", f"To fit what {self.model.name} reads, {turns} left out from now on{instead}.")

    def _cut(self, oldest: int, summary: str) -> HistoryCut:
        size = len(self.history)
        self.history[:] = window.cut(self.history, oldest=oldest, summary=summary)
        self._before = max(self._before - (size - len(self.history)), 0)
        return HistoryCut(oldest=oldest, summary=summary)

    def _summary(self, history: Sequence[Message], interrupt: Interrupt) -> str:
        """Return the model's own summary. Raises ModelError."""
        prompt = Prompt(self.instructions, (*repaired(history), User(SUMMARISE)))
        deltas = streamed(self.model.stream(prompt, interrupt), interrupt)
        return next((reply.text.strip() for reply in deltas if isinstance(reply, Assistant)), "")

    def _reply(self, tools: tuple[Tool, ...], interrupt: Interrupt) -> Steps[Assistant]:
        """Get one reply. Raises ModelError, after what was said until then has been told."""
        said: list[str] = []
        reply = failure = None
        prompt = Prompt(self.instructions, repaired(self.history), tools)
        try:
            for delta in streamed(self.model.stream(prompt, interrupt), interrupt):
                if isinstance(delta, Assistant):
                    reply = delta if tools else replace(delta, calls=())
                else:
                    yield from self._pass_on(delta, said)
        except ModelError as error:
            failure = error
        whole = reply or Assistant("".join(said))
        if reply or said:
            self.history.append(whole)
            for call in whole.calls:
                self.mask.learn_call(call)
            yield Replied(whole)
        if failure:
            if said:
                yield Notice("warning", "The answer above is not whole. /retry asks for it once more.")
            raise failure
        if not interrupt.is_set and not (whole.text or whole.calls):
            yield Notice("warning", f"{self.model.name} answered nothing.")
        return whole

    def _pass_on(self, delta: Delta, said: list[str]) -> Steps[None]:
        match delta:
            case StatusChanged(status=status):
                yield from self._become(status)
            case Notice() | Progressed():
                yield delta
            case TextDelta() | ReasoningDelta():
                yield from self._become("in_progress")
                if isinstance(delta, TextDelta):
                    said.append(delta.text)
                yield delta

    def _act(self, reply: Assistant, interrupt: Interrupt) -> Steps[None]:
        yield from self._become("requires_action")
        for call in reply.calls:
            yield ToolCalled(call)
        for event in batch.run(self.runtime, reply.calls, interrupt):
            if isinstance(event, ToolReturned):
                self.history.append(self._for_model(event.result))
            yield event

    def _for_model(self, result: ToolResult) -> ToolResult:
        """Return the result as the model reads it: not too long, and without the secrets that it shall not see."""
        return replace(result, content=self.limits.cut(self._without_secrets(result.content)))

    def _without_secrets(self, text: str) -> str:
        """Return the text as the model may read it: where secrets are asked for, it sees none of them anywhere."""
        hides = any(tool.hidden for tool in self.runtime.tools)
        return self.mask.text(text) if hides else text

    def _broken_off(self, outcome: Outcome) -> Outcome:
        self.history[:] = window.broken_off(self.history, self._before)
        return outcome

    def _end(self, stop: Stop) -> Steps[None]:
        """Take on a final status; that the last reply is cut off, the model has said itself."""
        if not (stop == "done" and self._status == "incomplete"):
            yield from self._become(FINAL[stop])

    def _become(self, status: Status) -> Steps[None]:
        if status != self._status:
            self._status = status
            yield StatusChanged(status)

    def _detail(self, outcome: Outcome) -> str:
        match outcome.stop:
            case "error":
                return str(outcome.error)
            case "limit":
                return f"The limit of {self.limits.rounds} rounds of tool calls in one turn was reached (--max-steps)."
            case _:
                return ""

    def _masked(self, steps: Steps[T]) -> Steps[T]:
        """Mask every event; a secret that is split over deltas does not get through either."""
        streams = {kind: MaskedStream(self.mask) for kind in (TextDelta, ReasoningDelta)}
        told = _Told(steps)
        with closing(steps):
            for event in told:
                if isinstance(event, TextDelta | ReasoningDelta):
                    if shown := streams[type(event)].feed(event.text):
                        yield replace(event, text=shown)
                    continue
                for kind, stream in streams.items():
                    if rest := stream.flush():
                        yield kind(rest)
                yield self.mask.event(event)
        return told.value
