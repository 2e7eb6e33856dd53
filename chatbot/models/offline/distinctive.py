"""Values whose form alone says what they are: dates, choices, addresses, numbers, switches."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chatbot.models.offline.english import VERBS, bag
from chatbot.models.offline.named import listed, window
from chatbot.models.offline.schemas import Key, Slot
from chatbot.models.offline.values import NO, value_of
from chatbot.models.offline.words import Utterance, compact, stem, words_of

Values = dict[Key, tuple[Any, ...]]
_SWITCHES = bag("on off true false")


@dataclass(frozen=True, slots=True)
class Scene:
    """The utterance, the tokens that are spoken for, and the words that are the tools' own."""

    utterance: Utterance
    used: set[int]
    vocabulary: frozenset[str]

    def is_free(self, index: int) -> bool:
        """Whether the token could be a value: not taken, not filler, not a word of the tools."""
        token = self.utterance.tokens[index]
        return index not in self.used and not token.is_filler and stem(token.low) not in self.vocabulary | VERBS

    def take(self, start: int, end: int) -> None:
        """Mark the tokens as spoken for."""
        self.used.update(range(start, end))


def distinctive(slots: Iterable[Slot], scene: Scene, *, asked: bool = False) -> Values:
    """Return values whose form alone says what they are; optional ones too, since the user did give them."""
    values: Values = {}
    for slot in slots:
        found: Any = None
        if slot.kind == "json":
            found = _literal(slot, scene.utterance)
        elif slot.kind == "boolean":
            found = None if asked else _mentioned(slot, scene.utterance)
            found = _answer(slot, scene, asked) if found is None and (asked or slot.required) else found
        elif slot.is_selective or (slot.kind in ("integer", "number") and (slot.required or asked)):
            found = _scan(slot, scene, asked)
        if found is not None:
            values[slot.key] = found if isinstance(found, tuple) else (found,)
    return values


def _scan(slot: Slot, scene: Scene, asked: bool) -> tuple[Any, ...] | None:
    utterance = scene.utterance
    fitting = list(_fitting(slot, scene, asked))
    if not fitting:
        return None
    exact = (each for each in fitting if compact(str(each[1])) == compact(utterance.span(each[0], each[2])))
    at, value, end = next(exact, fitting[0]) if slot.kind == "enum" else fitting[0]
    values: tuple[Any, ...] = (value,)
    if slot.kind == "integer" and slot.required:
        values, end = listed(slot, utterance, (value, end), False)
    scene.take(at, end)
    return values


def _fitting(slot: Slot, scene: Scene, asked: bool) -> Iterator[tuple[int, Any, int]]:
    for at, token in enumerate(scene.utterance.tokens):
        found = window(slot, scene.utterance, at) if at not in scene.used and token.kind != "mark" else None
        if found is None or not scene.used.isdisjoint(range(at, found[1])):
            continue
        said_so = asked or token.low in _SWITCHES or token.low == "all"
        if token.is_filler and (slot.is_text or (slot.kind == "enum" and not said_so)):
            continue
        yield at, *found
        if slot.kind != "enum":
            return


def _answer(slot: Slot, scene: Scene, asked: bool) -> Any:
    for at, token in enumerate(scene.utterance.tokens):
        value = value_of(slot, token.text) if asked or token.low in _SWITCHES else None
        if at not in scene.used and value is not None:
            scene.take(at, at + 1)
            return value
    return None


def _mentioned(slot: Slot, utterance: Utterance) -> bool | None:
    name = tuple(stem(word) for word in words_of(slot.path[-1]) if word not in ("is", "has", "as"))
    said = [stem(token.low) for token in utterance.tokens]
    for at in range(len(said) - len(name) + 1):
        if name and tuple(said[at : at + len(name)]) == name:
            return not any(utterance.low(before) in NO for before in range(max(0, at - 2), at))
    return None


def _literal(slot: Slot, utterance: Utterance) -> Any:
    opening = "[" if slot.schema.get("type") == "array" else "{"
    start = utterance.raw.find(opening)
    try:
        value, _ = json.JSONDecoder().raw_decode(utterance.raw, start) if start >= 0 else (None, 0)
    except (ValueError, RecursionError):
        return None
    return value
