"""What every model of an OpenAI-compatible server shares: requests, retries, the stream, and being interrupted."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from chatbot.errors import ModelError
from chatbot.events import Delta, Notice
from chatbot.interrupt import Interrupt
from chatbot.models.http.failures import Failure, Place, host_of, of_exception, of_status
from chatbot.models.http.line import Line, Lines
from chatbot.models.http.opening import open_client
from chatbot.models.http.retry import Patience
from chatbot.models.http.text import encode
from chatbot.types import Assistant

if TYPE_CHECKING:  # the SDK takes most of a second to load
    import httpx2
    import openai

OPENAI = "https://api.openai.com/v1"
_USAGE, _DRAIN = 2.0, 0.25
"""Seconds to wait for the usage once the answer is complete, and for the stream's end once it said that it ends."""
_DRAIN_BYTES = 65_536
_REFUSALS = (400, 404, 405, 422)


class _Interrupted(Exception):
    """The caller does not want the answer any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: a path below the base URL, and the body as JSON (None: there is none).

    optional: keys of the body that an answer can do without, since some servers refuse them. fallback: what is sent
    instead where a server refuses this.
    """

    path: str
    body: Mapping[str, Any] | None = None
    optional: tuple[str, ...] = ()
    method: str = "POST"
    fallback: "Request | None" = None

    def encoded(self, refused: frozenset[str]) -> bytes | None:
        """Return the body's bytes, without the keys that this server has refused."""
        if self.body is None:
            return None
        return encode({key: value for key, value in self.body.items() if key not in refused})


class Decoding(Protocol):
    """Decodes the bytes of an answer, in pieces of any size. Both methods raise ModelError.

    opening: what is told as soon as the server answers. complete: whether all that matters has come, though usage may
    still follow. done: whether it has said its end.
    """

    @property
    def opening(self) -> tuple[Delta, ...]: ...  # noqa: D102 - above
    @property
    def complete(self) -> bool: ...  # noqa: D102
    @property
    def done(self) -> bool: ...  # noqa: D102

    def feed(self, piece: bytes) -> Iterator[Delta | Assistant]:
        """Yield what this piece completes."""

    def end(self) -> Iterator[Delta | Assistant]:
        """Yield what was left, then the whole reply."""


