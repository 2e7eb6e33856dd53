"""Which tool is meant: the words of an utterance weighed against names, descriptions and parameters of the tools."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot.models.offline.english import CONCEPTS, VERBS, bag
from chatbot.models.offline.named import Find, named
from chatbot.models.offline.schemas import Slot, slots_of
from chatbot.models.offline.words import Utterance, stem, stems, words_of
from chatbot.pack import Tool

ENOUGH = 1.0
"""The score from which on a tool counts as meant."""
CLEAR = 1.8
"""The score from which on a wish is taken to be a new one, even while an answer is awaited."""
_LEAD = 1.15
_QUESTIONS = bag("what what's which where where's when who who's how how's is are does do whose")
_OPENERS = bag("and so hi hello hey please tell ok okay now")
_WEAK = (VERBS | set(CONCEPTS.values())) - {"convert", "verify", "id"}
_IDLE = bag("get do is run give")


@dataclass(frozen=True, slots=True)
class Card:
    """A tool with what is read from it once: its slots and how much each word speaks for it."""

    tool: Tool
    slots: tuple[Slot, ...]
    weights: Mapping[str, float]

    @property
    def required(self) -> tuple[Slot, ...]:
        """The slots without which the tool cannot be called."""
        return tuple(slot for slot in self.slots if slot.required)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tools on offer by name, and the stems of the words they are described with."""

    cards: Mapping[str, Card]
    vocabulary: frozenset[str]

    def chain(self, name: str) -> tuple[str, ...]:
        """Return the tool behind all it requires, directly or not, in the order they must run."""
        order: list[str] = []

        def visit(current: str, above: frozenset[str]) -> None:
            if current not in self.cards or current in order or current in above:
                return
            for needed in self.cards[current].tool.requires:
                visit(needed, above | {current})
            order.append(current)

        visit(name, frozenset())
        return tuple(order)

    def dependents(self, name: str) -> tuple[str, ...]:
        """Return the tools that require this one."""
        return tuple(other for other, card in self.cards.items() if name in card.tool.requires and other != name)

    @property
    def first(self) -> str:
        """The tool that everything else waits for, or the only one, or ""."""
        if not self.cards:
            return ""
        starts = {self.chain(name)[0] for name in self.cards}
        return starts.pop() if len(starts) == 1 else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an utterance says about the tools: scores, best first, and all that is given by name."""

    scores: tuple[tuple[str, float], ...]
    finds: tuple[Find, ...]

    @property
    def best(self) -> tuple[str, float]:
        """The tool that fits best and how well."""
        return self.scores[0] if self.scores else ("", 0.0)


def catalog_of(tools: Sequence[Tool]) -> Catalog:
    """Return the tools as cards."""
    cards = {tool.name: Card(tool, slots, _weights(tool, slots)) for tool in tools for slots in [slots_of(tool)]}
    texts = [f"{tool.name} {tool.description[:600]}" for tool in tools]
    texts += [" ".join(slot.path) for card in cards.values() for slot in card.slots]
    return Catalog(cards, frozenset(word for text in texts for word in stems(text)))


def _weights(tool: Tool, slots: tuple[Slot, ...]) -> dict[str, float]:
    weights: dict[str, float] = {}
    described = tool.description.split("\n\n")[0][:600]
    texts = [(tool.name, 3.0), (described, 1.2)]
    for slot in slots:
        texts += [(" ".join(slot.path), 1.0), (str(slot.schema.get("description", ""))[:300], 0.5)]
        texts += [(str(choice), 1.0) for choice in slot.schema.get("enum") or () if not isinstance(choice, bool)]
    for text, weight in texts:
        for word in stems(text):
            worth = weight if word not in _WEAK else 1.0 if text == tool.name and word not in _IDLE else 0.6
            weights[word] = max(weights.get(word, 0.0), worth)
    return weights


def understood(utterance: Utterance, catalog: Catalog) -> Reading:
    """Return which tools the utterance speaks of; words that merely name a value count for little."""
    finds = tuple(find for card in catalog.cards.values() for find in named(card.slots, utterance, catalog.vocabulary))
    spread = Counter(word for card in catalog.cards.values() for word in card.weights)
    scores = {name: _score(card, utterance, finds, spread, len(catalog.cards)) for name, card in catalog.cards.items()}
    return Reading(tuple(sorted(scores.items(), key=lambda item: -item[1])), finds)


def _score(card: Card, utterance: Utterance, finds: tuple[Find, ...], spread: Counter[str], count: int) -> float:
    own = [find for find in finds if find.slot.tool == card.tool.name]
    labelling = {at for find in own for at in range(find.start, find.end)}
    worth: dict[str, float] = {}
    for at, token in enumerate(utterance.tokens):
        if token.kind != "word" or token.is_filler:
            continue
        for word in {stem(token.low), *(stem(part) for part in words_of(token.text))} & card.weights.keys():
            rarity = math.log(1 + count / spread[word]) / math.log(1 + count)
            share = 0.3 if at in labelling else 1.0
            worth[word] = max(worth.get(word, 0.0), card.weights[word] * rarity * share)
    score = sum(worth.values()) + 0.9 * sum(find.slot.required for find in own)
    return score * (0.8 if changes(card.tool) else 1.2) if asks(utterance) else score


def changes(tool: Tool) -> bool:
    """Return whether the tool does something, rather than tell something."""
    return tool.effect == "write" or stem((words_of(tool.name) or ("",))[0]) in ("create", "delete", "update")


def asks(utterance: Utterance) -> bool:
    """Return whether it is a question about how things are."""
    return utterance.low(0) in _QUESTIONS or (utterance.low(0) in _OPENERS and utterance.low(1) in _QUESTIONS)


def wish(reading: Reading, catalog: Catalog, enough: float = ENOUGH) -> tuple[str, ...]:
    """Return the one tool that is meant, several where the words fit them alike, or none."""
    best, score = reading.best
    if score < enough:
        return ()
    behind = [(name, other) for name, other in reading.scores if name != best and best in catalog.chain(name)]
    if behind and behind[0][1] >= max(ENOUGH, score / 2):
        best, score = behind[0]  # what opens a door is rarely wished for its own sake
    near = [name for name, other in reading.scores if other * _LEAD > score]
    kin = set(catalog.chain(best)) | {name for name in near if best in catalog.chain(name)}
    return (best,) if set(near) <= kin else tuple(near[:3])
