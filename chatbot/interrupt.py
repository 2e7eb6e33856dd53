"""The one way to stop work that goes on: a token that is set once, seen by all who wait."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import RLock
from types import FrameType
from typing import NoReturn


class Interrupt:
    """Set once, from any thread or signal handler; runs what was registered with `calling`, once each.

    A signal handler may run between any two steps of the very thread it interrupts, so nothing here waits for a lock
    that the thread could hold already.
    """

    def __init__(self) -> None:
        self._set = False
        self._callbacks: list[Callable[[], None]] = []
        self._lock = RLock()

    @property
    def is_set(self) -> bool:
        """Whether the work should end."""
        return self._set

    def set(self) -> None:
        """Ask the work to end."""
        self._set = True
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, seconds: float) -> bool:
        """Sleep up to `seconds`; return True, at once, when set."""
        woken: SimpleQueue[None] = SimpleQueue()
        with self.calling(lambda: woken.put(None)), suppress(Empty):
            woken.get(timeout=seconds)
        return self._set

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Run `callback` if set while the block runs (at once if set before). It must not raise or block."""
        with self._lock:
            self._callbacks.append(callback)
        if self._set and self._forget(callback):  # set before: whoever set it has not seen this one
            callback()
        try:
            yield
        finally:
            self._forget(callback)

    def _forget(self, callback: Callable[[], None]) -> bool:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
                return True
        return False


@contextmanager
def on_termination() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave by SystemExit, so that all is left in good order. Main thread only."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
