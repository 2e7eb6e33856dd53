"""A Chat Completions server on 127.0.0.1 for tests: real HTTP/1.1 with keep-alive, real chunks, scripted answers.

    with ChatServer(text("Hello!"), calls(("add", {"a": 1, "b": 2})), status(429, {"Retry-After": "1"})) as server:
        ...  # base_url=server.url, any key
        assert server.connections == 1 and server.requests[0].body["model"] == "m"

Every request takes the next behaviour; the last one is used again when they run out. A behaviour is made by

    text("...")                 an answer, streamed word by word; delay: seconds before each chunk
    calls((name, args), ...)    tool calls; args is a dict, or a str that is sent as it is
    chunks(*values)             any chunks, as JSON values, and [DONE]
    status(code, headers, body) an answer without a stream; body is a JSON value or a str
    raw(bytes, content_type)    any body with status 200
    stall(after, seconds)       `after` bytes of a text stream, then silence (after=-1: not even headers)
    cut(after)                  `after` bytes of a text stream, then the connection is closed (after=-1: no headers)

or is a function of the request's body that returns a behaviour. The server is as strict as the strictest: it answers
500 to a history in which a call is not answered right behind its message, an id does not match, arguments are not the
JSON text of an object, or content is missing, and notes it in `violations`; leaving the `with` block does not raise.
"""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import perf_counter
from typing import Any

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Behaviour:
    """What the server does with one request. `pieces` are the body's chunks; -1 in `stop_after` is before headers."""

    pieces: tuple[bytes, ...] = ()
    status: int = 200
    content_type: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    stop_after: int | None = None
    silence: float = 0.0
    open_end: float = 0.0


@dataclass(frozen=True)
class Request:
    """A request as the server got it; `at` is the perf_counter when its head had been read."""

    body: Any
    headers: dict[str, str]
    path: str
    at: float
    method: str = "POST"


Maker = Behaviour | Callable[[Any], Behaviour]


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a chunk as OpenAI streams it."""
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
        **more,
    }


def sse(value: Any) -> bytes:
    """Return a value as one event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def usage(prompt: int = 7, completion: int = 3) -> dict[str, Any]:
    """Return the last chunk, which only counts tokens."""
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {**chunk({}), "choices": [], "usage": counts}


def chunks(*values: Any, delay: float = 0.0, open_end: float = 0.0) -> Behaviour:
    """Stream these chunks and [DONE]; `open_end`: seconds that the body stays open behind it."""
    return Behaviour((*map(sse, values), DONE), delay=delay, open_end=open_end)


def text(answer: str, *, delay: float = 0.0) -> Behaviour:
    """Stream a text, word by word, with usage."""
    words = [chunk({"content": word}) for word in answer.replace(" ", " \0").split("\0") if word]
    start = chunk({"role": "assistant", "content": "", "refusal": None})
    return chunks(start, *words, chunk({}, "stop"), usage(), delay=delay)


def calls(*named: tuple[str, Any], prefix: str = "call_", say: str = "", delay: float = 0.0) -> Behaviour:
    """Stream tool calls, side by side, their arguments in two fragments, with usage."""
    parts = [chunk({"role": "assistant", "content": say or None})]
    for index, (name, given) in enumerate(named):
        arguments = given if isinstance(given, str) else json.dumps(given)
        function = {"name": name, "arguments": ""}
        parts.append(
            chunk(
                {"tool_calls": [{"index": index, "id": f"{prefix}{index}", "type": "function", "function": function}]}
            )
        )
        half = len(arguments) // 2
        parts += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            for piece in (arguments[:half], arguments[half:])
        ]
    return chunks(*parts, chunk({}, "tool_calls"), usage(), delay=delay)


def status(code: int, headers: dict[str, str] | None = None, body: Any = None) -> Behaviour:
    """Answer with a status; a body that is no str is sent as JSON."""
    if body is None:
        body = {"error": {"message": f"scripted {code}", "type": "scripted", "param": None, "code": None}}
    kind = "text/plain" if isinstance(body, str) else "application/json"
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    return Behaviour((content,), code, kind, headers or {})


def raw(body: bytes, content_type: str = "text/event-stream") -> Behaviour:
    """Answer 200 with any body."""
    return Behaviour((body,), content_type=content_type)


def stall(after: int, seconds: float = 30.0, answer: str = "one two three four five six") -> Behaviour:
    """Stream a text up to this byte, then say nothing, and after that close."""
    return replace(text(answer), stop_after=after, silence=seconds)


def cut(after: int, answer: str = "one two three four five six") -> Behaviour:
    """Stream a text up to this byte, then close the connection."""
    return replace(text(answer), stop_after=after)


