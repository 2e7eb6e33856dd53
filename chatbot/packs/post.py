"""POSTs within a total time: whatever a server does, the thread and its connection are free when the time is over.

The HTTP library's timeouts are for one read each; a server that drips bytes could hold a thread with them forever. So
a timer shuts the socket. To know which one that is, a line is a client with one connection, for one call at a time.
"""

import socket
import ssl
import weakref
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING, Any

from chatbot.tls import trusted

if TYPE_CHECKING:
    import httpx2

KEEP = 60.0
"""Seconds that an idle connection is kept: people think longer than the 5 s that the library gives them."""
LOST = "the connection ended before a whole answer came"
BAD_ENVIRONMENT = "a proxy or a file of certificates that the environment names cannot be used"
COMPRESSED = ("gzip", "x-gzip", "deflate")


class Unanswered(Exception):
    """There is no proper answer. The text says why, without a word of the server's; a person and a model may read it.

    again: the server has not taken the message, so that it may be sent once more. wait: seconds the server wants to be
    left alone for, or None.
    """

    def __init__(self, reason: str, *, again: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.again = again
        self.wait = wait


class Late(Unanswered):
    """The time was over before the answer was there."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted; the body goes out as it is."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; headers by their lower-case names, the body unpacked and only of a success (2xx)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Poster:
    """Keeps connections, and posts over them from any number of threads. max_bytes: most of an unpacked body."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._idle: list[_Line] = []
        weakref.finalize(self, _close_all, self._idle)

    def post(self, message: Message, deadline: float) -> Answer:
        """Post, and read the answer. deadline: monotonic seconds. Raises Unanswered, Late; redirects are not followed.

        The one thing that cannot be cut short is the system's look-up of a name.
        """
        seconds = deadline - monotonic()
        if seconds <= 0:
            raise Late("no time was left")
        try:
            line = self._idle.pop()
        except IndexError:
            line = _new_line()
        try:
            answer = line.post(message, seconds, self._max_bytes)
            if monotonic() >= deadline:  # a body without a length just ends when its socket is shut
                raise Late("the answer was not complete in time")
        except BaseException as error:
            line.close()
            if isinstance(error, Unanswered) and monotonic() >= deadline:
                raise Late("no answer in time") from None
            raise
        self._idle.append(line)
        return answer


class _Line:
    """A client with one connection, for one call at a time."""

    def __init__(self) -> None:
        import httpx2

        limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP)
        self._client = httpx2.Client(verify=trusted(), limits=limits)
        self._stream: Any = None
        self._is_over = False
        self.close = self._client.close

    def post(self, message: Message, seconds: float, max_bytes: int) -> Answer:
        """Post, and read the answer; whatever waits on the connection ends when the time is over."""
        import httpx2

        timer = Timer(seconds, self._shut)
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(message, seconds, max_bytes)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:  # ValueError: no name of a host
            raise _unanswered(error) from None
        finally:
            timer.cancel()
            timer.join()  # else it might shut the connection of the next call
            self._client.cookies.clear()

    def _exchange(self, message: Message, seconds: float, max_bytes: int) -> Answer:
        import httpx2

        timeout = httpx2.Timeout(seconds, connect=seconds / 2)  # a host may have a second address to be tried
        request = self._client.build_request(
            "POST", message.url, content=message.body, headers=dict(message.headers), timeout=timeout
        )
        request.extensions["trace"] = self._trace
        response = self._client.send(request, stream=True)
        try:
            body = b"".join(_unpacked(response, max_bytes)) if response.is_success else b""
            return Answer(response.status_code, dict(response.headers), body)
        finally:
            response.close()

    def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Take in what the HTTP library tells: a connection that it opened."""
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if self._is_over:
                self._shut()

    def _shut(self) -> None:
        self._is_over = True  # before the stream is looked at: one that comes later will be shut by its own thread
        sock = self._stream.get_extra_info("socket") if self._stream is not None else None
        if isinstance(sock, socket.socket):
            try:
                # Not SSLSocket.shutdown, which takes the TLS layer away from under the reading thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already


def _new_line() -> _Line:
    """Return a line as the environment wants it. Raises Unanswered, which quotes no proxy: it may have a password."""
    import httpx2

    try:
        return _Line()
    except (httpx2.InvalidURL, ImportError, OSError, ValueError):  # ImportError: what SOCKS takes is not there
        raise Unanswered(BAD_ENVIRONMENT) from None


def _close_all(lines: list[_Line]) -> None:
    for line in lines:
        line.close()


def _unpacked(response: "httpx2.Response", max_bytes: int) -> Iterator[bytes]:
    """Yield the body unpacked, never much more of it than is allowed."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", *COMPRESSED):
        raise Unanswered("its answer is packed in a way that was not asked for")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if encoding in COMPRESSED else None  # 32: gzip or zlib
    left = max_bytes
    for chunk in response.iter_raw():
        try:
            piece = unpacker.decompress(chunk, left + 1) if unpacker else chunk
        except zlib.error:
            raise Unanswered("its answer cannot be unpacked") from None
        left -= len(piece)
        if left < 0:
            raise Unanswered(f"its answer has more than {max_bytes} bytes")
        yield piece
    if unpacker and not unpacker.eof:
        raise Unanswered(LOST)


def _unanswered(error: Exception) -> Unanswered:
    """Return what an error of the HTTP library means."""
    import httpx2

    causes = tuple(_causes(error))
    match error:
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return Late("no connection could be made in time", again=True)
        case httpx2.TimeoutException():
            return Late("no answer in time")
        case httpx2.ConnectError() | httpx2.ProxyError():
            for kind, reason in REASONS.items():
                if any(isinstance(cause, kind) for cause in causes):
                    return Unanswered(reason, again=not issubclass(kind, ssl.SSLError))
            return Unanswered("no connection could be made", again=True)
        case httpx2.InvalidURL() | httpx2.UnsupportedProtocol() | UnicodeError():
            return Unanswered("its address is none")
        case _:
            return Unanswered(LOST)


REASONS: dict[type[BaseException], str] = {
    ssl.SSLCertVerificationError: "its TLS certificate cannot be trusted",
    ssl.SSLError: "no secure connection could be made (TLS)",
    socket.gaierror: "the name of its host cannot be resolved",
    ConnectionRefusedError: "the connection was refused",
}
"""Why no connection could be made, by what the system raised; the special before the general."""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
