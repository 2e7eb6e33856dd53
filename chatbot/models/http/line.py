"""The line to the server that one call uses, so that another thread can cut it.

A blocked read ends at once when its socket is shut down. Which socket that is, is known from the HTTP library: it
tells of new connections while a request goes out (the `trace` extension), and of the one that was used with the
response. Between the two, a call on a connection that was kept uses one of those that are idle; to cut it, all of them
are shut down, which costs the others no more than to connect again.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock, Timer, local
from typing import Any

_STREAM = "network_stream"


class Lines:
    """The lines of one client."""

    def __init__(self) -> None:
        self.lock = RLock()  # a signal handler may cut a line while the very same thread holds it
        self.idle: list[Any] = []
        self.here = local()

    @contextmanager
    def line(self) -> Iterator["Line"]:
        """Give one call its line."""
        line = Line(self)
        try:
            yield line
        finally:
            line.release()

    def on_request(self, request: Any) -> None:
        """Watch a request; to be registered as the HTTP client's request hook."""
        line = getattr(self.here, "line", None)
        if line is not None:
            request.extensions["trace"] = line.trace


class Line:
    """One call's connection. `kept` tells whether the request went out on a connection of an earlier one."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._stream: Any = None
        self._cut = False
        self._over = False
        self.kept = True

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Take in what the HTTP library tells while a request goes out."""
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._take(info["return_value"])
            self.kept = False

    def begin(self) -> None:
        """Begin a request, the first or one more: what this thread sends next goes over this line."""
        self.kept = True
        self._lines.here.line = self
        with self._lines.lock:
            self._put_back()

    def answered(self, extensions: Mapping[str, Any]) -> None:
        """Take in a response's extensions."""
        self._take(extensions.get(_STREAM))

    def cut(self) -> None:
        """Shut the connection down, now or as soon as there is one; a read that waits ends. From any thread."""
        with self._lines.lock:
            if self._over:
                return
            self._cut = True
            for stream in [self._stream] if self._stream is not None else self._lines.idle:
                _shut(stream)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Shut the connection down if the block takes longer; it may be entered again, which starts anew."""
        timer = Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def release(self) -> None:
        """Let go of the connection: from now on it cannot be cut from here. May be called twice."""
        with self._lines.lock:
            self._over = True
            self._put_back()

    def _put_back(self) -> None:
        known = [*self._lines.idle, self._stream]
        self._lines.idle = [stream for stream in known if stream is not None and _is_open(stream)]
        self._stream = None

    def _take(self, stream: Any) -> None:
        with self._lines.lock:
            self._stream = stream
            self._lines.idle = [s for s in self._lines.idle if s is not stream]
            if self._cut:
                _shut(stream)


def _shut(stream: Any) -> None:
    sock = stream.get_extra_info("socket") if stream is not None else None
    if isinstance(sock, socket.socket):
        try:
            # Not SSLSocket.shutdown, which takes the TLS layer away from under the reading thread.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already


def _is_open(stream: Any) -> bool:
    sock = stream.get_extra_info("socket")
    return isinstance(sock, socket.socket) and sock.fileno() >= 0
