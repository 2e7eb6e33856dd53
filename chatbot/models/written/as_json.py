"""Calls written as JSON: an envelope with the name and the arguments, a list of them, or several in a row.

    {"name": "f", "arguments": {...}}     also "function", "tool" ... and "parameters", "args", "input" ...
    {"type": "function", "function": {"name": "f", "arguments": "{...}"}}
    {"tool_calls": [...]}

The arguments are passed on as the slice of the text that they are. A string that holds a JSON object, which is how
OpenAI's format has it, is passed on as what it holds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.models.written.calls import Call, Offer, Unreadable

NAMES = frozenset({"name", "function", "tool", "tool_name", "function_name", "recipient_name"})
ARGUMENTS = frozenset({"arguments", "parameters", "args", "params", "input", "tool_input"})
WRAPPERS = frozenset({"function", "function_call", "tool_call"})
LISTS = frozenset({"tool_calls", "tool_uses"})
BESIDE = frozenset({"id", "type", "index", "call_id", "tool_call_id", "role"})
"""What else an envelope may hold without being something else: a tool's own schema, a person's record ..."""

_DECODER = json.JSONDecoder(parse_int=str)  # str: a number of any length is only measured here
_BLANK = re.compile(r"[ \t\r\n]*")
_BETWEEN = re.compile(r"[ \t\r\n;,]*")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One call. arguments: None where there are none. others: the names of whatever else it holds."""

    name: str
    arguments: str | None
    others: frozenset[str]


def read(text: str, offer: Offer) -> tuple[Call, ...]:
    """Return the calls that the text is. Raises Unreadable, or what JSON raises."""
    found = envelopes(text)
    if any(one.arguments is None and one.others - BESIDE for one in found):
        raise Unreadable("what else it holds may be the arguments")
    return tuple(Call(offer.name(one.name), one.arguments or "{}") for one in found)


def envelopes(text: str) -> list[Envelope]:
    """Return the envelopes that the text is, one behind the other. Raises Unreadable, ValueError or RecursionError."""
    found: list[Envelope] = []
    at = _skip(text, 0)
    while at < len(text):
        end = value_end(text, at)
        found += _envelopes(text[at:end])
        at = _after(_BETWEEN, text, end)
    if not found:
        raise Unreadable("no call")
    return found


def value_end(text: str, start: int) -> int:
    """Return where the JSON value ends that begins at `start`. Raises ValueError or RecursionError."""
    return _DECODER.raw_decode(text, start)[1]


def _envelopes(text: str) -> Iterator[Envelope]:
    if text.startswith("["):
        for _, item in _parts(text):
            yield from _envelopes(item)
        return
    parts = [part for part in _parts(text) if part[1] != "null"]
    wrapped = [part for part in parts if part[0] in WRAPPERS and part[1].startswith("{")]
    wrapped += [part for part in parts if part[0] in LISTS and part[1].startswith("[")]
    if not wrapped:
        yield _envelope(parts)
        return
    beside = frozenset(name for name, _ in parts if name != wrapped[0][0])
    if len(wrapped) > 1 or beside & (NAMES | ARGUMENTS):
        raise Unreadable("more than one call in one object")
    for inner in _envelopes(wrapped[0][1]):
        yield Envelope(inner.name, inner.arguments, inner.others | beside)


def _envelope(parts: list[tuple[str, str]]) -> Envelope:
    names = [value for key, value in parts if key in NAMES]
    arguments = [value for key, value in parts if key in ARGUMENTS]
    if len(names) != 1 or len(arguments) > 1 or not names[0].startswith('"'):
        raise Unreadable("not one name and its arguments")
    others = frozenset(key for key, _ in parts) - NAMES - ARGUMENTS
    return Envelope(json.loads(names[0]), _unwrapped(arguments[0]) if arguments else None, others)


def _unwrapped(arguments: str) -> str:
    """Return the arguments, out of the string that they may stand in."""
    if arguments.startswith('"'):
        held: str = json.loads(arguments)
        start = _skip(held, 0)
        if held.startswith("{", start) and _skip(held, value_end(held, start)) == len(held):
            return held
    return arguments


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield what an object or a list holds: the name ("" in a list) and the value as it is written."""
    if text[:1] not in ("{", "["):
        raise Unreadable("neither an object nor a list")
    closing = "}" if text[0] == "{" else "]"
    at = _skip(text, 1)
    while not text.startswith(closing, at):
        name = ""
        if closing == "}":
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        end = value_end(text, at)
        yield name, text[at:end]
        at = _skip(text, end)
        if text.startswith(",", at):
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    return _after(_BLANK, text, at)


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
