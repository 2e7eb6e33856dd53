"""What went wrong, as one line for people: what, where, and what to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from chatbot.errors import ContextTooLong, CredentialsRefused, ModelError, ModelUnreachable

TOO_LONG = "the conversation is too long"
_TOO_LONG = re.compile(r"context.?(length|window|size)|maximum context|too many tokens|prompt is too long", re.I)
_NO_TOOLS = re.compile(r"does(n't| not) support (tools|tool|function)|tool.*not supported|tool choice requires", re.I)


DETAIL = 300
"""How many characters of a server's own words are shown."""
_READ = 100_000
"""How many of them are looked at."""


class Lost(ModelError):
    """The connection was lost, or said nothing any more, before the answer was whole."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer comes from: the server's host, the model, and what its key is called. `key` is never shown."""

    host: str = "the server"
    model: str = "the model"
    key_name: str = "the API key"
    timeout: float = 120.0
    key: str = field(default="", repr=False)

    def failed(self, what: str, detail: str = "", fix: str = "", most: int = DETAIL) -> ModelError:
        """Return a ModelError whose line reads "host (model) what: detail. fix"."""
        return ModelError(self.line(f"{self.host} ({self.model}) {what}", detail, fix, most))

    def broken_off(self) -> Lost:
        """Return the error for an answer that has no end."""
        return Lost(self.line(f"{self.host} ({self.model}) broke the answer off before its end", fix="Ask again."))

    def no_answer(self, what: str, text: str) -> ModelError:
        """Return the error for something else than an answer, of which it quotes the beginning."""
        return self.failed(what, text, "Check the base URL: most end in /v1.", most=100)

    def line(self, what: str, detail: str = "", fix: str = "", most: int = DETAIL) -> str:
        """Return "what: detail. fix" as one line, without the key; `most` characters of the detail."""
        detail = one_line(self._masked(detail), most)
        said = f"{what}: {detail}" if detail else what
        return one_line(self._masked(f"{said.rstrip('.')}. {fix}".strip()), 800)

    def _masked(self, text: str) -> str:
        """Return the text without the key: before it is cut, since half a key is one that nothing would find."""
        text = one_line(text, len(text))
        return text.replace(self.key, "***") if len(self.key) > 7 else text


@dataclass(frozen=True, slots=True)
class Failure:
    """An error and what can be done: `again` where sending once more may help; `after` is the server's Retry-After.

    why: the error's short form, for the notice of a retry. refused: the body of a 400, which may name a parameter.
    closed: whether the server closed a connection that there was. status: HTTP's, where the server answered.
    """

    error: ModelError
    why: str
    again: bool = False
    after: float | None = None
    refused: str = ""
    closed: bool = False
    status: int = 0


