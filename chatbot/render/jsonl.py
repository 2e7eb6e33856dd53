"""Events for programs: one JSON object a line."""

import json
import re
from typing import TextIO

from chatbot.events import Event, is_durable, to_json

_UNSHOWABLE = re.compile(r"[\x7f-\x9f\u061c\u2028-\u202e\u2066-\u206f\ud800-\udfff]")
"""What JSON may hold as it is, but would drive a terminal, split a line or crash a stream."""


class JsonLines:
    """Writes every durable event, and the deltas where they are wanted, as soon as it happens."""

    def __init__(self, stdout: TextIO, *, deltas: bool = False) -> None:
        self._stdout = stdout
        self._deltas = deltas

    def __call__(self, event: Event) -> None:
        """Write what one event is worth."""
        if self._deltas or is_durable(event):
            self._stdout.write(_line(event, self._stdout.encoding or "utf-8"))
            self._stdout.flush()


def _line(event: Event, encoding: str) -> str:
    fields = to_json(event)
    line = _UNSHOWABLE.sub(_escaped, json.dumps(fields, ensure_ascii=False))
    try:
        line.encode(encoding)
    except UnicodeEncodeError:  # the stream is not UTF-8: escapes say the same in ASCII
        line = json.dumps(fields)
    return line + "\n"


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
