"""A session that is held again."""

import json
from collections.abc import Iterator, Sequence, Set
from contextlib import closing
from dataclasses import replace

from chatbot.events import Event, Notice, Replied, StatusChanged, Steps, TurnEnded
from chatbot.interrupt import Interrupt
from chatbot.masking import MASK
from chatbot.pack import Pack
from chatbot.playback.departures import Departed, departed
from chatbot.playback.model import Playback
from chatbot.playback.reel import Reel
from chatbot.playback.tape import Tape
from chatbot.playback.tools import PlayedUser, RecordedVerdict, played
from chatbot.runtime import Trust
from chatbot.session import TRUST, Outcome, Session

ESCAPED = json.dumps(MASK)[1:-1]
"""A mask as the ledger's keys have it."""


class PlayedSession(Session):
    """A session whose model, tools and user are those of a tape; the packs' schemas, gates and guards are real.

    A turn that departs from the tape ends with an error, a Departed, and a notice that shows the difference.
    """

    def __init__(
        self,
        tape: Tape,
        packs: Sequence[Pack] = (),
        *,
        instructions: str = "",
        trust: Trust = TRUST,
        compacts: bool = False,
    ) -> None:
        self.reel = Reel(tape)
        super().__init__(
            Playback(self.reel),
            [played(pack, self.reel) for pack in packs],
            instructions=instructions,
            trust=replace(trust, guards=[RecordedVerdict(trust.guards, self.reel)], asker=PlayedUser(self.reel)),
            compacts=compacts,
        )

    @property
    def greets(self) -> bool:
        """Whether the assistant speaks first: not where the recording goes on with a conversation."""
        return super().greets and not self.reel.tape.goes_on

    def adopt(self, other: Session, packs: Set[str]) -> None:
        """Go on with another session's conversation, and with its place on the same tape."""
        super().adopt(other, packs)
        self.reel.go_on(other.reel if isinstance(other, PlayedSession) else None)

    def greet(self, interrupt: Interrupt) -> Steps[Outcome]:
        """Let the assistant speak first."""
        return self._turned(super().greet(interrupt), interrupt)

    def turn(self, text: str, interrupt: Interrupt) -> Steps[Outcome]:
        """Say `text` to the assistant: what is recorded, or that with the secrets that are masked in it."""
        steps = super().turn(text, interrupt)
        due = self.reel.upcoming
        if due and due.said and self.mask.text(text) != due.said.text:
            for secret in unmasked(due.said.text, text):
                self.mask.learn(secret)
        return self._turned(steps, interrupt)

    def compact(self, interrupt: Interrupt) -> Steps[Outcome]:
        """Let the recorded summary stand for all that was said."""
        return self._watched(super().compact(interrupt))

    def ending(self) -> Steps[Outcome]:
        """Yield what to know when no more is said: a run that ends before its recording departs from it, too."""
        left = self.reel.left
        if not left:
            return Outcome("done")
        tape = self.reel.tape
        missing = departed(tape, left[0], left[0].events, ())
        line = f"This run departs from {tape.path}: it ends before {left[0].name}."
        yield Notice("warning", missing.diff)
        yield Notice("error", line)
        return Outcome("error", Departed(line, missing.diff))

    def _turned(self, steps: Steps[Outcome], interrupt: Interrupt) -> Steps[Outcome]:
        self.reel.begin(interrupt)
        return (yield from self._watched(steps))

    def _watched(self, steps: Steps[Outcome]) -> Steps[Outcome]:
        departure: Departed | None = None
        with closing(steps):
            while True:
                try:
                    event = next(steps)
                except StopIteration as end:
                    return Outcome("error", departure) if departure else end.value
                if isinstance(event, TurnEnded) and (departure := self.reel.end(event)):
                    yield Notice("warning", departure.diff)
                    yield StatusChanged("failed")
                    event = TurnEnded("error", str(departure))
                self._note(event)
                yield event

    def _note(self, event: Event) -> None:
        """Let the reel know; what was masked is no reason to think that the very same call has failed before."""
        self.reel.watch(event)
        if isinstance(event, Replied):
            for counted in (self.runtime.ledger.failures, self.runtime.ledger.refusals):
                for key in [key for key in counted if ESCAPED in key[1]]:
                    del counted[key]


def unmasked(masked: str, said: str) -> Iterator[str]:
    """Yield what stands in a text where another, otherwise the same, is masked."""
    first, *parts = masked.split(MASK)
    if not said.startswith(first):
        return
    secrets, start = [], len(first)
    for number, part in enumerate(parts, 1):
        is_last = number == len(parts)
        end = len(said) - len(part) if is_last else said.find(part, start + 1)
        if end <= start or not said.startswith(part, end):
            return
        secrets.append(said[start:end])
        start = end + len(part)
    yield from secrets
