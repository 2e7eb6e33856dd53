"""One session's file while it is written: a line an event, whole or not at all."""

import errno
import fcntl
import os
from io import StringIO
from pathlib import Path

from chatbot.errors import UsageError
from chatbot.events import Event, HistoryCut, Notice, Sink, TurnEnded, TurnStarted, is_durable
from chatbot.render.jsonl import JsonLines
from chatbot.transcript.loading import closed, end_of_whole, load, session_id_of

MODE = 0o600
TORN = ".torn"
KILLED = "The program ended in the middle of this turn."


class Transcript:
    """A sink that appends every durable event. It belongs before all others: what was shown has been kept.

    Nothing is written before the user has said something; a session in which nobody did leaves nothing behind. Where
    the disk is full, or nothing may be written, that is told once, and the chat goes on without.
    """

    def __init__(self, path: Path, tell: Sink) -> None:
        self.path = path
        self._tell = tell
        self._file: int | None = None
        self._size = 0
        self._pending = b""
        self._waits = True  # for the user's first word
        self._over = False

    def __call__(self, event: Event) -> None:
        """Keep one event."""
        if self._over or not is_durable(event):
            return
        self._pending += line_of(event)
        self._waits = self._waits and not isinstance(event, HistoryCut) and not _user_spoke(event)
        if self._waits:
            return
        try:
            self._write()
            if self._file is not None and isinstance(event, TurnEnded):
                os.fsync(self._file)  # once a turn: a crash of the machine costs one turn, a kill costs nothing
        except OSError as error:
            self._give_up(error)

    def take(self) -> None:
        """Open the file now, in which there is something already. Raises UsageError where somebody else writes it."""
        try:
            self._file = old_file(self.path)
            self._size = _mend(self._file, self.path)
            self._pending = _ending(load(self.path).events)
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the file, and leave it to others."""
        file, self._file = self._file, None
        self._over = True
        if file is not None:
            os.close(file)

    def _write(self) -> None:
        if self._file is None:
            self._file = _new_file(self.path)
        rest = memoryview(self._pending)
        try:
            while rest:  # once, unless the disk is full
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(self._pending)
        self._pending = b""

    def _give_up(self, error: OSError) -> None:
        self.close()
        reason = error.strerror or str(error)
        self._tell(Notice("warning", f"From here on this session is not kept: {self.path}: {reason}."))


def line_of(event: Event) -> bytes:
    """Return the event's line in the public format."""
    line = StringIO()
    JsonLines(line, deltas=True)(event)
    return line.getvalue().encode("utf-8")


def _new_file(path: Path) -> int:
    """Create the file and its folder, for the user alone. Raises OSError, UsageError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _locked(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, MODE), path)


def old_file(path: Path) -> int:
    """Open a file that is there. Raises OSError, UsageError."""
    file = _locked(os.open(path, os.O_RDWR | os.O_APPEND), path)
    os.fchmod(file, MODE)
    return file


def _locked(file: int, path: Path) -> int:
    """Return the file when nobody else has it open to write; the lock ends with the process, however that ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise UsageError(f"The session {session_id_of(path)} is open elsewhere: leave it there first.") from None
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL):  # a file system without locks
            os.close(file)
            raise
    return file


def _mend(file: int, path: Path) -> int:
    """Set a torn end aside, into a file beside it; return the size of what is whole."""
    data = path.read_bytes()
    end = end_of_whole(data)
    if end < len(data):
        with os.fdopen(os.open(path.with_suffix(TORN), os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE), "ab") as aside:
            aside.write(data[end:] + b"\n")
            aside.flush()
            os.fsync(aside.fileno())
        os.ftruncate(file, end)
    return end


def _ending(events: tuple[Event, ...]) -> bytes:
    """Return the line that ends the last turn, where the program was killed in it; else nothing."""
    is_open = list(closed(events))[-1:] != list(events[-1:])
    return line_of(TurnEnded("interrupted", KILLED)) if is_open else b""


def _user_spoke(event: Event) -> bool:
    return isinstance(event, TurnStarted) and event.message is not None