class ChatServer:
    """The server; see the module. `requests`, `violations` and `connections` (how many were accepted) grow."""

    def __init__(self, *behaviours: Maker) -> None:
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.connections = 0
        self.disconnected = threading.Event()
        self._behaviours = list(behaviours)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def bodies(self) -> list[Any]:
        """The requests' bodies."""
        return [request.body for request in self.requests]

    def then(self, *behaviours: Maker) -> None:
        """Replace what comes next."""
        with self._lock:
            self._behaviours = list(behaviours)

    def __enter__(self) -> "ChatServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def accept(self, request: Request) -> Behaviour:
        """Note a request and return what to do with it."""
        with self._lock:
            self.requests.append(request)
            wrong = self.wrong(request.body)
            self.violations += wrong
            if not self._behaviours:
                return status(500, body={"error": {"message": "The server was given nothing to say."}})
            maker = self._behaviours[0] if len(self._behaviours) == 1 else self._behaviours.pop(0)
        if wrong:
            return status(500, body={"error": {"message": "; ".join(wrong)}})
        return maker(request.body) if callable(maker) else maker

    def wrong(self, body: Any) -> list[str]:
        """Return what is wrong with a body that was posted."""
        return violations(body)

    def fetched(self, request: Request) -> Behaviour:
        """Return what to do with a GET."""
        return status(404)

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than the server lives."""
        self._closing.wait(seconds)


def violations(body: Any) -> list[str]:
    """Return what a strict server would refuse in a request."""
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list) or not body["messages"]:
        return ["no messages"]
    wrong: list[str] = []
    waiting: list[str] = []
    for number, message in enumerate(body["messages"]):
        role = message.get("role")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                wrong.append(f"messages[{number}]: a result without a call")
            else:
                waiting.remove(message["tool_call_id"])
        elif waiting:
            wrong.append(f"messages[{number}]: calls {waiting} were not answered")
            waiting = []
        made = message.get("tool_calls")
        if role not in ("system", "user", "assistant", "tool"):
            wrong.append(f"messages[{number}]: role {role!r}")
        if "content" not in message or not isinstance(message["content"], str | None if made else str):
            wrong.append(f"messages[{number}]: no content")
        if made is not None:
            wrong += _wrong_calls(made, f"messages[{number}]")
            waiting = [call.get("id") for call in made]
    if waiting:
        wrong.append(f"calls {waiting} were not answered")
    if "tools" in body and not body["tools"]:
        wrong.append("tools is empty")
    return wrong


def _wrong_calls(made: list[Any], where: str) -> list[str]:
    ids = [call.get("id") for call in made]
    wrong = [] if ids and all(ids) and len(set(ids)) == len(ids) else [f"{where}: ids {ids}"]
    for call in made:
        try:
            arguments = json.loads(call["function"]["arguments"], parse_constant=_refuse)
            json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
        except ValueError as error:
            wrong.append(f"{where}: arguments of {call['function']['name']} are no JSON: {error}")
            continue
        if not isinstance(arguments, dict):
            wrong.append(f"{where}: arguments of {call['function']['name']} are no object")
        if call.get("type") != "function" or not call["function"]["name"]:
            wrong.append(f"{where}: not a function call")
    return wrong


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, chat: ChatServer) -> None:
        self.chat = chat
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.chat.connections += 1
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for request in list(self._open):
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        at = perf_counter()
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            body = json.loads(content.decode("utf-8"), parse_constant=_refuse)
        except ValueError as error:
            body = str(error)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._try(self.server.chat.accept(Request(body, headers, self.path, at)))

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._try(self.server.chat.fetched(Request(None, headers, self.path, perf_counter(), "GET")))

    def _try(self, behaviour: Behaviour) -> None:
        try:
            self._answer(behaviour)
        except OSError:
            self.close_connection = True
            self.server.chat.disconnected.set()

    def _answer(self, behaviour: Behaviour) -> None:
        if behaviour.stop_after == -1:
            self._stop(behaviour)
            return
        streamed = behaviour.content_type == "text/event-stream"
        self.send_response(behaviour.status)
        self.send_header("Content-Type", behaviour.content_type)
        for name, value in behaviour.headers.items():
            self.send_header(name, value)
        if streamed:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(sum(map(len, behaviour.pieces))))
        self.end_headers()
        left = behaviour.stop_after
        for piece in behaviour.pieces:
            self.server.chat.wait(behaviour.delay)
            part = piece if left is None else piece[:left]
            if part:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if streamed else part)
            if left is not None and (left := left - len(part)) <= 0:
                self._stop(behaviour)
                return
        if streamed:
            if behaviour.open_end:
                self.server.chat.wait(behaviour.open_end)
            self.wfile.write(b"0\r\n\r\n")

    def _stop(self, behaviour: Behaviour) -> None:
        """Say nothing more until the client goes away, the time is over or the server closes; then close."""
        self.close_connection = True
        self.connection.settimeout(0.02)
        until = perf_counter() + behaviour.silence
        while perf_counter() < until and not self.server.chat._closing.is_set():
            try:
                if not self.connection.recv(1):
                    self.server.chat.disconnected.set()
                    return
            except TimeoutError:
                continue
