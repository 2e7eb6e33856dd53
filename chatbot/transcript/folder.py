"""The folder of the user's sessions: TIME-ID.jsonl each, with the UTC time at which it began."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from chatbot.errors import UsageError
from chatbot.events import Event, Sink
from chatbot.render.clean import one_line
from chatbot.transcript.loading import Loaded, load, session_id_of
from chatbot.transcript.writing import TORN, Transcript, old_file

LAST = "last"
FEW = 5


def _to_nobody(_event: Event) -> None:
    """Say nothing."""


class Transcripts:
    """All sessions that are kept; one at a time is written here. The folder need not exist.

    tell: gets a Notice where a session cannot be kept.
    """

    def __init__(self, folder: Path, tell: Sink = _to_nobody) -> None:
        self.folder = folder
        self.tell = tell
        self._open: Transcript | None = None

    def create(self, session: str) -> Transcript:
        """Return the transcript of a new session, and close that of the one before."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{session}.jsonl"
        return self._instead(Transcript(self.folder / name, self.tell))

    def reopen(self, session: str) -> Transcript:
        """Return the transcript of a session that goes on, mended and locked.

        Raises UsageError where there is no such session, or it is open elsewhere; then all stays as it was.
        """
        path = self.locate(session)
        if self._open and self._open.path == path:
            return self._open
        transcript = Transcript(path, self.tell)
        transcript.take()
        return self._instead(transcript)

    def find(self, name: str) -> Loaded:
        """Return what is kept of a session. Raises UsageError."""
        return load(self.locate(name))

    def ids(self) -> list[str]:
        """Return the ids of all sessions, those first that were last spoken in."""
        return [session_id_of(path) for path in self.paths()]

    def paths(self) -> list[Path]:
        """Return the files of all sessions, those first that were last spoken in."""
        dated = []
        for path in self.folder.glob("*.jsonl"):
            try:
                dated.append((path.stat().st_mtime_ns, path))
            except OSError:  # deleted by now
                continue
        return [path for _, path in sorted(dated, reverse=True)]

    def locate(self, name: str) -> Path:
        """Return the file of a session by its id, the beginning of it, or "last". Raises UsageError."""
        paths = self.paths()
        if not paths:
            raise UsageError("No session is kept yet.")
        if name == LAST:
            return paths[0]
        found = [path for path in paths if name and session_id_of(path).startswith(name)]
        exact = [path for path in found if session_id_of(path) == name]
        if len(found) == 1 or exact:
            return (exact or found)[0]
        if found:
            raise UsageError(f"More than one session begins with {one_line(name)}: {_ids(found)}.")
        raise UsageError(f"There is no session {one_line(name)!r}. The latest: {_ids(paths)}.")

    def delete(self, path: Path) -> None:
        """Delete a session, with what was set aside of it. Raises UsageError where it is open elsewhere."""
        file = old_file(path)
        try:
            path.with_suffix(TORN).unlink(missing_ok=True)
            path.unlink()
        finally:
            os.close(file)

    def _instead(self, transcript: Transcript) -> Transcript:
        if self._open:
            self._open.close()
        self._open = transcript
        return transcript


def _ids(paths: Sequence[Path]) -> str:
    more = ", ..." if len(paths) > FEW else ""
    return ", ".join(one_line(session_id_of(path)) for path in paths[:FEW]) + more
