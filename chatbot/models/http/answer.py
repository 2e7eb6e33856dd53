"""The bytes of an answer to the JSON values in it: a stream of events, whatever surrounds them, or one object; pure."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from chatbot.events import Delta, StatusChanged
from chatbot.models.http.failures import Place
from chatbot.models.http.sse import Events
from chatbot.models.http.text import loads
from chatbot.types import Assistant

CUT = {
    "length": "The answer is cut off: it reached the most the model may write in one answer.",
    "max_tokens": "The answer is cut off: it reached the most the model may write in one answer.",
    "max_output_tokens": "The answer is cut off: it reached the most the model may write in one answer.",
    "content_filter": "The answer is cut off: the provider's content filter stopped it.",
}
"""What people read where an answer ended early, by the reason that a server gives."""
OPENING = (StatusChanged("in_progress"),)
_HEAD = 256
"""How many bytes at the start are looked at to tell an event stream from anything else."""
_STREAM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?::|data|event|id|retry|$)")


class Chunks(Protocol):
    """Decodes the values of one API. Both methods raise ModelError.

    begun: whether anything of an answer has come. finished: whether the server has said how it ends.
    """

    @property
    def begun(self) -> bool: ...  # noqa: D102 - above
    @property
    def finished(self) -> bool: ...  # noqa: D102

    def feed(self, chunk: Any) -> Iterable[Delta]:
        """Return the deltas in a chunk."""

    def end(self, done: bool) -> Iterator[Delta | Assistant]:
        """Yield what was left, then the reply; `done` says that the stream had a proper end."""


class Answer:
    """Decodes the body of an answer, fed in pieces of any size: a stream of events, or one JSON object.

    opening: what is told as soon as the server answers at all, where its API tells no status of its own.
    """

    def __init__(self, place: Place, decoder: Chunks, opening: tuple[Delta, ...] = OPENING) -> None:
        self.opening = opening
        self._place = place
        self._events = Events()
        self._decoder = decoder
        self._head = b""
        self._body: bytearray | None = None
        self.done = False

    @property
    def complete(self) -> bool:
        """Whether all that matters has come, though usage may still follow."""
        return self.done or self._decoder.finished

    def feed(self, piece: bytes) -> Iterator[Delta]:
        """Yield what this piece completes. Raises ModelError."""
        if self._body is not None:
            self._body += piece
            return
        if room := _HEAD - len(self._head):
            self._head += piece[:room]
            # No event stream begins like this: it is an object, or a web page, whatever the content type says.
            start = self._head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
            if start and start in b"{[<":
                self._body = bytearray(self._head + piece[room:])
                return
        yield from self._decode(self._events.feed(piece))

    def end(self) -> Iterator[Delta | Assistant]:
        """Yield what was left, then the whole reply. Raises ModelError where the answer broke off or is none."""
        if self._body is not None:
            yield from self._decoder.feed(self._parse(self._body.decode("utf-8-sig", "replace")))
            self.done = self._decoder.begun
        else:
            yield from self._decode(self._events.end())
        if not self.complete and not self._decoder.begun and not _STREAM.match(self._head):
            raise self._place.no_answer("sent something that is no answer", self._head.decode("utf-8", "replace"))
        yield from self._decoder.end(self.done)

    def _decode(self, payloads: list[str]) -> Iterator[Delta]:
        for payload in payloads:
            for text in self._values(payload.strip()):
                if not self.done and text == "[DONE]":
                    self.done = True
                elif not self.done and text:
                    yield from self._decoder.feed(self._parse(text))

    def _values(self, payload: str) -> list[str]:
        """Return the JSON texts of an event: one, or one a line where a server left out the blank lines."""
        if "\n" not in payload:
            return [payload]
        try:
            json.loads(payload)
        except (ValueError, RecursionError):
            return [line.strip() for line in payload.split("\n")]
        return [payload]

    def _parse(self, text: str) -> Any:
        try:
            return loads(text)
        except (ValueError, RecursionError):
            if self._decoder.begun:
                what = "broke the answer off with something that is not JSON"
                raise self._place.failed(what, text, "Ask again.") from None
            page = text.lstrip().startswith("<")
            what = "answered with a web page" if page else "sent something that is not JSON"
            raise self._place.no_answer(what, text) from None
