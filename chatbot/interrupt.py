"""The one way to stop work that goes on: a token that is set once, seen by all who wait."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, RLock
from types import FrameType


class Interrupt:
    """Set once, from any thread or signal handler; runs what was registered with `calling`, once each."""

    def __init__(self) -> None:
        self._event = Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = RLock()  # a signal handler may run while the very same thread registers a callback

    @property
    def is_set(self) -> bool:
        """Whether the work should end."""
        return self._event.is_set()

    def set(self) -> None:
        """Ask the work to end."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, seconds: float) -> bool:
        """Sleep up to `seconds`; return True, at once, when set."""
        return self._event.wait(seconds)

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Run `callback` if set while the block runs (at once if set before). It must not raise or block."""
        with self._lock:
            if not self.is_set:
                self._callbacks.append(callback)
                waiting = True
            else:
                waiting = False
        if not waiting:
            callback()
        try:
            yield
        finally:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)


@contextmanager
def on_sigint(interrupt: Interrupt) -> Iterator[None]:
    """Let Ctrl-C set `interrupt` instead of raising; a second Ctrl-C raises KeyboardInterrupt. Main thread only."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if interrupt.is_set:
            raise KeyboardInterrupt
        interrupt.set()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
