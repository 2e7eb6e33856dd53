"""Reasoning that a model writes into its answer, between tags at the beginning of the message."""

import re
from dataclasses import dataclass

from chatbot.events import ReasoningDelta, TextDelta
from chatbot.models.written.text import Code, Trimmed

TAGS = {
    "<think>": "</think>",  # DeepSeek R1, Qwen 3 and most others
    "<thinking>": "</thinking>",
    "<reasoning>": "</reasoning>",
    "<thought>": "</thought>",
    "<seed:think>": "</seed:think>",  # Seed-OSS
    "[THINK]": "[/THINK]",  # Magistral
    "<|START_THINKING|>": "<|END_THINKING|>",  # Command A
    "<|channel>thought": "<channel|>",  # Gemma 4
    "<|begin_of_thought|>": "<|end_of_thought|>",
}
PREFIXES = frozenset(tag[:size] for tag in TAGS for size in range(1, len(tag)))
_CLOSING = re.compile("|".join(map(re.escape, TAGS.values())))
_CLOSING_PREFIXES = frozenset(tag[:size] for tag in TAGS.values() for size in range(1, len(tag)))
_LONGEST = max(map(len, TAGS.values()))


@dataclass(frozen=True, slots=True)
class Unsaid:
    """All text of the message until here was reasoning: only now did its closing tag come."""


Part = ReasoningDelta | TextDelta | Unsaid


class Thinking:
    """Tells reasoning from text in a message that is still being written.

    Reasoning without a closing tag goes on to the message's end. A closing tag without an opening one ends reasoning
    whose opening tag the chat template put into the prompt, where it ends or begins a line and is not quoted as code;
    it can do so once. Any other tag is text that mentions it.
    """

    def __init__(self) -> None:
        self._kept = ""
        self._closing = ""
        self._begun = False
        self._opened = False
        self._code = Code()
        self._thought = Trimmed()
        self._blank: list[str] = []

    def feed(self, text: str, *, whole: bool = False) -> list[Part]:
        """Return the parts that this completes; `whole`: nothing follows it."""
        parts: list[Part] = []
        rest, before = self._kept + text, None
        while (state := (rest, self._begun, self._closing)) != before:
            before = state
            if self._closing:
                rest = self._think(rest, parts, whole=whole)
            elif not self._begun:
                rest = self._begin(rest, whole=whole)
            else:
                rest = self._say(rest, parts, whole=whole)
        self._kept = rest
        return parts

    def _begin(self, text: str, *, whole: bool) -> str:
        """Look for an opening tag, and return what is to be looked at next."""
        start = text.lstrip()
        self._blank.append(text[: len(text) - len(start)])
        if (not start or start in PREFIXES) and not whole:
            return start
        tag = next((tag for tag in TAGS if start.startswith(tag)), "")
        blank, self._blank = "".join(self._blank), []
        if tag:
            self._closing, self._opened, self._thought = TAGS[tag], True, Trimmed()
            return start.removeprefix(tag)
        self._begun = True
        return start if self._opened else blank + start

    def _think(self, text: str, parts: list[Part], *, whole: bool) -> str:
        until = text.find(self._closing)
        end = until if until >= 0 else len(text) - (0 if whole else _partial(text))
        if thought := self._thought.feed(text[:end] if self._thought.begun else text[:end].lstrip()):
            parts.append(ReasoningDelta(thought))
        if until < 0:
            return text[end:]
        text, self._closing = text[until + len(self._closing) :], ""
        return text

    def _say(self, text: str, parts: list[Part], *, whole: bool) -> str:
        start = at = 0
        while not self._opened and (found := _CLOSING.search(text, at)):
            self._code.feed(text[start : found.start()])
            start, at = found.start(), found.start() + 1
            ends = self._ends_reasoning(text[found.end() :], whole=whole)
            if ends is not False:
                kind = ReasoningDelta if ends else TextDelta
                parts += [kind(text[:start])] if start else []
            if ends:
                parts.append(Unsaid())
                self._begun, self._opened = False, True
                return text[found.end() :]
            if ends is None:
                return text[start:]
        end = len(text) - (0 if whole or self._opened else _partial(text))
        self._code.feed(text[start:end])
        parts += [TextDelta(text[:end])] if end else []
        return text[end:]

    def _ends_reasoning(self, after: str, *, whole: bool) -> bool | None:
        """Return whether a closing tag with this behind it stands for itself; None where more must come to tell."""
        if self._code.inside:
            return False
        if self._code.blank:
            return True
        follows = after[:_LONGEST].lstrip(" \t\r")
        if follows or len(after) >= _LONGEST:
            return follows.startswith("\n")
        return True if whole else None


def _partial(text: str) -> int:
    """Return how much of the text's end may be the beginning of a closing tag."""
    sizes = range(min(_LONGEST - 1, len(text)), 0, -1)
    return next((size for size in sizes if text[-size:] in _CLOSING_PREFIXES), 0)