@dataclass(eq=False)
class Served:
    """A model of an OpenAI-compatible server.

    model: as the server calls it. base_url: up to and with "/v1"; None is OpenAI's. api_key: None where the server
    wants none. timeout: seconds without a word from the server. temperature, seed: None leaves it to the server. label:
    the name shown to people, by default the model's. key_name: what an error message calls the key. Nothing is loaded
    and nothing connects before `warm` or the first request.
    """

    model: str
    _: KW_ONLY
    base_url: str | None
    api_key: str | None = field(repr=False)
    timeout: float = 120.0
    temperature: float | None = 0.0
    seed: int | None = None
    label: str = ""
    key_name: str = "the API key"
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self.name = self.label or self.model
        self.notice = ""
        self._url = self.base_url or OPENAI
        self.place = Place(host_of(self._url), self.model, self.key_name, self.timeout, self.api_key or "")
        self._lines = Lines()
        self._client: openai.OpenAI | None = None
        self._lock = Lock()
        self._refused: frozenset[str] = frozenset()

    def warm(self) -> None:
        """Load the SDK and build its client; connects to nothing. Never raises: `stream` tells what is wrong."""
        try:
            self._opened()
        except (ModelError, ImportError):
            return

    def close(self) -> None:
        """Close the connections; a later request would open a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def exchange(self, request: Request, answer: Decoding, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Send a request and yield what its answer says; ends early when interrupted. Raises ModelError."""
        with self._lines.line() as line, interrupt.calling(line.cut):
            try:
                response = yield from self._answered(request, line, interrupt)
                with closing(response):
                    yield from answer.opening
                    yield from self._decoded(response, answer, line, interrupt)
            except _Interrupted:
                return
            except ModelError:
                if not interrupt.is_set:
                    raise

    def fetch(self, request: Request, interrupt: Interrupt) -> Any:
        """Send a request once and return the JSON that answers it; None when interrupted. Raises ModelError."""
        import httpx2

        with self._lines.line() as line, interrupt.calling(line.cut):
            sent = self._sent(request, line)
            if isinstance(sent, Failure):
                if interrupt.is_set:
                    return None
                raise self.explained(sent, request)
            with closing(sent):
                try:
                    body = sent.read()
                except (httpx2.HTTPError, httpx2.StreamError) as error:
                    raise of_exception(error, self.place).error from None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise self.place.no_answer("sent something that is not JSON", body.decode("utf-8", "replace")) from None

    def explained(self, failure: Failure, request: Request) -> ModelError:  # noqa: ARG002 - an API may need it
        """Return the error for people; an API may know more of what the refusal of a request means."""
        return failure.error

    def _opened(self) -> "openai.OpenAI":
        """Return the client, made by whichever thread comes first."""
        with self._lock:
            if self._client is None:
                self._client = open_client(self._url, self.place, self._lines.on_request)
            return self._client

    def _answered(
        self, request: Request, line: Line, interrupt: Interrupt
    ) -> Generator[Delta, None, "httpx2.Response"]:
        """Return a response that is an answer; yields a notice for each time the request is sent again."""
        retries = 0
        stale = True
        while True:
            _check(interrupt)
            sent = self._sent(request, line)
            if not isinstance(sent, Failure):
                return sent
            _check(interrupt)
            known = [key for key in request.optional if key not in self._refused and key in (request.body or ())]
            refused = next((key for key in known if key in sent.refused), None)
            if refused:
                self._refused |= {refused}
                yield Notice("info", f"{self.place.host} does not know {refused}; it is left out from now on.")
            elif request.fallback and sent.status in _REFUSALS:
                request = request.fallback
            elif sent.closed and line.kept and stale:
                stale = False  # the server had closed the connection in the meantime: no news for people
            elif sent.again and retries < self.patience.retries and (sent.after or 0) <= self.patience.most:
                retries += 1
                seconds = self.patience.wait(retries, sent.after)
                turn = f"({retries} of {self.patience.retries})"
                yield Notice("warning", f"{sent.why}; trying again in {seconds:.1f} s {turn}")
                interrupt.wait(seconds)
            else:
                raise self.explained(sent, request)

    def _sent(self, request: Request, line: Line) -> "httpx2.Response | Failure":
        """Send a request; return the response as soon as its headers have come, or what went wrong."""
        client = self._opened()
        import httpx2
        import openai

        line.begin()
        try:
            # Not client.chat.completions.create: walking through messages that are plain JSON already takes it
            # several milliseconds a request, and its stream 200 µs a chunk.
            response = _send(client, request, request.encoded(self._refused))
        except openai.APIStatusError as error:
            said = error.body if error.body is not None else error.response.text
            return of_status(error.status_code, error.response.headers, said, self.place)
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            return of_exception(error, self.place)
        line.answered(response.extensions)
        return response

    def _decoded(
        self, response: "httpx2.Response", answer: Decoding, line: Line, interrupt: Interrupt
    ) -> Iterator[Delta | Assistant]:
        """Yield the deltas and the Assistant. The stream is read to its end, so that the connection can be kept."""
        with closing(self._pieces(response, answer, line, interrupt)) as pieces:
            for piece in pieces:
                yield from answer.feed(piece)
                _check(interrupt)
        _check(interrupt)  # where a connection's end is the answer's, cutting it looks like a proper end
        yield from answer.end()

    def _pieces(
        self, response: "httpx2.Response", answer: Decoding, line: Line, interrupt: Interrupt
    ) -> Generator[bytes, None, None]:
        """Yield the body as it comes; once the answer is complete, wait only a little for what follows."""
        import httpx2

        body = response.iter_bytes()
        try:
            while not answer.complete:
                if (piece := next(body, None)) is None:
                    return
                yield piece
            if not answer.done:
                with line.within(_USAGE):
                    while not answer.done:
                        if (piece := next(body, None)) is None:
                            return
                        yield piece
            self._drained(body, line)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            _check(interrupt)
            if not answer.complete:
                raise of_exception(error, self.place).error from None

    def _drained(self, body: Iterator[bytes], line: Line) -> None:
        read = 0
        with line.within(_DRAIN):
            for piece in body:
                read += len(piece)
                if read > _DRAIN_BYTES:
                    return


def _check(interrupt: Interrupt) -> None:
    if interrupt.is_set:
        raise _Interrupted


def _send(client: "openai.OpenAI", request: Request, body: bytes | None) -> "httpx2.Response":
    import httpx2
    from openai._types import RequestOptions

    options: RequestOptions = {"headers": {"Accept": "text/event-stream, application/json"}}
    streaming: bool = True
    response: httpx2.Response
    if body is None:
        send = client.get if request.method == "GET" else client.post
        response = send(request.path, cast_to=httpx2.Response, options=options, stream=streaming)
    else:
        response = client.post(request.path, cast_to=httpx2.Response, content=body, options=options, stream=streaming)
    return response
