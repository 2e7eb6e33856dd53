"""Server-sent events: bytes in pieces of any size to the data of each event; pure.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import json
import re

_LINE_END = re.compile(rb"\r\n|\n|\r")


class Events:
    """Splits a stream into its events' data. Comments, ids and event names are left out."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._data: list[str] = []
        self._first = True
        self._after_cr = False

    def feed(self, piece: bytes) -> list[str]:
        """Return the data of the events that this piece completes."""
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        self._buffer += piece
        start, found = 0, []
        for end in _LINE_END.finditer(self._buffer, self._searched):
            found.extend(self._line(bytes(self._buffer[start : end.start()])))
            start = end.end()
        # A CR at the very end may be half of a CRLF whose LF is still to come.
        self._after_cr = self._after_cr or self._buffer.endswith(b"\r")
        del self._buffer[:start]
        self._searched = len(self._buffer)
        return found

    def end(self) -> list[str]:
        """Return the data of an event that the stream's end completes; some servers leave the last blank line out."""
        line, self._buffer = bytes(self._buffer), bytearray()
        found = self._line(line) if line else []
        return found + self._line(b"")

    def _line(self, raw: bytes) -> list[str]:
        line = raw.decode("utf-8", "replace")
        if self._first:
            self._first = False
            line = line.removeprefix("\ufeff")
        if not line:
            data, self._data = self._data, []
            return ["\n".join(data)] if data else []
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "error":  # llama.cpp's own way to say that generating failed
            self._data.append(_error(value))
        return []


def _error(value: str) -> str:
    try:
        return json.dumps({"error": json.loads(value)})
    except (ValueError, RecursionError):
        return json.dumps({"error": value})
