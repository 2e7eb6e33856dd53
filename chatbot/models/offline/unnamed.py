"""Values that come without their name: behind "of", before a possessive, as the object of the verb."""

from collections.abc import Iterable
from typing import Any

from chatbot.models.offline.distinctive import Scene, Values
from chatbot.models.offline.english import DETERMINERS, VERBS, bag
from chatbot.models.offline.named import clause, listed
from chatbot.models.offline.schemas import Slot
from chatbot.models.offline.values import value_of
from chatbot.models.offline.words import Utterance, compact, is_id_like, stem, words_of

_OF = frozenset(["of", "for", "named", "called", "by", "about"])
_PLACES = _OF | frozenset(["in", "at", "near", "to", "on"])
_SEARCHED = bag("query term terms search keyword keywords q")


def wished(slots: Iterable[Slot], scene: Scene) -> Values:
    """Return what a request says without naming it, for the required texts of the tool that is wanted."""
    values: Values = {}
    open_slots = [slot for slot in slots if slot.required and (slot.is_text or slot.kind == "array")]
    phrases = [slot for slot in open_slots if slot.kind in ("phrase", "array")]
    for slot in open_slots:
        found = _quoted(slot, scene)
        if found is None and slot.kind == "code":
            found = _coded(slot, scene)
        elif found is None and slot.kind == "name":
            found = _called(slot, scene)
        elif found is None and len(phrases) == 1:
            found = _placed(slot, scene) or _object(slot, scene)
        if found:
            values[slot.key] = found
    return values


def _quoted(slot: Slot, scene: Scene) -> tuple[Any, ...] | None:
    for at, token in enumerate(scene.utterance.tokens):
        value = value_of(slot, token.text) if token.kind == "quote" and at not in scene.used else None
        if value is not None:
            scene.take(at, at + 1)
            return (value,)
    return None


def _coded(slot: Slot, scene: Scene) -> tuple[Any, ...] | None:
    for at, token in enumerate(scene.utterance.tokens):
        value = value_of(slot, token.text) if is_id_like(token.text) and scene.is_free(at) else None
        if value is not None and (token.kind == "quote" or value_is_code(token.text, scene.utterance, at)):
            values, end = listed(slot, scene.utterance, (value, at + 1), False)
            scene.take(at, end)
            return values
    return None


def value_is_code(text: str, utterance: Utterance, at: int) -> bool:
    """Return whether an id-like word is no ordinal or amount: not 2nd, 5pm, $20."""
    amount = text[:1] in "$€£" or text[-1:] in "%€$£°"
    ordinal = text[:1].isdigit() and text.lower().endswith(("st", "nd", "rd", "th", "am", "pm", "x"))
    return (
        not amount
        and not ordinal
        and utterance.low(at + 1) not in ("times", "days", "day", "hours", "minutes", "weeks")
    )


def _called(slot: Slot, scene: Scene) -> tuple[Any, ...] | None:
    """Names stand behind "of" and "for", before a possessive 's, or are the one word that is nobody's."""
    utterance = scene.utterance
    free = [at for at in range(len(utterance.tokens)) if scene.is_free(at)]
    owned = [at for at in free if utterance.tokens[at].owns and utterance.low(at - 1) not in DETERMINERS]
    behind = next((spot for at in range(len(utterance.tokens)) if (spot := _behind(at, scene)) is not None), None)
    spots = owned[:1] + ([behind] if behind is not None else [])
    if not spots and len(free) == 1 and len(utterance.tokens) <= 6:
        last = utterance.tokens[free[0]]
        alone = free[0] == len([token for token in utterance.tokens if token.kind != "mark"]) - 1
        known = stem(utterance.low(free[0] - 1)) in scene.vocabulary
        spots = free if (alone and known and not last.low.endswith("ly")) or is_id_like(last.text) else []
    for at in spots:
        value = value_of(slot, utterance.tokens[at].text)
        if value is not None:
            values, end = listed(slot, utterance, (value, at + 1), True)
            scene.take(at, end)
            return values
    return None


