"""The HTTP side: an ASGI app that reads, checks the signature, and lets a thread do the rest."""

import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, move_on_after, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.config.serving import is_loopback
from chatbot.packs.functions import listed
from chatbot.serve.access import Entry, write
from chatbot.serve.calls import BadRequest, read_call
from chatbot.serve.service import Answer, Service
from chatbot.serve.store import StoreUnreachable
from chatbot.signing import Scheme

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_BYTES = 1 << 20  # of a body
DIGITS = 18  # of a length that is worth being read
ANSWER_WITHIN = 9.5  # seconds from the request's first line; the platform gives up after 10
SETTLING = 0.5  # seconds of them that are left to the store when a tool is given up
THREADS = 400  # calls that are answered at once; the next ones wait
ENTRY = "chatbot.entry"
LATE = Answer("The function did not answer in time.", "timeout")
GREETING = (
    "This is chatbot serve. Function calls are POSTed to /function-calling; GET /functions lists the functions.\n"
)


class TooLarge(Exception):
    """The body is larger than any function call."""


class Json(Response):
    """A JSON value in UTF-8; half a surrogate pair has no place in it."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


class Web:
    """The endpoints. scheme None: this machine calls without a signature. within: seconds that an answer may take."""

    def __init__(self, service: Service, scheme: Scheme | None, within: float) -> None:
        self._service = service
        self._scheme = scheme
        self._within = within

    @cached_property
    def _threads(self) -> CapacityLimiter:
        return CapacityLimiter(THREADS)

    async def call(self, request: Request) -> Response:
        """Answer a function call: nothing of it is looked at before its signature."""
        entry: Entry = request.scope[ENTRY]
        body = None
        with move_on_after(self._within):
            try:
                body = await _body(request)
            except TooLarge:
                return _error(413, f"The body is larger than {MOST_BYTES} bytes.", {"Connection": "close"})
            except ClientDisconnect:
                entry.outcome = "gone"
                return _error(400, "The body is not complete.")
        if body is None:
            return _error(408, f"The body did not come within {self._within:g} seconds.", {"Connection": "close"})
        if not self._is_signed(request, body):
            return PlainTextResponse("Invalid signature", 403)
        answer = LATE
        try:
            with move_on_after(entry.started + self._within - time.monotonic()):
                answer = await self._in_thread(partial(self._answer, body, entry))
        except BadRequest as error:
            return _error(400, str(error))
        entry.outcome, entry.contact = answer.outcome, answer.contact
        return Json({"output": answer.output})

    async def functions(self, _request: Request) -> Response:
        """List the functions, to be pasted where an assistant is configured."""
        return Json(listed(tool for pack in self._service.packs for tool in pack.tools))

    async def health(self, _request: Request) -> Response:
        """Tell whether calls can be answered."""
        try:
            await self._in_thread(self._service.contacts.store.check)
        except StoreUnreachable:
            return Json({"status": "the store does not answer"}, 503)
        return Json({"status": "ok"})

    async def greeting(self, _request: Request) -> Response:
        """Greet whoever looks in."""
        return PlainTextResponse(GREETING)

    def _is_signed(self, request: Request, body: bytes) -> bool:
        if self._scheme is None:
            return request.client is not None and is_loopback(request.client.host)
        return self._scheme.verify(body, request.headers, time.time())

    def _answer(self, body: bytes, entry: Entry) -> Answer:
        """Read the call and answer it; in a thread. Raises BadRequest."""
        call = read_call(body)
        entry.function, entry.call = call.name, call.id
        try:
            return self._service.answer(call, entry.started + self._within - SETTLING)
        except Exception:  # the last line of defence: a model is told of a bug, too
            log.exception("a call was not answered")
            return Answer("The function failed: the server has an internal error.", "internal")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)


class Logged:
    """Writes a line for each request, when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request and write its line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry = scope[ENTRY] = Entry(scope["method"], scope["path"])

        async def noted(message: Message) -> None:
            entry.status = message.get("status", entry.status)
            entry.bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            entry.seconds = time.monotonic() - entry.started
            write(entry.line())


def web_app(service: Service, scheme: Scheme | None, within: float = ANSWER_WITHIN) -> ASGIApp:
    """Return the ASGI app."""
    web = Web(service, scheme, within)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        service.contacts.store.close()

    routes = [
        Route("/", web.greeting),
        Route("/functions", web.functions),
        Route("/health", web.health),
        Route("/function-calling", web.call, methods=["POST"]),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _refused})
    app.router.redirect_slashes = False
    return Logged(app)


async def _body(request: Request) -> bytes:
    """Return the body; what is too large is not read to its end. Raises TooLarge."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > DIGITS or int(declared) > MOST_BYTES):
        raise TooLarge
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLarge
        pieces.append(piece)
    return b"".join(pieces)


def _refused(_request: Request, error: Exception) -> Response | Awaitable[Response]:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, f"{error.detail}.", dict(error.headers or {}))


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Json({"error": text}, status, headers)
