"""What has happened in a turn, as expectations are held against it: with calls as the model wrote them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chatbot.events import Event, Replied, Stop, ToolReturned, TurnEnded, TurnStarted, is_durable
from chatbot.replay.runs import Step
from chatbot.session import Session
from chatbot.trust.standing import Ran, said_success
from chatbot.types import Assistant, ToolCall, ToolResult


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call: as the model wrote it, its result as the user saw it, and which tools had succeeded before."""

    call: ToolCall
    result: ToolResult | None = None
    succeeded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Happened:
    """A turn, or more of them.

    answers: the assistant's texts, as the model wrote them. tokens: all that servers counted.
    """

    calls: tuple[Called, ...] = ()
    answers: tuple[str, ...] = ()
    stop: Stop = "interrupted"
    detail: str = ""
    model_calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    steps: tuple[Step, ...] = ()


def together(turns: Sequence[Happened]) -> Happened:
    """Return several turns as one; it ends as the last of them."""
    last = turns[-1] if turns else Happened()
    return Happened(
        calls=tuple(call for turn in turns for call in turn.calls),
        answers=tuple(text for turn in turns for text in turn.answers),
        stop=last.stop,
        detail=last.detail,
        model_calls=sum(turn.model_calls for turn in turns),
        tokens=sum(turn.tokens for turn in turns),
        seconds=sum(turn.seconds for turn in turns),
        steps=tuple(step for turn in turns for step in turn.steps),
    )


@dataclass(slots=True)
class Watch:
    """A sink that sees all of one session: the steps of the run, and each turn as it happened.

    began: when the run did (seconds of the monotonic clock).
    """

    session: Session
    began: float = field(default_factory=time.monotonic)
    steps: list[Step] = field(default_factory=list)
    turns: list[Happened] = field(default_factory=list)
    _calls: list[Called] = field(default_factory=list)
    _answers: list[str] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _succeeded: frozenset[str] = frozenset()
    _settled: int = 0

    def __call__(self, event: Event) -> None:
        """Note one event; what the model wrote stands in the history by the time that it is told."""
        if not is_durable(event):
            return
        step = Step(event, time.monotonic() - self.began)
        if isinstance(event, TurnStarted):
            self._calls, self._answers, self._steps, self._settled = [], [], [], 0
        self.steps.append(step)
        self._steps.append(step)
        match event:
            case Replied():
                self._reply()
            case ToolReturned(result=result):
                self._returned(result)
            case TurnEnded():
                self.turns.append(self._turn(event))

    def _reply(self) -> None:
        self._settle()
        written = next((said for said in reversed(self.session.history) if isinstance(said, Assistant)), Assistant())
        self._answers += [written.text] if written.text else []
        self._calls += [Called(call) for call in written.calls]

    def _returned(self, result: ToolResult) -> None:
        for place, called in enumerate(self._calls):
            if called.result is None and called.call.id == result.call_id:
                self._calls[place] = replace(called, result=result)
                break

    def _settle(self) -> None:
        """Note what had succeeded before each call of the last reply: the ledger knows when all have ended."""
        ledger = self.session.runtime.ledger
        succeeded = frozenset[str]().union(*(ledger.standing(pack.name).succeeded for pack in self.session.packs))
        for place in range(self._settled, len(self._calls)):
            called = self._calls[place] = replace(self._calls[place], succeeded=self._succeeded)
            if called.call.name in succeeded and _may_have_succeeded(called.result):
                self._succeeded |= {called.call.name}
        self._settled = len(self._calls)

    def _turn(self, ended: TurnEnded) -> Happened:
        self._settle()
        replies = [step.event.message for step in self._steps if isinstance(step.event, Replied)]
        return Happened(
            calls=tuple(self._calls),
            answers=tuple(self._answers),
            stop=ended.stop,
            detail=ended.detail,
            model_calls=len(replies),
            tokens=sum(reply.usage.input_tokens + reply.usage.output_tokens for reply in replies if reply.usage),
            seconds=self._steps[-1].at - self._steps[0].at,
            steps=tuple(self._steps),
        )


def _may_have_succeeded(result: ToolResult | None) -> bool:
    """Return whether a result does not say otherwise; of prose, only the ledger knows whether a user was verified."""
    return result is not None and said_success(Ran(result.content, "somebody", result.failure))
