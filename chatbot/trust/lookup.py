"""Is a value in a text? However people spell it: whole words and numbers, never parts of longer ones."""

import re
from bisect import bisect_left
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

from chatbot.arguments import written
from chatbot.trust.spoken import dates, decimal, emails, normal, numbers

MOST_PLACES = 10_000
"""Places of one text at which a value is looked at closer."""
WIDE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0003ffff"
"""Scripts that put no spaces between words: every character may begin or end one."""
_TOKEN = re.compile(rf"\d+(?:\.\d+)+|[{WIDE}]|[^\W_{WIDE}]+")
_JOINT = re.compile(r"[ \u00a0\u202f\-/'_]|\s?\(|\)[\s\-]?")
"""What may stand between the digits of one number; thousands' commas are looked at closer."""
_TRUNK = re.compile(r"(\+\d{1,3})\s*\(0\)")
_GROUPED = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{3}){1,9}(?!\w|\.\d)")
_SIGNED = re.compile(r"[-\u2212]\d+(?:[.,]\d+)?|\d+[.,]\d+")
_BROKEN = re.compile(r"[!?;\n]|[.:]\s")


class Text:
    """A text, ready to be looked into; what is costly is made when it is first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def has(self, value: str | float) -> bool:
        """Return whether the value stands in the text."""
        if isinstance(value, int | float):
            number = decimal(written(value))
            return number is not None and number in self._numbers
        wanted = normal(value).strip()
        if not wanted or not self._text:
            return not wanted
        if _SIGNED.fullmatch(wanted):
            return decimal(wanted) in self._numbers
        if "@" in wanted and wanted.count("@") == 1 and " " not in wanted:
            return wanted in self._emails or self._quotes(wanted)
        if "://" in wanted:
            return _bare_url(wanted) in self._words
        if (day := _iso_day(wanted)) and day in self._dates:
            return True
        return self._spells(wanted)

    @cached_property
    def _normal(self) -> str:
        return normal(self._text)

    @cached_property
    def _numbers(self) -> set[Any]:
        return numbers(self._normal)

    @cached_property
    def _emails(self) -> set[str]:
        return emails(self._normal)

    @cached_property
    def _dates(self) -> set[date]:
        return dates(self._normal)

    @cached_property
    def _words(self) -> set[str]:
        return {_bare_url(word) for word in self._normal.split()}

    @cached_property
    def _squeezed(self) -> "list[_Squeezed]":
        without_trunk = _TRUNK.sub(r"\1 ", self._normal)
        return [_Squeezed(text) for text in dict.fromkeys((self._normal, without_trunk))]

    def _quotes(self, wanted: str) -> bool:
        """Return whether it stands here as it is: what has an @ in it may be a password as well."""
        return re.search(rf"(?<![\w.+%\-]){re.escape(wanted)}(?![\w\-]|[.@]\w)", self._normal) is not None

    def _spells(self, wanted: str) -> bool:
        tokens = _TOKEN.findall(wanted)
        if not tokens:
            return wanted in self._normal
        if wanted.isdigit() and not wanted.startswith("0"):  # else a zero in front is part of the name
            grouped = wanted in self._grouped or decimal(wanted) in self._in_words
            if grouped:
                return True
        wishes = [wanted, f"00{wanted[1:]}"] if wanted.startswith("+") else [wanted]
        return any(squeezed.has(wish) for squeezed in self._squeezed for wish in wishes)

    @cached_property
    def _grouped(self) -> set[str]:
        return {digits.replace(".", "") for digits in _GROUPED.findall(self._normal)}

    @cached_property
    def _in_words(self) -> set[Any]:
        return numbers(re.sub(r"\d", " ", self._normal))


class _Squeezed:
    """A normal text without what stands between its words, and where it stood."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._places: list[tuple[int, int]] = []
        pieces, length = [], 0
        for match in _TOKEN.finditer(text):
            pieces.append(match[0])
            self._starts.append(length)
            length += len(match[0])
            self._ends.append(length)
            self._places.append(match.span())
        self._whole = "".join(pieces)

    def has(self, wanted: str) -> bool:
        """Return whether the value stands here, in whole words, with nothing between them that parts them."""
        spans = [match.span() for match in _TOKEN.finditer(wanted)]
        squeezed = "".join(wanted[start:end] for start, end in spans)
        at = self._whole.find(squeezed)
        for _ in range(MOST_PLACES):
            if at < 0:
                break
            first = bisect_left(self._starts, at)
            last = bisect_left(self._ends, at + len(squeezed))
            if self._begins(first, at) and self._stops(last, at + len(squeezed)) and self._fits(first, last, wanted):
                return True
            at = self._whole.find(squeezed, at + 1)
        return False

    def _begins(self, token: int, at: int) -> bool:
        return token < len(self._starts) and self._starts[token] == at

    def _stops(self, token: int, at: int) -> bool:
        return token < len(self._ends) and self._ends[token] == at

    def _fits(self, first: int, last: int, wanted: str) -> bool:
        """Return whether the tokens from first to last say what is wanted, separators and all."""
        given = self._text[self._places[first][0] : self._places[last][1]]
        if " ".join(given.split()) == " ".join(wanted.strip("\"'`#«»“”„.,;:!?()[]<>").split()):
            return True
        joints = {self._starts[token] - self._starts[first] for token in range(first + 1, last + 1)}
        if not _keeps(wanted, joints):
            return False
        digits = sum(self._ends[token] - self._starts[token] for token in range(first, last + 1))
        return all(self._joins(token, digits) for token in range(first, last))

    def _joins(self, token: int, length: int) -> bool:
        """Return whether a token and the next may be one: 12 345 may, 12, 345 may not."""
        (start, end), (then, stop) = self._places[token], self._places[token + 1]
        between = self._text[end:then]
        if not (self._text[end - 1].isdigit() and self._text[then].isdigit()):
            return len(between) <= 3 and not _BROKEN.search(between)
        if between in (",", "'"):
            return stop - then == 3 and end - start <= 3
        return length >= 4 and _JOINT.fullmatch(between) is not None


def _keeps(wanted: str, joints: set[int]) -> bool:
    """Return whether separators between the digits of what is wanted stand in the text, too.

    Only a long number may be given without any: 4155550123 gives 415-555-0123, but 12 does not give 1-2.
    """
    spans = [match.span() for match in _TOKEN.finditer(wanted)]
    length = sum(end - start for start, end in spans)
    at = 0
    for (start, end), (then, _) in pairwise(spans):
        at += end - start
        both_digits = wanted[end - 1].isdigit() and wanted[then].isdigit()
        if both_digits and at not in joints and (length < 7 or not _JOINT.fullmatch(wanted[end:then])):
            return False
    return True


def _bare_url(word: str) -> str:
    word = word.strip("\"'`«»“”„.,;:!?()[]<>{}")
    return word.removeprefix("https://").removeprefix("http://").rstrip("/")


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
