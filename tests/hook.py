"""An endpoint on 127.0.0.1 that does with each call what it is told, down to the single byte.

    with Hook(output("sunny"), status(500), drip(b"HTTP/1.1 200 OK\\r\\n")) as hook:
        ...  # hook.url
        assert hook.calls[0].body == ... and hook.connections == 1

Every call takes the next behaviour; the last one is used again when they run out. A behaviour is a function that is
given the Line and returns whether the connection stays open.
"""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """A request as it came: names of headers in lower case, the body's bytes, and on which connection (from 1)."""

    path: str
    headers: dict[str, str]
    raw: bytes
    connection: int

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Line:
    """One connection, for a behaviour."""

    socket: socket.socket
    closing: threading.Event
    gone: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes, seconds: float = 0.01) -> None:
        """Send a byte at a time, over and over, until the client goes away."""
        try:
            while not self.closing.wait(seconds):
                for byte in data:
                    self.send(bytes([byte]))
                    if self.closing.wait(seconds):
                        return
        except OSError:
            self.gone.set()


Behaviour = Callable[[Line], bool]


def head(code: int = 200, **headers: Any) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {code} Whatever", *lines, "", ""]).encode()


def raw(body: bytes, code: int = 200, **headers: Any) -> Behaviour:
    """A whole answer."""

    def behave(line: Line) -> bool:
        line.send(head(code, Content_Length=len(body), **headers) + body)
        return True

    return behave


def output(value: Any) -> Behaviour:
    return raw(json.dumps({"output": value}).encode(), Content_Type="application/json")


def status(code: int, **headers: Any) -> Behaviour:
    return raw(b"no", code, **headers)


def drip(start: bytes, over_and_over: bytes = b"x") -> Behaviour:
    """Send the start at once, and then byte after byte until the client goes away."""

    def behave(line: Line) -> bool:
        line.send(start)
        line.drip(over_and_over)
        return False

    return behave


def cut(start: bytes) -> Behaviour:
    """Send the start, and close."""

    def behave(line: Line) -> bool:
        line.send(start)
        return False

    return behave


class Hook:
    """The server; see the module. `calls` and `connections` grow; `gone` is set when a client leaves a drip."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        self.gone = threading.Event()
        self._behaviours = list(behaviours)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook?of=ours"

    def __enter__(self) -> "Hook":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._open.append(connection)
                self._start(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            while call := _read(stream, number):
                with self._lock:
                    self.calls.append(call)
                    behave = self._behaviours[0] if len(self._behaviours) == 1 else self._behaviours.pop(0)
                if not behave(Line(connection, self._closing, self.gone)):
                    return


def _read(stream: Any, number: int) -> Call | None:
    first = stream.readline().decode("latin-1")
    if not first.startswith("POST "):
        return None
    headers = {}
    while (line := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Call(first.split()[1], headers, stream.read(int(headers["content-length"])), number)
