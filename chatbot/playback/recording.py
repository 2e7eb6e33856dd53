"""A recording while it is written: every event a line in the public format, the pieces that streamed as well.

Lines of the type VERIFIED stand between the events: they tell what events do not, and readers of the format skip them.
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from chatbot.errors import UsageError
from chatbot.events import Event, Notice, SessionStarted, Sink
from chatbot.masking import Mask
from chatbot.pack import Context, Pack, Tool, Verified
from chatbot.transcript.writing import line_of

MODE = 0o600
VERIFIED = "verified"
"""The type of the line that tells whom a call has verified: call_id, name (of the tool), user."""
ANOTHER = "it holds one conversation, and another one begins"


class Recording:
    """A sink that writes every event at once; it belongs before all others. `mask` is that of the session.

    tell: gets a Notice where no more can be written; the chat goes on without. Raises UsageError where there is such a
    file already, or none can be made.
    """

    def __init__(self, path: Path, tell: Sink) -> None:
        self.path = path
        self.mask = Mask()
        self._tell = tell
        self._lock = Lock()  # tools end in threads of their own
        self._began = False
        try:
            self._file: int | None = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE)
        except OSError as error:
            raise UsageError(f"The recording {path} cannot be written: {error.strerror}.") from None
        if os.fstat(self._file).st_size:  # an empty one is what is left where no conversation came about
            self.close()
            raise UsageError(f"The recording {path} exists: give another name.")

    def __call__(self, event: Event) -> None:
        """Write one event."""
        if isinstance(event, SessionStarted):
            if self._began:
                self._give_up(ANOTHER)
            self._began = True
        self._write(line_of(event))

    def watching(self, pack: Pack) -> Pack:
        """Return the pack with tools that tell whom they verify."""
        return replace(pack, tools=tuple(self._watching(tool) for tool in pack.tools))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _watching(self, tool: Tool) -> Tool:
        def run(arguments: dict[str, Any], context: Context) -> Any:
            value = tool.run(arguments, context)
            if isinstance(value, Verified):
                self._verified(context.call, tool.name, value.user)
            return value

        return replace(tool, run=run)

    def _verified(self, call_id: str, name: str, user: str) -> None:
        fields = {"type": VERIFIED, "call_id": call_id, "name": name, "user": self.mask.text(user)}
        self._write(json.dumps(fields).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        try:
            with self._lock:
                rest = memoryview(line)
                while rest and self._file is not None:  # once, unless the disk is full
                    rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _give_up(self, reason: str) -> None:
        if self._file is not None:
            self.close()
            self._tell(Notice("warning", f"From here on nothing is recorded: {self.path}: {reason}."))
