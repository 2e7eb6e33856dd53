"""Loading a model, in a thread of its own: who waits for it sees how far it is, and may leave it at any time.

While llama.cpp opens a file nothing else runs in this process. Most of that time is the disk's, so the file is read
before: then it comes out of the system's cache.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

from chatbot.errors import ModelError
from chatbot.events import Progressed
from chatbot.interrupt import Interrupt
from chatbot.models.local.engine import Engine
from chatbot.models.local.fetching import LOOK

_PIECE = 4 << 20
_MEMORY = Path("/proc/meminfo")


class Loading:
    """One load, begun at once. Raises ModelError where there is no such file."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._ended = Event()
        self._error: ModelError | None = None
        self._progress = Progressed(f"Loading {path.name}", 0, _size(path))
        Thread(target=self._work, name="loading", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """Whether the model is loaded, or will not be."""
        return self._ended.is_set()

    def wait(self, interrupt: Interrupt) -> Iterator[Progressed]:
        """Wait until it is loaded, or until interrupted: the load goes on then. Raises ModelError."""
        yield (shown := self._progress)
        while not (self.has_ended or interrupt.is_set):
            self._ended.wait(LOOK)
            if shown != (now := self._progress):
                yield now
                shown = now
        if self._error and not interrupt.is_set:
            raise self._error

    def _work(self) -> None:
        try:
            for progress in read_ahead(self._path):
                self._progress = progress
                if self._engine.is_closed:
                    return
            self._engine.open(self._path)
        except ModelError as error:
            self._error = error
        finally:
            self._ended.set()


def read_ahead(path: Path) -> Iterator[Progressed]:
    """Read a file, so that the system keeps it in memory; nothing where it does not fit. Raises ModelError."""
    size = _size(path)
    if size > _free_memory():
        return
    piece = bytearray(_PIECE)
    done = 0
    try:
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(piece):
                done += count
                yield Progressed(f"Loading {path.name}", done, size)
    except OSError as error:
        raise _unreadable(path, error) from None


def _free_memory() -> int:
    """Return the bytes that can be used without swapping; all of the memory where nobody tells."""
    try:
        told = re.search(r"^MemAvailable: *(\d+) kB$", _MEMORY.read_text("ascii"), re.M)
    except OSError:
        told = None
    return int(told[1]) * 1024 if told else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path} cannot be read ({error.strerror}).")
