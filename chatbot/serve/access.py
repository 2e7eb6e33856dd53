"""The log of a server: one JSON object a line, on stderr. No arguments, no outputs, no secrets."""

import json
import logging
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LONGEST = 200  # characters of what a caller chose
CONTACT = 4  # characters of a contact's hash: enough to follow one, too few to look one up

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "chatbot.serve.access.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "chatbot": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
"""What uvicorn says, in the same form."""


@dataclass(slots=True)
class Entry:
    """One request, as far as it has come. started: monotonic seconds. seconds: it took. bytes: of the answer's body."""

    method: str
    path: str
    started: float = field(default_factory=time.monotonic)
    status: int = 0
    seconds: float = 0.0
    bytes: int = 0
    function: str = ""
    call: str = ""
    outcome: str = ""
    contact: str = ""

    def line(self) -> str:
        """Return the entry as a line."""
        fields: dict[str, Any] = {
            "method": self.method[:LONGEST],
            "path": self.path[:LONGEST],
            "status": self.status,
            "ms": round(self.seconds * 1000, 1),
            "bytes": self.bytes,
        }
        called = {"function": self.function, "call": self.call, "outcome": self.outcome}
        fields |= {name: text[:LONGEST] for name, text in called.items() if text}
        if self.contact:
            fields["contact"] = self.contact[-CONTACT:]
        return line(fields)


class LineFormatter(logging.Formatter):
    """A record as a line; of an exception, what it is and where, but not what it says: that may be anything."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        fields: dict[str, Any] = {"level": record.levelname.lower(), "message": record.getMessage()[: 10 * LONGEST]}
        if record.exc_info and record.exc_info[1]:
            error: BaseException = record.exc_info[1]
            fields["error"] = f"{type(error).__name__}{_place(error)}"
        return line(fields).rstrip("\n")


def write(text: str) -> None:
    """Write a line; a log that nobody reads any more stops no server."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def line(fields: dict[str, Any]) -> str:
    """Return the fields as a line of ASCII, without control characters."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": now, **fields}).replace("\x7f", "\\u007f") + "\n"


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
