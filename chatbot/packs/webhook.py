"""Functions behind HTTP, as Turn.io defines them: a call is one signed POST, its output is in the answer.

The format (https://whatsapp.turn.io/docs, "AI Function Calling"): the body is a JSON object with `function_name`,
`function_args`, `tool_call_id`, `context` and, where it is known, `wa_id`; the answer one with `output`. An endpoint
that takes too long has given an empty output.
"""

import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from chatbot.arguments import is_deeper
from chatbot.config.endpoint import Endpoint, origin
from chatbot.pack import Context, NoOutput, Pack, Tool, ToolFailed
from chatbot.packs.functions import Function, read_functions
from chatbot.packs.post import Answer, Late, Message, Poster, Unanswered
from chatbot.schema.checking import loads
from chatbot.signing import scheme

INJECTED = frozenset({"context", "wa_id", "tool_call_id", "function_name", "function_args"})
"""What stands beside the arguments, and a model might try to give: who the user is, the session says."""
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "gzip"}
AGAIN = (429, 502, 503, 504)
"""Statuses of a server that has not taken the call, but may take it later."""
FOLLOWED = (307, 308)
"""Redirects that keep method and body; a signed call goes nowhere but to its own server."""
MOST_REDIRECTS = 3
FIRST_WAIT = 0.25  # seconds before the first retry; each further one waits twice as long
DEEPEST = 100  # levels of a JSON value; nothing that reads it later must run out of stack


def webhook_pack(path: Path, name: str, endpoint: Endpoint | None) -> Pack:
    """Return the functions of a list as a pack whose calls go to the endpoint; without one, it can only be looked at.

    Raises UsageError for a bad list, ConfigError for a bad secret.
    """
    hook = Hook(endpoint) if endpoint else None
    return Pack(name, tuple(_tool(function, hook) for function in read_functions(path)))


class Hook:
    """The line to one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._scheme = scheme(endpoint.scheme, [endpoint.secret])
        self._poster = Poster(endpoint.max_bytes)
        self._host = urlsplit(endpoint.url).hostname

    def call(self, name: str, arguments: Mapping[str, Any], context: Context) -> Any:
        """Return the function's output, a JSON value. Raises NoOutput for everything that is not one."""
        deadline = time.monotonic() + self.endpoint.timeout
        try:
            return _output(self._answer(_body(name, arguments, context), deadline))
        except Late as error:
            limit = f"{self.endpoint.timeout:g} seconds"
            raise NoOutput(
                f"{name} got no output from {self._host}: {error} (the limit is {limit}).", "", "timeout"
            ) from None
        except Unanswered as error:
            content = json.dumps({"output": "", "error": f"{name} failed: {error}"})
            raise NoOutput(f"{name} got no output from {self._host}: {error}.", content) from None

    def _answer(self, body: bytes, deadline: float) -> Answer:
        """Send the call, again where it was not taken and there is time left."""
        id = f"msg_{uuid.uuid4().hex}"  # not the call's: a model may use that twice
        retry = 0
        while True:
            try:
                return self._sent(body, id, deadline)
            except Unanswered as error:
                wait = FIRST_WAIT * 2**retry if error.wait is None else error.wait
                if not error.again or retry >= self.endpoint.retries or time.monotonic() + wait >= deadline:
                    raise
            time.sleep(wait)
            retry += 1

    def _sent(self, body: bytes, id: str, deadline: float) -> Answer:
        headers = {**self.endpoint.headers, **HEADERS, **self._scheme.headers(body, id=id, now=time.time())}
        url = self.endpoint.url
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._poster.post(Message(url, body, headers), deadline)
            if 200 <= answer.status < 300:
                return answer
            url = _elsewhere(answer, url)
        raise Unanswered(f"it answered with more than {MOST_REDIRECTS} redirects")


def _tool(function: Function, hook: Hook | None) -> Tool:
    def run(arguments: dict[str, Any], context: Context) -> Any:
        if hook is None:
            raise ToolFailed(f"{function.name} cannot be called: no --webhook-url was given.")
        return hook.call(function.name, arguments, context)

    return Tool(
        name=function.name,
        description=function.description,
        parameters=function.parameters,
        parse=function.parse,
        run=run,
        effect=function.effect,
        requires=function.requires,
        timeout=hook.endpoint.timeout if hook else 10.0,
        secrets=function.secrets,
        grounded=function.grounded,
        injected=INJECTED - function.parameters.get("properties", {}).keys(),
        unanswered="",
    )


def _body(name: str, arguments: Mapping[str, Any], context: Context) -> bytes:
    """Return the call as the format has it, in UTF-8; these bytes are signed, and these are sent."""
    fields = dict(context.fields)
    known = {"wa_id": fields["wa_id"]} if "wa_id" in fields else {}
    call = {
        "function_name": name,
        "function_args": arguments,
        **known,
        "tool_call_id": context.call,
        "context": fields,
    }
    try:
        text = json.dumps(call, ensure_ascii=False, allow_nan=False, default=_plain)
    except (ValueError, TypeError, RecursionError):
        raise Unanswered("the call cannot be written as JSON") from None
    return text.encode("utf-8", "replace")  # half a surrogate pair has no place in UTF-8


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _elsewhere(answer: Answer, url: str) -> str:
    """Return where a redirect leads, if it is one that may be followed. Raises Unanswered for any other answer."""
    status, location = answer.status, answer.headers.get("location")
    if not (300 <= status < 400 and location):
        wait = answer.headers.get("retry-after", "")
        seconds = float(wait) if wait.isascii() and wait.isdecimal() else None
        raise Unanswered(f"it answered with status {status}", again=status in AGAIN, wait=seconds)
    try:
        there = urljoin(url, location)
    except ValueError:
        there = ""
    if status not in FOLLOWED or origin(there) != origin(url):
        raise Unanswered(f"it answered with a redirect that is not followed (status {status})")
    return there


def _output(answer: Answer) -> Any:
    """Return the output in an answer's body. Raises Unanswered."""
    try:
        value = loads(answer.body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unanswered("its answer is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Unanswered("its answer is not JSON") from None
    if not isinstance(value, dict) or "output" not in value:
        raise Unanswered('its answer is no JSON object with an "output"')
    if is_deeper(value, DEEPEST):
        raise Unanswered("its answer is nested too deep")
    return value["output"]
