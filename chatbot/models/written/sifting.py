"""Telling prose from calls in a message that is still being written."""

from dataclasses import dataclass

from chatbot.models.written import bare
from chatbot.models.written.calls import Call, Offer
from chatbot.models.written.forms import BY_OPENING, LONGEST, OPENING, PREFIXES, STRAY, WINDOW, Form
from chatbot.models.written.text import Code, Trimmed

_SHORT = 512
"""Up to so many characters every new one is looked at; then only each doubling, so that no length takes long."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """The end of a message: the prose that was not passed on before, and its calls."""

    text: str
    calls: tuple[Call, ...] = ()


class Sifter:
    """Passes prose on as it comes and keeps back what is a call, or may still become one.

    A message that could be nothing but bare calls is kept until it cannot. Behind a mark that opens a call, all is kept
    to the end. Where no tools are on offer, only a message that is nothing but marked calls is taken for calls.
    """

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._code = Code()
        self._prose = Trimmed()
        self._kept: list[str] = []
        self._size = self._next = 0
        self._marked = False
        self._begun = not offer
        self._said = False

    def feed(self, text: str) -> str:
        """Return the prose that this completes."""
        self._kept.append(text)
        self._size += len(text)
        if self._marked:
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
            return Sifted("", calls)
        text = self._passed(self._take(), whole=True)
        rest = self._take()
        if not self._marked:
            return Sifted(text + self._prose.rest)
        said, calls = self._read(rest)
        return Sifted(text + (said.rstrip() if self._said else said.strip()), calls)

    def all(self) -> str:
        """Return everything that was not passed on, calls or not."""
        return self._prose.rest + self._take()

    def broken_off(self) -> str:
        """Return what is left of a message that goes no further, but for the beginning of a call."""
        if not self._begun and bare.begins("".join(self._kept), self._offer):
            return ""
        text = self._passed(self._take(), whole=True)
        return text if self._marked else text + self._prose.rest

    def _passed(self, text: str, *, whole: bool) -> str:
        """Return the prose that the text begins with, and keep the rest."""
        if self._said and not self._offer:
            until, form = len(text), None
        else:
            until, form = opening(text, 0, self._code, whole=whole)
        self._marked = form is not None
        self._keep(text[until:])
        passed = self._prose.feed(text[:until])
        self._said = self._said or bool(passed)
        return passed

    def _read(self, text: str) -> tuple[str, tuple[Call, ...]]:
        """Return the prose and the calls of a text that begins with a mark; white space before one is left out."""
        pieces = [self._prose.rest]
        calls: list[Call] = []
        at, form = opening(text, 0, self._code, whole=True)
        while form is not None:
            found, at = form.read(text, at, self._offer)
            calls += found
            start = at
            at, form = opening(text, start, self._code, whole=True)
            piece = STRAY.sub("", text[start:at])
            if piece[:1].isspace():
                pieces[-1] = pieces[-1].rstrip()
            pieces.append(piece)
        return "".join(pieces), tuple(calls)

    def _keep(self, text: str) -> None:
        self._kept = [text] if text else []
        self._size = len(text)

    def _take(self) -> str:
        kept = "".join(self._kept)
        self._keep("")
        return kept


def opening(text: str, start: int, code: Code, *, whole: bool) -> tuple[int, Form | None]:
    """Return where prose ends for certain, and the form of the call that begins there; None where none does, yet.

    whole: nothing follows the text. `code` has seen all before `start`, and afterwards all up to what is returned.
    """
    at = start
    while found := OPENING.search(text, at):
        code.feed(text[start : found.start()])
        start, at = found.start(), found.start() + 1
        if code.inside:
            continue
        form, after = BY_OPENING[found[0]], found.end()
        begins = form.begins(text[after : after + WINDOW])
        if begins or (whole and begins is None and (code.blank or text[after:].strip())):
            return start, form
        if begins is None and not whole:
            return start, None
    end = len(text) - (0 if whole else _partial(text, at))
    code.feed(text[start:end])
    return end, None


def _partial(text: str, start: int) -> int:
    """Return how much of the text's end may be the beginning of a mark."""
    sizes = range(min(LONGEST - 1, len(text) - start), 0, -1)
    return next((size for size in sizes if text[-size:] in PREFIXES), 0)
