"""Calls without any mark: JSON or Python, or a name and JSON; alone, or in one fence that is the whole message.

Nothing but the name of a tool on offer tells them from a message that merely holds JSON, so that nothing else counts.
"""

import re
from dataclasses import dataclass

from chatbot.models.written import as_json, as_named, as_python
from chatbot.models.written.calls import Call, Offer, Unreadable, broken
from chatbot.models.written.forms import BY_OPENING, OPENING, PREFIXES, STRAY_END

_INFO = ("", "json", "tool_code", "tool_call", "tool_calls", "xml")
"""What may be named behind the marks that open a fence; what is named a program is one that people asked for."""
_FENCE = re.compile(rf"```(?:{'|'.join(_INFO)})[ \t]*\r?\n")
_FENCE_START = re.compile(r"`{1,3}|```(\w*)[ \t]*\r?")
_KEYS = as_json.NAMES | as_json.ARGUMENTS | as_json.WRAPPERS | as_json.LISTS | as_json.BESIDE
_KEY = re.compile(r"""[\s\[]*\{\s*(["'])([^"'\\]*)\1""")
_NAME_GIVEN = re.compile(r"""(["'])([^"'\\]*)\1\s*:\s*(["'])([^"'\\]*)\3""")
_BETWEEN = re.compile(
    rf"""[\s,{{]*(?:["'](?:{"|".join(sorted(as_json.WRAPPERS | as_json.LISTS))})["']\s*:[\s\[{{]*)*"""
)
_JSON_START = re.compile(r"""\s*\[?\s*(?:\{\s*(?:["'][^"'\\]*)?)?""")
_WORD = re.compile(r"\[?\s*(?:print\(\s*)?([A-Za-z_][\w.:-]*)?")
_TOKEN = re.compile(r""""(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[\[\](){}]""", re.DOTALL)
_PRINTED = re.compile(r"\s*print\((.*)\)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Body:
    """What stands in the fence, or all of the message. open: the fence, if any, is not closed yet."""

    text: str
    fenced: bool
    open: bool


def could_be(text: str, offer: Offer) -> bool:
    """Return whether a message that begins with this text may still turn out to be nothing but calls."""
    text = text.lstrip()
    if not text:
        return True
    if fence := _FENCE_START.fullmatch(text):
        return any(info.startswith(fence[1] or "") for info in _INFO)
    body = _body(text)
    if body is None:
        return False
    start = body.text.lstrip()
    if not start:
        return body.open
    if start.startswith("<") or (body.fenced and OPENING.match(start)):
        return body.fenced and (start in PREFIXES or bool(OPENING.match(start)))
    return _json_could_be(start, offer) or _name_could_be(start, offer)


def calls_in(text: str, offer: Offer) -> tuple[Call, ...]:
    """Return the calls that the whole message is; none where it is a message."""
    body = _body(_plain(text))
    inner = body.text.strip() if body else ""
    if not body or not inner:
        return ()
    for read in (_json, _python, as_named.ARGS.read):
        try:
            found = read(inner, offer)
        except (ValueError, RecursionError):
            continue
        return found if found and all(call.name in offer for call in found) else ()
    marked = OPENING.match(inner)
    if marked and body.fenced:
        found, end = BY_OPENING[marked[0]].read(inner, 0, offer)
        return found if end == len(inner) and all(call.name in offer for call in found) else ()
    return (_broken(inner, offer),) if begins(inner, offer) and _is_all(inner) else ()


def inside(text: str) -> str:
    """Return what stands in the fence around the whole message, or all of it."""
    body = _body(_plain(text))
    return body.text if body else text


def _plain(text: str) -> str:
    stray = STRAY_END.search(text)
    return (text[: stray.start()] if stray else text).strip()


def begins(text: str, offer: Offer) -> bool:
    """Return whether the text is at least the beginning of a call of a tool on offer."""
    body = _body(text.strip())
    inner = body.text.lstrip() if body else ""
    if _KEY.match(inner):
        given = _name_given(inner)
        return given in offer if given is not None else False
    name = _WORD.match(inner)
    after = inner[name.end() :].lstrip() if name else ""
    return bool(name and name[1] and name[1] in offer and inner.startswith("[") and after.startswith("("))


def _json(text: str, offer: Offer) -> tuple[Call, ...]:
    found = as_json.envelopes(text)
    if any(one.arguments is None or one.others - as_json.BESIDE for one in found):
        raise Unreadable("more, or less, than a call")
    return tuple(Call(offer.name(one.name), one.arguments or "{}") for one in found)


def _python(text: str, offer: Offer) -> tuple[Call, ...]:
    printed = _PRINTED.fullmatch(text)  # as Gemma 3 does
    source = printed[1] if printed else text
    found = as_python.expressions(source)
    if not all(as_python.name_of(call) in offer for call in found):
        raise Unreadable("no tool")
    try:
        return as_python.read(source, offer)
    except Unreadable:
        return (_broken(text, offer),)


def _broken(text: str, offer: Offer) -> Call:
    """Return the call as it is, under the name that it may have; the text is not JSON, or it would have been read."""
    call = broken(text)
    return Call(offer.name(call.name), call.arguments)


def _is_all(text: str) -> bool:
    """Return whether the text is one value that is not JSON: cut off, or only nearly right, with nothing behind it."""
    try:
        as_json.value_end(text, 0)
        return False
    except (ValueError, RecursionError):
        depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth -= 1
            if depth <= 0:
                return not text[token.end() :].strip()
    return True


def _body(text: str) -> _Body | None:
    """Return what stands in the fence around the whole text, or all of it; None where more stands around a fence."""
    fence = _FENCE.match(text)
    if not fence:
        return None if text.startswith("```") else _Body(text, fenced=False, open=False)
    inner, closing, rest = text[fence.end() :].partition("\n```")
    return None if rest.strip() else _Body(inner, fenced=True, open=not closing)


def _json_could_be(text: str, offer: Offer) -> bool:
    if text[0] not in "{[":
        return False
    key = _KEY.match(text)
    if not key:
        return bool(_JSON_START.fullmatch(text))
    given = _name_given(text)
    return key[2] in _KEYS and (given is None or given in offer) and _is_open(text)


def _name_given(text: str) -> str | None:
    """Return the tool's name where the text begins with it, behind nothing but an id or a type."""
    at = text.find("{") + 1
    while pair := _NAME_GIVEN.search(text, at, at + 400):
        if not _BETWEEN.fullmatch(text, at, pair.start()):
            return None
        if pair[2] in as_json.NAMES:
            return pair[4]
        at = pair.end()
    return None


def _is_open(text: str) -> bool:
    """Return whether the JSON at the beginning of the text is not complete, or nothing but more JSON follows it."""
    try:
        end = as_json.value_end(text, 0)
    except (ValueError, RecursionError):
        return True
    return text[end:].lstrip()[:1] in ("", "{", "[", ",", ";", "<", "`")


def _name_could_be(text: str, offer: Offer) -> bool:
    word = _WORD.match(text)
    if not word or (word[1] is None and word.end() < len(text)):
        return False
    name = word[1] or ""
    if word.end() == len(text):
        return not name or "print".startswith(name) or _name_starts(name, offer)
    return name in offer and text[word.end() :].lstrip()[:1] in ("(", "{", "[", "")


def _name_starts(name: str, offer: Offer) -> bool:
    plain = name.rpartition(".")[2]
    return (
        offer.starts(plain)
        or offer.starts(name)
        or any(prefix.startswith(name) for prefix in ("functions.", "function.", "tools.", "default_api."))
    )
