"""Running a script: one session, its turns, and what is not as expected."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

from chatbot.config import load_settings
from chatbot.errors import ChatbotError, ModelError
from chatbot.events import Event, Sink, Steps, Stop, TextDelta, ToolCalled
from chatbot.interrupt import Interrupt
from chatbot.playback import Recording
from chatbot.replay.answers import ScriptedUser
from chatbot.replay.checking import Miss, misses
from chatbot.replay.dialogue import diff
from chatbot.replay.happened import Happened, Watch, together
from chatbot.replay.opening import Openings
from chatbot.replay.runs import Run, Unmet
from chatbot.replay.tasks import Task, said
from chatbot.scripts.form import Expect
from chatbot.scripts.source import Steps as Path_
from chatbot.scripts.source import dotted
from chatbot.session import Outcome, Session, drive
from chatbot.simulation import Simulated, open_user

Begin = Callable[[Interrupt], Steps[Outcome]]
ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Job:
    """One run that is due. flags: what the command line says, over the script. record: a recording to write."""

    task: Task
    number: int = 1
    flags: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None
    record: Path | None = None

    @property
    def seed(self) -> int | None:
        """What a simulated user's chance begins with, another one in each repeat."""
        user = self.task.script.user
        return user.seed + self.number - 1 if user else None


def run(job: Job, openings: Openings, interrupt: Interrupt) -> Run:
    """Run a script to its end, or to its first turn that fails otherwise than expected; later ones build on it.

    interrupt: ends it, as its timeout does (seconds). Raises nothing but what is a bug.
    """
    task = job.task
    began, start = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    made = Run(str(task.path), job.number, task.script.description, began, seed=job.seed)
    try:
        watch, unmet = _held(job, openings, interrupt)
    except ChatbotError as error:
        return replace(made, seconds=time.monotonic() - start, wrong=str(error))
    return replace(made, seconds=time.monotonic() - start, steps=tuple(watch.steps), unmet=tuple(unmet))


def _held(job: Job, openings: Openings, interrupt: Interrupt) -> tuple[Watch, list[Unmet]]:
    """Hold the conversation. Raises ChatbotError where none comes about."""
    secrets = job.task.secrets()
    settings = load_settings({**job.task.flags(), **job.flags})
    asker = ScriptedUser(job.task.script.approvals, {**settings.trusted.secrets, **secrets})
    recording = Recording(job.record, _unheard) if job.record else None
    try:
        with openings.session(settings, asker, recording) as session:
            for name, secret in secrets.items():
                session.mask.learn(secret, name)
            held = _Conversation(job, session, secrets, interrupt)
            held.sinks[:0] = [recording] if recording else []
            with _limited(job.timeout, interrupt) as late:
                held.hold(settings.greeting)
            if late.is_set:
                held.unmet.append(Unmet("--timeout", f"it did not come to its end within {job.timeout:g} seconds"))
            return held.watch, held.unmet
    finally:
        if recording:
            recording.close()


def _unheard(event: Event) -> None:
    """Tell nobody: the recording is no part of the test."""


@contextmanager
def _limited(seconds: float | None, interrupt: Interrupt) -> Iterator[Interrupt]:
    """Set the interrupt after so many seconds; yields what is set, too, then."""
    late = Interrupt()
    with late.calling(interrupt.set):
        timer = Timer(seconds or 0.0, late.set)
        if seconds is not None:
            timer.start()
        try:
            yield late
        finally:
            timer.cancel()


