"""Values that come with their name: `username is john_doe`, `api key: "key"`, `ticket_id=5`, `3 copies`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chatbot.models.offline.english import STATES, bag
from chatbot.models.offline.schemas import Grade, Slot
from chatbot.models.offline.values import value_of
from chatbot.models.offline.words import Utterance, compact, is_id_like, stem

Labels = dict[str, list[tuple[Slot, Grade]]]
_RANK: dict[Grade, int] = {"full": 0, "tail": 1, "head": 2, "self": 3, "side": 4}
_HARD = frozenset({":", "=", "->", "→"})
_STRONG = _HARD | bag("is are was be equals called named to as")
_LINKS = bag("# number no nr id code name would will should - – —")
_INFINITIVE = bag("want like need have wish how try able going ready wants needs trying love")
_RUN = re.compile(r"[^\s,;\"“”<>]+")
_LONGEST = 4
"""Words of the longest label that is looked for."""


@dataclass(frozen=True, slots=True)
class Find:
    """Values of a slot, and the tokens (start to end, exclusive) that the label and the values take up."""

    slot: Slot
    values: tuple[Any, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mention:
    """A label in the text and how a value is tied to it: hard (: =), strong (is, called) or neither."""

    slot: Slot
    grade: Grade
    start: int
    end: int
    value: int
    strong: bool
    hard: bool
    plural: bool


def named(slots: Iterable[Slot], utterance: Utterance, vocabulary: frozenset[str]) -> tuple[Find, ...]:
    """Return what is given by name, at most one find per slot and none that overlap."""
    mentions = sorted(_mentions(slots, utterance), key=lambda mention: (_RANK[mention.grade], mention.start))
    starts = frozenset(each.start for each in mentions if each.grade == "full")
    finds: dict[Any, Find] = {}
    used: set[int] = set()
    for mention in mentions:
        if mention.slot.key in finds or mention.start in used:
            continue
        find = _find(mention, utterance, vocabulary, starts)
        if find and used.isdisjoint(range(find.start, find.end)):
            finds[mention.slot.key] = find
            used.update(range(find.start, find.end))
    return tuple(finds.values())


def _mentions(slots: Iterable[Slot], utterance: Utterance) -> Iterator[_Mention]:
    labels: Labels = {}
    for slot in slots:
        for label, grade in slot.labels.items():
            labels.setdefault(label, []).append((slot, grade))
    for start in range(len(utterance.tokens)):
        text = ""
        for end in range(start + 1, min(start + _LONGEST, len(utterance.tokens)) + 1):
            if utterance.tokens[end - 1].kind != "word":
                break
            text += compact(utterance.tokens[end - 1].text)
            for slot, grade in labels.get(text, ()):
                if grade != "side" or utterance.low(start - 1) not in _INFINITIVE:
                    yield _mention(slot, grade, start, end, utterance)
            plural = labels.get(text[:-1], ()) if text.endswith("s") else ()
            yield from (
                _mention(slot, grade, start, end, utterance, True)
                for slot, grade in plural
                if grade not in ("side", "self")
            )


def _mention(slot: Slot, grade: Grade, start: int, end: int, utterance: Utterance, plural: bool = False) -> _Mention:
    at, strong, hard = end, False, False
    while at < len(utterance.tokens) and at < end + 4:
        low = utterance.low(at)
        if utterance.tokens[at].kind == "quote" or low not in _STRONG | _LINKS:
            break
        strong, hard = strong or low in _STRONG, hard or low in _HARD
        at += 1
    return _Mention(slot, grade, start, end, at, strong, hard, plural)


def _find(mention: _Mention, utterance: Utterance, vocabulary: frozenset[str], starts: frozenset[int]) -> Find | None:
    slot, at = mention.slot, mention.value
    found: tuple[Any, int] | None = None
    before = mention.start - 1
    if slot.kind in ("integer", "number") and not mention.strong and utterance.low(before):
        count = value_of(slot, utterance.low(before))
        if count is not None and not is_id_like(utterance.low(mention.end)):
            return Find(slot, (count,), before, mention.end)
    if at >= len(utterance.tokens):
        return None
    if utterance.tokens[at].kind == "quote" and slot.kind != "array":
        found = value_of(slot, utterance.tokens[at].text), at + 1
    elif slot.kind in ("phrase", "array"):
        found = _run(mention, utterance, vocabulary, starts)
    elif slot.is_text:
        found = _word(mention, utterance, vocabulary)
    else:
        found = window(slot, utterance, at)
    if found is None or found[0] is None:
        return None
    values, end = listed(slot, utterance, found, mention.plural)
    return Find(slot, values, mention.start, end)


def window(slot: Slot, utterance: Utterance, at: int) -> tuple[Any, int] | None:
    """Return the value that the next one to six tokens make, the longest first, and the token behind it."""
    for end in range(min(at + 6, len(utterance.tokens)), at, -1):
        value = value_of(slot, utterance.span(at, end))
        if value is not None:
            return value, end
    return None


def listed(slot: Slot, utterance: Utterance, first: tuple[Any, int], plural: bool) -> tuple[tuple[Any, ...], int]:
    """Return the value and those joined to it by commas and "and": `12345 and 67890`, and the token behind them."""
    values, end = [first[0]], first[1]
    if slot.secret or slot.kind not in ("code", "name", "integer"):
        return tuple(values), end
    while True:
        at = end
        while utterance.low(at) in (",", "and", "&", "or") and at < end + 2:
            at += 1
        follows = utterance.tokens[at] if end < at < len(utterance.tokens) else None
        if (
            follows is None
            or follows.is_filler
            or (follows.kind == "word" and not _alike(values[0], follows.text, plural))
        ):
            return tuple(dict.fromkeys(values)), end
        value = value_of(slot, follows.text)
        if value is None or utterance.low(at + 1) in _STRONG:
            return tuple(dict.fromkeys(values)), end
        values.append(value)
        end = at + 1


def _alike(first: Any, text: str, plural: bool) -> bool:
    one, other = str(first), text.lstrip("#")
    return (
        (one.isdigit() and other.isdigit())
        or plural
        or (is_id_like(one) and is_id_like(other) and len(one) == len(other))
    )


def _word(mention: _Mention, utterance: Utterance, vocabulary: frozenset[str]) -> tuple[Any, int] | None:
    token = utterance.tokens[mention.value]
    if not _accepted(mention, utterance, vocabulary):
        return None
    run = _RUN.match(utterance.raw, token.start) if mention.strong and not token.owns else None
    text = run[0].rstrip(".!?)'’:") if run else token.text
    end = mention.value + 1
    while end < len(utterance.tokens) and utterance.tokens[end].end <= token.start + len(text):
        end += 1
    return value_of(mention.slot, text), end


def _accepted(mention: _Mention, utterance: Utterance, vocabulary: frozenset[str]) -> bool:
    """A word is taken for a value the sooner, the closer it is tied to the label and the less it is English."""
    token = utterance.tokens[mention.value]
    if token.kind == "mark":
        return False
    if mention.hard or (is_id_like(token.text) and mention.grade != "self"):
        return True
    if token.is_filler or token.low in STATES:
        return False
    ends = utterance.breaks_after(mention.value) or utterance.low(mention.value + 1) == "and"
    if mention.grade == "self":
        named_so = is_id_like(token.text) or token.text[:1].isupper() or mention.strong
        return named_so or (ends and not token.low.endswith("ing") and stem(token.low) not in vocabulary)
    if mention.grade == "side":
        return stem(token.low) not in vocabulary
    if mention.strong:
        return mention.grade != "head" or mention.slot.kind != "code"
    if mention.grade == "full" and mention.slot.secret and ends:
        return True  # a secret may be any word: "API key key, ..."
    known = stem(token.low) in vocabulary
    return mention.grade == "full" and not known and (mention.slot.kind == "name" or ends)


def _run(
    mention: _Mention, utterance: Utterance, vocabulary: frozenset[str], starts: frozenset[int]
) -> tuple[Any, int] | None:
    """Words go on to the end of the clause, the next label, or (behind a preposition) the next filler."""
    at = mention.value
    first = utterance.tokens[at]
    if first.kind == "mark" or (mention.grade == "head" and not mention.strong):
        return None
    soft = not mention.hard and not (mention.strong and mention.grade != "side")
    if not mention.hard and (first.low in STATES or first.low in ("not", "my", "it")):
        return None
    if soft and (first.is_filler or stem(first.low) in vocabulary):
        return None
    end = clause(utterance, at, starts, mention.slot.kind == "array", soft)
    while end > at and utterance.low(end - 1) in ("please", "thanks", "thank", "you", "and", "with"):
        end -= 1
    if all(token.is_filler for token in utterance.tokens[at:end]) and not mention.hard:
        return None
    return value_of(mention.slot, utterance.span(at, end)), end


def clause(utterance: Utterance, at: int, starts: frozenset[int], commas: bool = False, soft: bool = False) -> int:
    """Return the token behind the words that belong together from `at` on."""
    for index in range(at, len(utterance.tokens)):
        ahead = index + 1
        token = utterance.tokens[index]
        links = commas and token.low in ("and", "or")
        if soft and index > at and token.kind == "word" and token.is_filler and not links:
            return index
        joined = utterance.low(ahead) in ("and", "with", ",")
        turns = {ahead, ahead + 1, ahead + 2} if joined else {ahead}
        if turns & starts and (
            ahead in starts or ahead + 1 in starts or utterance.low(ahead + 1) in ("my", "the", "and")
        ):
            return ahead
        if utterance.breaks_after(index) and not (commas and utterance.low(ahead) in (",", ";")):
            return ahead
    return len(utterance.tokens)
