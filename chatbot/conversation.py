"""A conversation as the user holds it: it is kept, resumed, and changed while it goes on; or played from a script."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chatbot.asking import Asker
from chatbot.chat import open_session
from chatbot.config import Settings, load_settings
from chatbot.errors import ExitCode, UsageError
from chatbot.events import Event, Notice, SessionChanged, SessionStarted, Sink, Steps, T, TurnEnded, is_durable
from chatbot.interrupt import Interrupt, on_sigint
from chatbot.session import Outcome, Session, drive
from chatbot.tally import Tally
from chatbot.transcript import Loaded, closed
from chatbot.transcript.replay import history

if TYPE_CHECKING:  # it is seldom needed
    from chatbot.export import Form
    from chatbot.playback import Recording


class Archive(Protocol):
    """Where conversations are kept; see Transcripts."""

    def create(self, session: str) -> Sink:
        """Return a sink that keeps a new session's events."""

    def reopen(self, session: str) -> Sink:
        """Return a sink that goes on with a session that was kept. Raises UsageError."""

    def find(self, name: str) -> Loaded:
        """Return what is kept of a session: its id, the beginning of it, or "last". Raises UsageError."""

    def paths(self) -> list[Path]:
        """Return the files of all sessions, the latest first."""

    def ids(self) -> list[str]:
        """Return their ids."""


class Nowhere:
    """Keeps nothing (`--no-save`)."""

    def create(self, session: str) -> Sink:  # noqa: ARG002 - none is kept
        """Forget."""
        return _forget

    reopen = create

    def find(self, name: str) -> Loaded:  # noqa: ARG002
        """Find nothing."""
        raise UsageError("No conversation is kept here (--no-save).")

    def paths(self) -> list[Path]:
        """Know of none."""
        return []

    def ids(self) -> list[str]:
        """Know of none."""
        return []


def _forget(event: Event) -> None:
    """Keep nothing."""


