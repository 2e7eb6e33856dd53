"""Harmony, the format of gpt-oss, where a server passes it on as text.

    <|channel|>analysis<|message|>...<|end|><|start|>assistant<|channel|>final<|message|>...<|return|>
    <|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{...}<|call|>

What has a recipient is a call, whatever its channel; analysis is reasoning; the other channels are the answer.
The format: https://cookbook.openai.com/articles/openai-harmony
"""

import re

from chatbot.events import ReasoningDelta, TextDelta
from chatbot.models.written.calls import Call, Offer
from chatbot.models.written.quoting import Told

STARTS = ("<|channel|>", "<|start|>")
PREFIXES = frozenset(start[:size] for start in STARTS for size in range(1, len(start)))
_MESSAGE = "<|message|>"
_END = re.compile(r"<\|(?:end|start|channel|call|return)\|>")
_TOKENS = ("<|end|>", "<|start|>", "<|channel|>", "<|call|>", "<|return|>")
_TOKEN_PREFIXES = frozenset(token[:size] for token in _TOKENS for size in range(1, len(token)))
_RECIPIENT = re.compile(r"to=([^\s<]+)")
_LONGEST_HEADER = 400

Part = ReasoningDelta | TextDelta | Call


class Harmony:
    """Tells reasoning, answer and calls from each other in a message that is still being written."""

    def __init__(self, offer: Offer, told: Told) -> None:
        self._offer = offer
        self._told = told
        self._kept = ""
        self._header: str | None = None
        self._arguments: list[str] = []

    def feed(self, text: str, *, whole: bool = False) -> list[Part]:
        """Return the parts that this completes; `whole`: nothing follows it."""
        parts: list[Part] = []
        rest, before = self._kept + text, None
        while (state := (rest, self._header)) != before:
            before = state
            if self._header is None:
                rest = self._head(rest, parts, whole=whole)
            else:
                rest = self._body(self._header, rest, parts, whole=whole)
        self._kept = rest
        return parts

    def _head(self, text: str, parts: list[Part], *, whole: bool) -> str:
        header, mark, rest = text.partition(_MESSAGE)
        if mark:
            self._header = header
            return rest
        if len(text) > _LONGEST_HEADER or (whole and not text.lstrip().startswith("<|")):
            parts += [TextDelta(text)] if text.strip() else []  # no header after all
            return ""
        return "" if whole else text

    def _body(self, header: str, text: str, parts: list[Part], *, whole: bool) -> str:
        found = _END.search(text)
        end = found.start() if found else len(text) - (0 if whole else _partial(text))
        recipient = _RECIPIENT.search(header)
        if recipient:
            self._arguments.append(text[:end])
        elif text[:end]:
            parts.append(ReasoningDelta(text[:end]) if "analysis" in header else TextDelta(text[:end]))
        if recipient and (found or whole):
            arguments, self._arguments = "".join(self._arguments).strip(), []
            # Where the end is missing, the arguments may only not have come: "" is no JSON, and is refused.
            call = Call(self._offer.name(_plain(recipient[1])), arguments or ("{}" if found else ""))
            written = f"{header}{_MESSAGE}{arguments}"
            parts.append(TextDelta(written) if written in self._told else call)
        if found or whole:
            self._header = None
        if not found:
            return text[end:]
        return text[found.end() if found[0] in ("<|end|>", "<|call|>", "<|return|>") else found.start() :]


def _plain(recipient: str) -> str:
    """Return the function's name: every recipient that is a function is told by the prefix of its namespace."""
    return recipient.removeprefix("functions.")


def _partial(text: str) -> int:
    sizes = range(min(max(map(len, _TOKENS)) - 1, len(text)), 0, -1)
    return next((size for size in sizes if text[-size:] in _TOKEN_PREFIXES), 0)
