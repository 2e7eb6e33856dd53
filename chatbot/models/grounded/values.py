"""Which values were given, for which argument: pieces of what was said, in the form that the argument's schema wants.

Whether a piece was given is not decided here but by the guards: nothing here is offered that they would refuse.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.models.grounded.grammar import Path, Schema
from chatbot.models.offline.named import Find, named
from chatbot.models.offline.schemas import Slot, kind_of, slots_of
from chatbot.models.offline.unnamed import value_is_code
from chatbot.models.offline.values import value_of
from chatbot.models.offline.words import Utterance, is_id_like, read, stem, stems, words_of
from chatbot.pack import Tool
from chatbot.speech import Speech

MOST = 200
"""Candidates of one argument; the newest are kept."""
NEIGHBOURS = 4
"""Words of the longest phrase."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value for one argument. named: it was given by the argument's name. alone: nothing else was said."""

    value: Any
    named: bool = False
    alone: bool = False


class Values:
    """Reads texts for the arguments of some tools: what is one's by name is no other's."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._slots = tuple(slot for tool in tools for slot in slots_of(tool))
        self._read: dict[str, tuple[Utterance, tuple[Find, ...]]] = {}
        self._speech = Speech(tools)
        said = (f"{tool.name} {tool.description}" for tool in tools)
        self._vocabulary = frozenset(
            [word for text in said for word in stems(text)]
            + [stem(word) for slot in self._slots for word in words_of(slot.path[-1])]
        )

    def of(self, path: Path, schema: Schema, texts: Iterable[str], answers: Container[str]) -> tuple[Candidate, ...]:
        """Return what the texts say for the argument, text by text, without repetitions.

        answers: the texts of which a single word may be the whole answer, be it English or not.
        """
        slot = Slot("", path, kind_of(path[-1], schema), schema, True, False)
        found: dict[str, Candidate] = {}
        for text in texts:
            for candidate in self._in(slot, text, text in answers):
                if candidate.named or repr(candidate.value) not in found:
                    found[repr(candidate.value)] = candidate
            if len(found) >= MOST:
                break
        return tuple(found.values())[:MOST]

    def _in(self, slot: Slot, text: str, is_answer: bool) -> Iterator[Candidate]:
        utterance, finds = self._heard(text)
        own = [find for find in finds if find.slot.path[-1] == slot.path[-1]]
        for find in own:
            yield from (Candidate(value, named=True) for value in find.values)
        secret = {value for value, name in self._speech.secrets(text, "") if name != slot.path[-1]}
        taken = {token for find in finds for token in range(find.start, find.end)}
        spans = [span for span in _spans(slot, utterance, is_answer) if taken.isdisjoint(range(*span))]
        fitting = [(start, end, value_of(slot, utterance.span(start, end))) for start, end in spans]
        pieces = [(start, end, value) for start, end, value in fitting if value is not None and value not in secret]
        alone = not own and self._says_nothing_else({start for start, _, _ in pieces}, utterance)
        for start, end, value in pieces:
            yield Candidate(value, alone=alone and end == start + 1 and _is_code(utterance, start))

    def _heard(self, text: str) -> tuple[Utterance, tuple[Find, ...]]:
        if text not in self._read:
            utterance = read(text)
            self._read[text] = utterance, named(self._slots, utterance, self._vocabulary)
        return self._read[text]

    def _says_nothing_else(self, values: set[int], utterance: Utterance) -> bool:
        return all(
            at in values or token.is_filler or (token.kind == "word" and stem(token.low) in self._vocabulary)
            for at, token in enumerate(utterance.tokens)
        )


def _spans(slot: Slot, utterance: Utterance, is_answer: bool) -> Iterator[tuple[int, int]]:
    """Yield where a value may stand: quotes, words that are no English, and runs of words where any text will do."""
    is_word = is_answer and sum(token.kind == "word" for token in utterance.tokens) == 1
    telling = [at for at, token in enumerate(utterance.tokens) if not token.is_filler]
    for start in telling:
        if utterance.tokens[start].kind == "quote":
            yield start, start + 1
        elif slot.kind not in ("code", "name"):
            ends = range(_reach(utterance, start), start, -1)
            yield from ((start, end) for end in ends if end - 1 in telling)
        elif _is_code(utterance, start) or is_word:
            yield start, start + 1


def _reach(utterance: Utterance, start: int) -> int:
    """Return the token behind the longest phrase that begins here; it stays in its clause."""
    longest = range(start, min(start + NEIGHBOURS, len(utterance.tokens)))
    return next((at for at in longest if utterance.breaks_after(at)), longest[-1]) + 1


def _is_code(utterance: Utterance, at: int) -> bool:
    token = utterance.tokens[at]
    return is_id_like(token.text) and value_is_code(token.text, utterance, at)