class _Conversation:
    """One session while it is held. watch: all that happened. unmet: what was expected and is not so."""

    def __init__(self, job: Job, session: Session, secrets: Mapping[str, str], interrupt: Interrupt) -> None:
        self.watch = Watch(session)
        self.unmet: list[Unmet] = []
        self.sinks: list[Sink] = [self.watch]
        self._job, self._task = job, job.task
        self._session = session
        self._secrets = secrets
        self._interrupt = interrupt

    def hold(self, greeting: bool) -> None:
        """Hold it, turn by turn, and the whole against what is expected of it."""
        script = self._task.script
        drive(self._session.opening(), *self.sinks)
        if self._greet(greeting) and all(map(self._say, range(len(script.turns)))) and self._simulate():
            if error := drive(self._session.ending(), *self.sinks).error:
                self.unmet.append(Unmet("the end", str(error)))
            self._check(script.expect, together(self.watch.turns), ("expect",), None)

    def _greet(self, greeting: bool) -> bool:
        wanted = self._task.script.greeting
        speaks = self._session.greets if wanted is None else wanted is not False
        if not (greeting and speaks):
            return True
        expect = wanted if isinstance(wanted, Expect) else Expect()
        return self._turn(self._session.greet, expect, ("greeting",))

    def _say(self, number: int) -> bool:
        turn = self._task.script.turns[number]
        words = partial(self._session.turn, said(turn.user, self._secrets))
        return self._turn(words, turn.expect, ("turns", number, "expect"), turn.interrupt_at)

    def _simulate(self) -> bool:
        """Let another model say what the user does."""
        form = self._task.script.user
        if form is None:
            return True
        form = form.model_copy(update={"seed": self._job.seed})
        facts = {name: said(text, self._secrets) for name, text in form.facts.items()}
        settings = load_settings({"model": form.model})
        with closing(open_user(form, facts, settings.model, timeout=settings.timeout)) as user:
            turns = (partial(self._session.turn, words) for words in self._spoken(user, form.max_turns))
            try:
                return all(self._turn(turn, Expect(), ("user",)) for turn in turns)
            except ModelError as error:  # the user's own: the session keeps that of its model to itself
                place = self._task.line(("user", "model"))
                self.unmet.append(Unmet("user.model", self._session.mask.text(str(error)), place))
                return False

    def _spoken(self, user: Simulated, most: int) -> Iterator[str]:
        """Yield what the simulated user says to what they have heard by then. Raises ModelError."""
        for _ in range(most):
            words = user.speak(self.watch.turns[-1].answers if self.watch.turns else (), self._interrupt)
            if words is None:
                return
            yield words

    def _turn(self, begin: Begin, expect: Expect, path: Path_, interrupt_at: str | None = None) -> bool:
        """Hold one turn; return whether those that follow have something to build on."""
        interrupt = Interrupt()
        interrupting = [partial(_interrupting, interrupt_at, interrupt)] if interrupt_at else []
        sinks: list[Sink] = [*self.sinks, *interrupting]
        with self._interrupt.calling(interrupt.set):
            drive(begin(interrupt), *sinks)
        happened = self.watch.turns[-1]
        usual: Stop = "interrupted" if interrupt_at else "done"
        self._check(expect, happened, path, usual)
        return happened.stop == (expect.stop or usual) and not self._interrupt.is_set

    def _check(self, expect: Expect, happened: Happened, path: Path_, stop: Stop | None) -> None:
        found = misses(expect, happened, self._session.mask, stop)
        lines = diff(happened.steps, found) if found else ()
        for number, miss in enumerate(found):
            place = self._task.line((*path, *miss.path))
            text = self._session.mask.text(miss.said)
            self.unmet.append(Unmet(_where(path, miss), text, place, () if number else self._masked(lines)))

    def _masked(self, lines: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._session.mask.text, lines))


def _interrupting(at: str, interrupt: Interrupt, event: Event) -> None:
    """Press Ctrl-C where the script says so."""
    if (isinstance(event, ToolCalled) and event.call.name == at) or (isinstance(event, TextDelta) and at == ANSWER):
        interrupt.set()


def _where(path: Path_, miss: Miss) -> str:
    match path:
        case ("turns", int(number), _):
            return f"turn {number + 1}, {dotted(('expect', *miss.path))}"
        case ("user",):
            return f"a turn of the simulated user, {dotted(miss.path)}"
    return dotted((*path, *miss.path))
