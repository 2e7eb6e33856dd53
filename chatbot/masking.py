"""Secrets are taken out of everything that is shown or kept; the model and the tools still get them."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from chatbot.arguments import leaves, parsed
from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Event,
    HistoryCut,
    Notice,
    Progressed,
    ReasoningDelta,
    Replied,
    SecretAnswered,
    SecretAsked,
    SessionChanged,
    SessionStarted,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.pack import Tool
from chatbot.speech import Speech, words_of
from chatbot.types import ToolCall

MASK = "•••"
LONG = 8  # characters; a shorter secret is looked for as a whole word, else the mask would eat ordinary text
SHORTEST = 2  # characters; what base64 makes of no more than these is too common a word


class Mask:
    """The secrets of one session.

    `tools` tells which arguments are secret; their values become known when a call carries them, or when the user says
    them by name ("my API key is ...").
    """

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        every = tuple(tools)
        keepers = [tool for tool in every if tool.secrets]
        self._names = frozenset(tool.name for tool in every)
        self._secret_arguments = {tool.name: tool.secrets for tool in keepers}
        self._speech = Speech(keepers)
        self._patterns: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._longest = 0

    def learn(self, value: object, name: str = "") -> None:
        """Make a value a secret from now on; `name` is the argument it belongs to."""
        text = value if isinstance(value, str) else "" if value is None else str(value)
        if not text.strip() or text == MASK:  # what is played from a recording is masked already
            return
        for form in _forms(text):
            self._patterns.setdefault(form, _pattern(form, name))
            self._longest = max(self._longest, len(form))
        self._compile()

    def _compile(self) -> None:
        longest_first = sorted(self._patterns, key=len, reverse=True)
        self._pattern = re.compile("|".join(self._patterns[form] for form in longest_first)) if longest_first else None

    def adopt(self, other: "Mask") -> None:
        """Learn all that another one knows."""
        self._patterns |= other._patterns
        self._longest = max(self._longest, other._longest)
        self._compile()

    def learn_call(self, call: ToolCall) -> None:
        """Make the values of a call's secret arguments secrets."""
        secret = self._secret_arguments.get(call.name)
        if secret:
            for name, value in leaves(parsed(call.arguments), secret):
                self.learn(value, name)

    def learn_speech(self, text: str, asked: str = "") -> None:
        """Make secrets of what the user calls so; `asked` is what the assistant said before."""
        for value, name in self._speech.secrets(text, asked):
            self.learn(value, name)

    def text(self, text: str, start: int = 0) -> str:
        """Return the text from `start` on with every known secret masked; what stands before it counts as context."""
        if self._pattern is None:
            return text[start:]
        pieces = []
        for match in self._pattern.finditer(text, start):
            pieces += [text[start : match.start()], MASK]
            start = match.end()
        return "".join(pieces) + text[start:]

    def call(self, call: ToolCall) -> ToolCall:
        """Return the call with its secret arguments masked; if they cannot be told apart, all of them are."""
        secret = self._secret_arguments.get(call.name, frozenset())
        return replace(call, name=self._name(call.name), arguments=self._arguments(call.arguments, secret))

    def _arguments(self, text: str, secret: frozenset[str]) -> str:
        arguments = parsed(text)
        if secret and not isinstance(arguments, dict):
            return MASK
        try:
            plain = json.dumps(_masked(arguments, secret), ensure_ascii=False)
        except RecursionError:
            return MASK
        if secret or self.text(plain) != plain:  # whatever escapes the model wrote it with
            return self.text(plain)
        return self.text(text)

    def _name(self, name: str) -> str:
        """Return the name of a tool; one that a model made up may be anything."""
        return name if name in self._names else self.text(name)

    def event(self, event: Event) -> Event:
        """Return the event as it may be shown and kept."""
        match event:
            case StatusChanged() | SessionStarted() | SessionChanged() | SecretAsked() | SecretAnswered():
                return event
            case Progressed():
                return event
            case TurnStarted(message=message):
                return (
                    event if message is None else replace(event, message=replace(message, text=self.text(message.text)))
                )
            case TextDelta(text=text) | ReasoningDelta(text=text) | Notice(text=text):
                return replace(event, text=self.text(text))
            case Replied(message=reply):
                calls = tuple(self.call(call) for call in reply.calls)
                return replace(event, message=replace(reply, text=self.text(reply.text), calls=calls))
            case ToolCalled(call=call):
                return replace(event, call=self.call(call))
            case ApprovalAsked(call=call, reason=reason):
                return replace(event, call=self.call(call), reason=self.text(reason))
            case ApprovalAnswered(reason=reason):
                return replace(event, reason=self.text(reason))
            case ToolReturned(result=result):
                shown = replace(result, name=self._name(result.name), content=self.text(result.content))
                return replace(event, result=shown)
            case HistoryCut(summary=summary):
                return replace(event, summary=self.text(summary))
            case TurnEnded(detail=detail):
                return replace(event, detail=self.text(detail))

    def unsure(self, text: str) -> int:
        """Return how many characters at the end may be the beginning of a secret, so that more must be seen first."""
        for length in range(min(self._longest, len(text)), 0, -1):
            tail = text[-length:]
            if any(form.startswith(tail) for form in self._patterns):
                return length
        return 0


