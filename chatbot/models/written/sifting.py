"""Telling prose from calls in a message that is still being written."""

import re
from dataclasses import dataclass
from typing import Literal

from chatbot.models.written import bare
from chatbot.models.written.calls import Call, Offer
from chatbot.models.written.forms import BY_OPENING, LONGEST, OPENING, PREFIXES, STRAY, WINDOW
from chatbot.models.written.quoting import Told
from chatbot.models.written.text import Code, Trimmed

_BETWEEN = re.compile(rf"(?:\s|{STRAY.pattern})*")
Turn = Literal["call", "quotation"]
"""What a mark tells of all that follows it."""
_SHORT = 512
"""Up to so many characters every new one is looked at; then only each doubling, so that no length takes long."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """The end of a message: the prose that was not passed on before, and its calls.

    quoted: whether it holds what would be calls, had it said nothing else, and nobody the same before.
    """

    text: str
    calls: tuple[Call, ...] = ()
    quoted: bool = False


class Sifter:
    """Passes prose on as it comes and keeps back what is a call, or may still become one.

    A message that could be nothing but bare calls is kept until it cannot. Behind a mark that opens a call, all is kept
    to the end; behind one that is quoted, all is prose. Where no tools are on offer, only a message that is nothing but
    marked calls is taken for calls.
    """

    def __init__(self, offer: Offer, told: Told) -> None:
        self._offer = offer
        self._told = told
        self._code = Code()
        self._prose = Trimmed()
        self._kept: list[str] = []
        self._size = self._next = 0
        self._turn: Turn | None = None
        self._begun = not offer

    def feed(self, text: str) -> str:
        """Return the prose that this completes."""
        self._kept.append(text)
        self._size += len(text)
        if self._turn == "call":
            return ""
        if not self._begun:
            if self._size < self._next:
                return ""
            kept = self._take()
            self._begun = not bare.could_be(kept, self._offer)
            if not self._begun:
                self._keep(kept)
                self._next = 0 if len(kept) < _SHORT else 2 * len(kept)
                return ""
            self._keep(kept)
        return self._passed(self._take(), whole=False)

    def end(self) -> Sifted:
        """Return what is left of a message that is complete."""
        if not self._begun and (calls := bare.calls_in("".join(self._kept), self._offer)):
            whole = self._take()
            return Sifted(whole, quoted=True) if bare.inside(whole) in self._told else Sifted("", calls)
        text = self._passed(self._take(), whole=True)
        rest = self._take()
        if self._turn != "call":
            return Sifted(text + self._prose.rest, quoted=self._turn is not None)
        found = self._read(rest)
        return Sifted(text + self._prose.rest + rest, quoted=True) if found is None else Sifted(text, found)

    def all(self) -> str:
        """Return everything that was not passed on, calls or not."""
        return self._prose.rest + self._take()

    def broken_off(self) -> str:
        """Return what is left of a message that goes no further, but for the beginning of a call."""
        if not self._begun and bare.begins("".join(self._kept), self._offer):
            return ""
        text = self._passed(self._take(), whole=True)
        rest = self._take()
        return text if self._turn == "call" and self._read(rest) is not None else text + self._prose.rest + rest

    def _passed(self, text: str, *, whole: bool) -> str:
        """Return the prose that the text begins with, and keep the rest."""
        until = 0 if self._turn == "call" else len(text)
        if not self._turn:
            until, self._turn = turn(text, self._code, whole=whole)
        if self._turn == "call" and not self._offer and (self._prose.begun or text[:until].strip()):
            self._turn = "quotation"
        if self._turn == "quotation":
            until = len(text)
        self._keep(text[until:])
        return self._prose.feed(text[:until])

    def _read(self, text: str) -> tuple[Call, ...] | None:
        """Return the calls that a text consists of, which begins with a mark; None where it quotes them."""
        calls: list[Call] = []
        at = 0
        while (at := _after_blanks(text, at)) < len(text):
            mark = OPENING.match(text, at)
            form = BY_OPENING[mark[0]] if mark else None
            if not mark or not form or form.begins(text[mark.end() : mark.end() + WINDOW], whole=True) is False:
                return None
            found, end = form.read(text, at, self._offer)
            if text[at:end] in self._told:
                return None
            calls += found
            at = end
        return tuple(calls)

    def _keep(self, text: str) -> None:
        self._kept = [text] if text else []
        self._size = len(text)

    def _take(self) -> str:
        kept = "".join(self._kept)
        self._keep("")
        return kept


def turn(text: str, code: Code, *, whole: bool) -> tuple[int, Turn | None]:
    """Return where prose ends for certain, and what it turns into there; None where it stays prose, as yet.

    whole: nothing follows the text. `code` has seen all before the text, and afterwards all up to what is returned.
    """
    start = at = 0
    while found := OPENING.search(text, at):
        code.feed(text[start : found.start()])
        start, at = found.start(), found.start() + 1
        form, after = BY_OPENING[found[0]], found.end()
        begins = form.begins(text[after : after + WINDOW], whole=whole)
        if begins or (whole and begins is None and (code.blank or text[after:].strip())):
            fits = code.on_its_own or (code.behind_a_sentence and not form.is_word)
            return start, "call" if fits and not code.inside else "quotation"
        if begins is None and not whole:
            return start, None
    end = len(text) - (0 if whole else _partial(text, at))
    code.feed(text[start:end])
    return end, None


def _after_blanks(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _partial(text: str, start: int) -> int:
    """Return how much of the text's end may be the beginning of a mark."""
    sizes = range(min(LONGEST - 1, len(text) - start), 0, -1)
    return next((size for size in sizes if text[-size:] in PREFIXES), 0)