def host_of(base_url: str) -> str:
    """Return host and port of an address, without user, password and path."""
    try:
        parts = urlsplit(base_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or "the server"
    except ValueError:
        return "the server"


def one_line(text: str, most: int = 300) -> str:
    """Return the text without control characters, its white space folded, cut to `most` characters."""
    line = " ".join("".join(char if char.isprintable() or char.isspace() else "" for char in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def error_text(body: Any) -> str:
    """Return what the body of an error says, however the server wraps it."""
    depth = 0
    while isinstance(body, list | dict) and body and depth < 8:
        depth += 1
        if isinstance(body, list):
            body = body[0]
        else:
            body = next((body[key] for key in ("error", "message", "detail", "msg", "code") if body.get(key)), "")
    if isinstance(body, str) and body.lstrip().startswith("<"):
        return "a web page instead of an answer"
    return one_line(f"{body}", _READ) if isinstance(body, str | int) else ""


def of_status(status: int, headers: Mapping[str, str], body: Any, place: Place) -> Failure:
    """Return the failure that an HTTP status tells; `body` is the parsed body, or its text."""
    said = error_text(body)
    what, fix = _explained(status, said, _codes(body), place)
    after = retry_after(headers)
    if status == 429 and after and "insufficient_quota" not in _codes(body):
        fix = f"Ask again in {after:.10g} s."
    # Only the reason goes without the server's words for the key: servers like to quote part of it.
    line = place.line(f"{status} from {place.host}", what if status == 401 else said or what, fix)
    kind = CredentialsRefused if status in (401, 403) else ContextTooLong if what == TOO_LONG else ModelError
    error = kind(line)
    again = status in (408, 409, 429) or status >= 500
    if headers.get("x-should-retry") == "false" or "insufficient_quota" in _codes(body):
        again = False
    why = f"{status} from {place.host}: {what}"
    refused = f"{body}" if status in (400, 422) else ""
    return Failure(error, why, again, after, refused, status=status)


def of_answer(body: Any, place: Place) -> ModelError:
    """Return the error that an answer tells in its own words, long after HTTP has said 200."""
    said, codes = error_text(body), _codes(body)
    what = "broke the answer off with an error"
    if "context_length_exceeded" in codes or _TOO_LONG.search(said):
        fix = f"Start a new one, or choose a model that reads more than {place.model}."
        return ContextTooLong(place.line(f"{place.host} ({place.model}) broke off: {TOO_LONG}", said, fix))
    if "insufficient_quota" in codes:
        return place.failed(what, said, "Check the account's plan and billing.")
    if codes & {"rate_limit_exceeded", "too_many_requests", "429"}:
        return place.failed(what, said, "Wait a moment, then ask again.")
    return place.failed(what, said, "Ask again." if "server_error" in codes else "")


def _explained(status: int, said: str, codes: set[str], place: Place) -> tuple[str, str]:
    """Return what a status means in words, and the fix."""
    if status == 429 and "insufficient_quota" in codes:
        return "the quota is used up", "Check the account's plan and billing."
    if status == 413 or (status in (400, 422, 500) and ("context_length_exceeded" in codes or _TOO_LONG.search(said))):
        return TOO_LONG, f"Start a new one, or choose a model that reads more than {place.model}."
    if status == 400 and codes & {"content_filter", "content_policy_violation"}:
        return "the provider's content filter refused what was said", "Say it otherwise."
    if status in (400, 404, 422, 500) and _NO_TOOLS.search(said):
        return "the model cannot call tools", f"Choose another model than {place.model}."
    if status >= 500:
        return "the server failed", "Ask again; if it stays, see the server's status or log."
    refused = "the key was not accepted" if place.key else "it wants a key and has none"
    return {
        401: (refused, f"Check {place.key_name}."),
        402: ("it wants to be paid", "Check the account's credit."),
        403: ("this is not allowed", f"Check {place.key_name} and what it may use."),
        404: ("not found", f"Check the model's name ({place.model}) and the base URL."),
        408: ("the server waited too long", "Ask again."),
        409: ("the server is busy with something else", "Ask again."),
        429: ("too many requests", "Wait a moment, then ask again."),
    }.get(status, ("the request was refused", ""))


def of_exception(error: BaseException, place: Place) -> Failure:
    """Return the failure behind an exception of the SDK or of its HTTP library."""
    import socket
    import ssl

    import httpx2

    chain = _chain(error)
    if any(isinstance(cause, httpx2.ReadTimeout | httpx2.WriteTimeout) for cause in chain):
        what = f"{place.host} ({place.model}) said nothing for {place.timeout:g} s"
        failed = Lost(place.line(what, fix="Ask again, or allow it a longer timeout."))
        return Failure(failed, f"{place.host} said nothing")
    if any(isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL) for cause in chain):
        return _unreachable(place, "the base URL is not an http:// or https:// address", "Check the base URL.")
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        reason = next(one_line(str(cause), 120) for cause in chain if isinstance(cause, ssl.SSLError))
        return _unreachable(place, f"no secure connection, {reason}", "Check the base URL and the certificates.")
    for cause in chain:
        if isinstance(cause, socket.gaierror):
            again = cause.errno == socket.EAI_AGAIN
            return _unreachable(place, "no such host", "Check the base URL and the network.", again)
    if any(isinstance(cause, httpx2.ConnectTimeout | httpx2.PoolTimeout) for cause in chain):
        return _unreachable(place, "nothing answers there", "Check the base URL and the network.", True)
    if any(isinstance(cause, httpx2.ConnectError | httpx2.ProxyError) for cause in chain):
        refused = any(isinstance(cause, ConnectionRefusedError) for cause in chain)
        reason = "the connection was refused" if refused else one_line(str(chain[-1]), 120)
        return _unreachable(place, reason, "Is the server running? Check the base URL.", True)
    if isinstance(error, httpx2.DecodingError):
        return Failure(place.failed("sent an answer whose compression is broken"), "a broken answer")
    what = f"{place.host} ({place.model}) closed the connection before its answer was whole"
    broken = Lost(place.line(what, fix="Ask again."))
    return Failure(broken, f"{place.host} closed the connection", True, closed=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that retry-after-ms or Retry-After (seconds or an HTTP date) ask for, or None."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) / scale
        except ValueError:
            seconds = _until(value)
        if isfinite(seconds):
            return max(seconds, 0.0)
    return None


def _until(date: str) -> float:
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        return float("nan")
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _unreachable(place: Place, reason: str, fix: str, again: bool = False) -> Failure:
    what = f"No connection to {place.host}"
    return Failure(ModelUnreachable(place.line(what, reason, fix)), f"{what}: {reason}", again)


def _codes(body: Any) -> set[str]:
    inner = body.get("error", body) if isinstance(body, dict) else {}
    codes = [inner.get(key) for key in ("code", "type")] if isinstance(inner, dict) else []
    return {str(code) for code in codes if isinstance(code, str | int)}


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        # httpcore2 raises `from None`, which keeps the reason in the context only.
        error = error.__cause__ or error.__context__
    return chain