class Conversation:
    """A session with what is around it.

    flags: the options it was started with; what is changed goes over them. past: events of when it was kept, to be
    shown. verbose: whether long results and reasoning are shown whole.
    """

    def __init__(
        self,
        flags: Mapping[str, Any],
        settings: Settings,
        asker: Asker,
        archive: Archive,
        recording: "Recording | None" = None,
    ) -> None:
        self.flags = dict(flags)
        self.settings = settings
        self.archive = archive
        self._asker = asker
        self._recording = recording
        self.session = self._opened(settings)
        self._picked = "pack" in flags  # else a session that is resumed brings its own packs
        self.tally = Tally()
        self.past: Sequence[Event] = ()
        self._events: list[Event] = []
        self.verbose = False
        self._problems: Sequence[str] = ()
        self._keep = archive.create(self.session.id)

    def __call__(self, event: Event) -> None:
        """Keep an event, before anybody is told of it: the first of the sinks."""
        if self._recording:
            self._recording(event)
        self._keep(event)
        self.tally(event)
        if is_durable(event):
            self._events.append(event)

    def close(self) -> None:
        """Let go of the model; an answer that goes on somewhere else is cancelled there."""
        self.session.model.close()

    def opening(self) -> Steps[None]:
        """Yield what comes before the first turn."""
        if not self.past:
            yield from self.session.opening()
            return
        yield self.session.changed()
        yield from (Notice("warning", problem) for problem in self._problems)
        yield Notice("info", f"This goes on with the session {self.session.id}. Nobody is verified in it yet.")

    def beginning(self, interrupt: Interrupt) -> Steps[None]:
        """Yield all that comes before the user's first word, the greeting as well."""
        yield from self.opening()
        if self.greets:
            yield from self.session.greet(interrupt)

    @property
    def greets(self) -> bool:
        """Whether the assistant is to speak first."""
        return self.settings.greeting and self.session.greets and not self.past

    def change(self, **flags: Any) -> SessionChanged:
        """Go on with other options. Raises UsageError, ConfigError; then all stays as it was."""
        both = self.flags | flags
        settings = load_settings(both)
        session = self._opened(settings)
        same = set(settings.packs.specs) & set(self.settings.packs.specs)
        session.adopt(self.session, {Path(spec).stem for spec in same})
        self.session.model.close()
        self.flags, self.settings, self.session = both, settings, session
        self._picked = self._picked or "pack" in flags
        return session.changed()

    def start_anew(self) -> None:
        """Begin another one with the same options; nothing is known in it. Raises UsageError, ConfigError."""
        session = self._opened(self.settings)
        self.session.model.close()
        self.session = session
        self.tally, self.past, self._events = Tally(), (), []
        self._keep = self.archive.create(self.session.id)

    def resume(self, name: str) -> None:
        """Go on with one that was kept. Raises UsageError where there is none, or where it is open elsewhere."""
        found = self.archive.find(name)
        flags, settings = self._packs_of(found)
        session = self._opened(settings)
        try:
            keep = self.archive.reopen(found.session)
        except UsageError:
            session.model.close()
            raise
        kept = self.archive.find(found.session)  # again: whoever had it open until now may have gone on with it
        self.session.model.close()
        self.flags, self.settings, self.session = flags, settings, session
        self.session.id = self.session.runtime.session = kept.session
        self.session.history[:] = history(kept.events, self.session.limits)
        self.tally, self.past, self._events = Tally(), tuple(closed(kept.events)), list(kept.events)
        for event in kept.events:
            self.tally(event)
        self._keep, self._problems = keep, found.problems  # reopening has set torn ends aside

    def _opened(self, settings: Settings) -> Session:
        return open_session(settings, self._asker, self._recording)

    def _packs_of(self, kept: Loaded) -> tuple[dict[str, Any], Settings]:
        """Return the options with the session's own packs, if no others were asked for and all can be had by name."""
        from chatbot.packs import available_packs

        if self._picked:
            return self.flags, self.settings
        flags = {name: value for name, value in self.flags.items() if name != "pack"}
        if set(kept.packs) <= set(available_packs()):
            flags["pack"] = list(kept.packs) or ["none"]
        return flags, load_settings(flags)

    def exported(self, form: "Form") -> str:
        """Return the conversation so far in that form."""
        from chatbot.export import export

        session = self.session
        started = next((event.time for event in self._events if isinstance(event, SessionStarted)), "")
        packs = tuple(pack.name for pack in session.packs)
        return export(Loaded(session.id, session.model.name, packs, started, tuple(self._events)), form)


def converse(conversation: Conversation, said: Iterable[str], sink: Sink) -> ExitCode:
    """Play the user turns, in a script or a pipe; the first turn that fails ends it, since later ones build on it."""
    drive(conversation.opening(), conversation, sink)
    begin: list[Callable[[Interrupt], Steps[Outcome]]] = [conversation.session.greet] if conversation.greets else []
    turns: Iterable[Callable[[Interrupt], Steps[Outcome]]] = (partial(conversation.session.turn, text) for text in said)
    for turn in chain(begin, turns):
        if code := exit_code(play(turn, conversation, sink)):
            return code
    return exit_code(drive(conversation.session.ending(), conversation, sink))


def play(work: Callable[[Interrupt], Steps[T]], conversation: Conversation, sink: Sink) -> T:
    """Keep and show what happens until the work is over. Ctrl-C interrupts it; whatever ends it, nothing moves on."""
    interrupt = Interrupt()
    try:
        with on_sigint(interrupt):
            return drive(work(interrupt), conversation, sink)
    except BaseException:
        with suppress(OSError):
            sink(TurnEnded("interrupted"))  # whatever it drew is cleared away
        raise


def exit_code(outcome: Outcome) -> ExitCode:
    """Return what a turn's end means for the process."""
    if outcome.stop == "interrupted":
        return ExitCode.INTERRUPTED
    return outcome.error.exit_code if outcome.error else ExitCode.OK
