"""Sessions for many runs: packs are opened once, and a model that one run is done with serves the next."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock

from chatbot.asking import Asker
from chatbot.chat import compose
from chatbot.config import Settings
from chatbot.config.model import LOCAL, PLAYBACK
from chatbot.models import Model, open_model
from chatbot.pack import Pack
from chatbot.packs import open_packs
from chatbot.playback import Recording
from chatbot.session import Session


class Openings:
    """What runs share; safe for threads. `close` lets go of all models."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._weights = Lock()  # a second copy of a model in the process would take memory, not save time
        self._recordings = Lock()  # nothing in them waits, so that threads would only get into each other's way
        self._packs: dict[object, tuple[Pack, ...]] = {}
        self._idle: defaultdict[object, list[Model]] = defaultdict(list)

    @contextmanager
    def session(self, settings: Settings, asker: Asker, recording: Recording | None) -> Iterator[Session]:
        """Yield a session of its own. Raises UsageError, ConfigError."""
        packs = self.packs(settings)
        if settings.model.provider == PLAYBACK:
            with self._recordings:
                yield compose(settings, packs, asker, recording)
            return
        with self.model(settings) as model:
            yield compose(settings, packs, asker, recording, model)

    @contextmanager
    def model(self, settings: Settings) -> Iterator[Model]:
        """Lend a model, which has its connections already if another run had it. Raises ConfigError."""
        key = settings.model, settings.timeout, settings.temperature
        with self._weights if settings.model.provider == LOCAL else nullcontext():
            with self._lock:
                model = self._idle[key].pop() if self._idle[key] else None
            model = model or open_model(settings.model, timeout=settings.timeout, temperature=settings.temperature)
            try:
                yield model
            finally:
                with self._lock:
                    self._idle[key].append(model)

    def close(self) -> None:
        """Let go of all models."""
        for models in self._idle.values():
            for model in models:
                model.close()
        self._idle.clear()

    def packs(self, settings: Settings) -> tuple[Pack, ...]:
        """Return the packs, which are opened once. Raises UsageError, ConfigError."""
        choice = settings.packs
        key = choice.specs, repr(choice.functions), repr(settings.endpoints)
        with self._lock:
            if key not in self._packs:
                self._packs[key] = open_packs(choice.specs, settings.endpoints, choice.functions)
            return self._packs[key]