def _behind(at: int, scene: Scene) -> int | None:
    """Behind `of the` comes a noun first, and the name after it; behind `of my` comes none."""
    utterance = scene.utterance
    if utterance.low(at) not in _OF or at in scene.used:
        return None
    the = utterance.low(at + 1) == "the"
    start = at + 1 + the
    end = start
    while end < len(utterance.tokens) and not utterance.tokens[end].is_filler and end - start < 4:
        end += 1
        if utterance.breaks_after(end - 1):
            break
    free = [index for index in range(start, end) if scene.is_free(index)]
    nouns = end - start - 1
    if not free or free[-1] != end - 1 or nouns > 2 or (the and nouns == 0):
        return None
    return free[-1]


def _placed(slot: Slot, scene: Scene) -> tuple[Any, ...] | None:
    utterance = scene.utterance
    for at in range(len(utterance.tokens) - 1):
        if utterance.low(at) not in _PLACES or at in scene.used or slot.kind == "array":
            continue
        start = at + 1 + (utterance.low(at + 1) == "the")
        end = start
        while end < len(utterance.tokens) and (scene.is_free(end) or _is_proper(end, scene)):
            end += 1
            if utterance.breaks_after(end - 1):
                break
        capital = start < end and utterance.tokens[start].text[:1].isupper()
        if start < end and (capital or (start == at + 1 and utterance.low(at) in ("in", "for", "of", "near", "at"))):
            scene.take(start, end)
            return _one(slot, utterance.span(start, end))
    return None


def _is_proper(index: int, scene: Scene) -> bool:
    """Filler with a capital inside a sentence is part of a name: New York."""
    token = scene.utterance.tokens[index]
    return index not in scene.used and token.kind == "word" and token.text[:1].isupper() and token.low != "i"


def _object(slot: Slot, scene: Scene) -> tuple[Any, ...] | None:
    """What the verb of a request is done to: add (buy milk) to my list."""
    utterance = scene.utterance
    verbs = {stem(word) for word in words_of(slot.tool)} - (
        set() if _SEARCHED & set(words_of(slot.path[-1])) else VERBS_ASKING
    )
    at = next(
        (i for i in range(len(utterance.tokens)) if stem(utterance.low(i)) in verbs and i not in scene.used), None
    )
    if at is None:
        return None
    start = at + 1
    while start < len(utterance.tokens) and _is_preamble(start, scene):
        start += 1
    if start >= len(utterance.tokens):
        return None
    end = clause(utterance, start, frozenset(scene.used), commas=slot.kind == "array")
    for index in range(start + 1, end):
        tail = utterance.tokens[index + 1 : end]
        back = utterance.low(index) in ("to", "on", "in", "from", "for", "into", "at", "with", "by")
        if back and (index in scene.used or all(t.is_filler or stem(t.low) in scene.vocabulary for t in tail)):
            end = index
            break
    while end > start and utterance.tokens[end - 1].is_filler:
        end -= 1
    return _one(slot, utterance.span(start, end))


VERBS_ASKING = bag("get list check return show is id")
"""Behind these stands what is asked for, which is a word of the tool and no value."""


def _is_preamble(index: int, scene: Scene) -> bool:
    token = scene.utterance.tokens[index]
    following = scene.utterance.tokens[index + 1 : index + 2]
    titled = _is_proper(index, scene) and any(_is_proper(index + 1, scene) for _ in following)
    if token.kind == "quote" or (index > 0 and titled):
        return False
    return (
        token.is_filler
        or stem(token.low) in scene.vocabulary | VERBS
        or compact(token.text) == ""
        or index in scene.used
    )


def _one(slot: Slot, text: str) -> tuple[Any, ...] | None:
    value = value_of(slot, text) if text else None
    return None if value is None else (value,)