class MaskedStream:
    """Masks a text that comes in pieces: a secret split over any of them does not get through."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._text = ""
        self._start = 0

    def feed(self, piece: str) -> str:
        """Return what may be shown by now."""
        self._text += piece
        return self._release(len(self._text) - self._mask.unsure(self._text[self._start :]))

    def flush(self) -> str:
        """Return the rest."""
        return self._release(len(self._text))

    def _release(self, end: int) -> str:
        shown = self._mask.text(self._text[:end], self._start)
        context = max(0, end - 64)
        self._text, self._start = self._text[context:], end - context
        return shown


def _masked(value: Any, secret: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: MASK if key in secret else _masked(item, secret) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, secret) for item in value]
    return value


def _forms(secret: str) -> set[str]:
    """Return the secret as it may turn up: as it is, URL-encoded, JSON-escaped, in base64, also inside of more."""
    octets = secret.encode("utf-8", "surrogatepass")
    quoted = {quote_plus(octets), *(quote(octets, safe=safe) for safe in ("", "/", "!~*'()"))}
    lower = {re.sub("%..", lambda escape: escape[0].lower(), form) for form in quoted}
    twice = {form for once in _escaped(secret) for form in _escaped(once)}
    forms = {secret, *quoted, *lower, *_escaped(secret), *twice}
    if len(secret) > SHORTEST:
        forms |= {form for encode in (base64.b64encode, base64.urlsafe_b64encode) for form in _base64(octets, encode)}
    return forms


def _escaped(text: str) -> set[str]:
    """Return the text as JSON writers escape it: some do it to slashes, some to what HTML would read."""
    forms = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    forms |= {form.replace("/", r"\/") for form in forms}
    return forms | {re.sub("[<>&']", lambda character: rf"\u{ord(character[0]):04x}", form) for form in forms}


def _base64(octets: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield what the octets look like on their own, and in the midst of others, wherever among them they begin."""
    alone = encode(octets).decode()
    yield from (alone, alone.rstrip("="))
    if len(octets) >= LONG:
        for before, first in ((0, 0), (1, 2), (2, 3)):
            yield encode(bytes(before) + octets).decode()[first : (before + len(octets)) * 8 // 6]


def _pattern(form: str, name: str) -> str:
    """Return what finds the form: a short one only as a whole word, and not inside its own argument's spoken name."""
    pattern = re.escape(form)
    if len(form) >= LONG:
        return pattern
    if form[-1].isalnum():
        pattern += r"(?!\w)"
    if form[0].isalnum():
        pattern = r"(?<!\w)" + pattern
    words = [word.lower() for word in words_of(name)]
    if form.lower() in words:
        at = words.index(form.lower())
        if at > 0:
            pattern = rf"(?<!(?i:{re.escape(words[at - 1])})[ _\-])" + pattern
        if at + 1 < len(words):
            pattern += rf"(?![ _\-](?i:{re.escape(words[at + 1])}))"
    return pattern
