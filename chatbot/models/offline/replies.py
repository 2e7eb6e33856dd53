"""Answers to a question just asked, down to the bare word: `Yea it's: 12345`, `john_doe and key`, `key`."""

import re
from collections.abc import Sequence
from typing import Any

from chatbot.models.offline.distinctive import Scene, Values, distinctive
from chatbot.models.offline.english import DETERMINERS, STATES, STOP, VERBS, bag
from chatbot.models.offline.named import listed
from chatbot.models.offline.schemas import Slot
from chatbot.models.offline.values import value_of
from chatbot.models.offline.words import Token, Utterance, is_id_like, stem, stems

_LEAD = bag(
    """yes yea yeah yep yup sure ok okay well so right fine of course certainly absolutely it it's its is that's
    this i'm am here here's you go use take would be hi hello please mine alright let's say would'd i'd like
    they're hey my answer value"""
)
_PLAIN_MARKS = frozenset(",;:/&!?.()-–—…+#=%\"'`“”«»")
_TRAIL = frozenset(["please", "thanks", "thank", "you", "thx"])
_ASKING = bag("""what which why how who where when whose what's where's how's who's do does can could""")
_REFUSING = bag("no nope nah don't can't cannot won't never not")


def answered(slots: Sequence[Slot], scene: Scene) -> Values:
    """Return what the user's answer says for the slots that were asked for, in the order they were."""
    values = distinctive(slots, scene, asked=True)
    rest = [slot for slot in slots if slot.key not in values and (slot.is_text or slot.kind == "array")]
    utterance = scene.utterance
    start, end = _core(scene)
    if not rest or start >= end or _evades(utterance, start, end):
        return values
    if len(rest) == 1:
        found = _whole(rest[0], scene, start, end)
        return values | ({rest[0].key: found} if found else {})
    parts = _parts(scene, start, end, all(slot.kind in ("code", "name") for slot in rest) and len(rest))
    for slot, (first, last) in zip(rest, parts, strict=False):
        value = _part(slot, utterance, first, last)
        if value is not None:
            values[slot.key] = (value,)
    return values


def _core(scene: Scene) -> tuple[int, int]:
    """The words between the pleasantries: a `Yea it's:` before, a `thanks!` behind."""
    tokens = scene.utterance.tokens
    free = [at for at in range(len(tokens)) if at not in scene.used]
    start, end = (free[0], free[-1] + 1) if free else (0, 0)
    while start < end and (_is_plain(tokens[start]) or _says(tokens[start], _LEAD) or start in scene.used):
        start += 1
    while start < end and (_is_plain(tokens[end - 1]) or _says(tokens[end - 1], _TRAIL)):
        end -= 1
    return start, end


def _is_plain(token: Token) -> bool:
    return token.kind == "mark" and token.text in _PLAIN_MARKS


def _says(token: Token, words: frozenset[str]) -> bool:
    return token.kind == "word" and token.low in words


def _evades(utterance: Utterance, start: int, end: int) -> bool:
    """Whether it is a question back or a refusal rather than an answer."""
    words = utterance.tokens[start:end]
    if words[0].kind == "quote":
        return False
    text = utterance.span(start, end)
    if any(word.kind == "mark" and not _is_plain(word) for word in words) and not re.fullmatch(r"\S+", text):
        return True
    if all(word.is_filler for word in words) or words[0].low in _REFUSING:
        return True
    asks = words[0].low in _ASKING and (len(words) > 3 or utterance.raw.rstrip().endswith("?"))
    refuses = len(words) > 2 and any(word.low in _REFUSING for word in words[:3]) and words[0].low in ("i", "we", "my")
    return asks or refuses


def _whole(slot: Slot, scene: Scene, start: int, end: int) -> tuple[Any, ...] | None:
    utterance = scene.utterance
    if slot.kind in ("phrase", "array"):
        tokens = utterance.tokens[start:end]
        if len(tokens) > 1 and all(token.is_filler or stem(token.low) in scene.vocabulary for token in tokens):
            return None
        value = value_of(slot, utterance.span(start, end))
        return None if value is None else (value,)
    run = utterance.raw[utterance.tokens[start].start : utterance.tokens[end - 1].end]
    if utterance.tokens[start].kind == "word" and not any(character.isspace() or character == "," for character in run):
        value = value_of(slot, run)
        foreign = scene.vocabulary - frozenset(stems(" ".join(slot.path)))
        plain = utterance.tokens[start].is_filler or utterance.low(start) in STATES
        plain = plain or stem(utterance.low(start)) in foreign or slot.labels.get(utterance.low(start)) == "head"
        return (value,) if value is not None and not plain else None
    at = _pick(slot, scene, start, end)
    if at is None:
        return None
    values, _ = listed(slot, utterance, (value_of(slot, utterance.tokens[at].text), at + 1), slot.kind == "name")
    return values


def _pick(slot: Slot, scene: Scene, start: int, end: int) -> int | None:
    """Of several words the value is a quote, else what looks like a code, else the one that is not English."""
    tokens = scene.utterance.tokens
    fitting = [at for at in range(start, end) if at not in scene.used and value_of(slot, tokens[at].text) is not None]
    words = [at for at in fitting if not tokens[at].is_filler and tokens[at].low not in STATES]
    for kept in (
        [at for at in fitting if tokens[at].kind == "quote"],
        [at for at in words if is_id_like(tokens[at].text)],
    ):
        if kept:
            return kept[0]
    own = frozenset(stems(" ".join(slot.path)))
    free = [at for at in words if stem(tokens[at].low) not in scene.vocabulary | own | VERBS]
    tells = tokens[start].low in ("i", "we", "you", "my") or end - start > 4
    if slot.kind == "code" or tells or len(free) != 1 or len(words) > 2:
        return None
    return None if scene.utterance.low(free[0] - 1) in DETERMINERS else free[0]


def _parts(scene: Scene, start: int, end: int, words: int | bool) -> list[tuple[int, int]]:
    utterance = scene.utterance
    parts: list[tuple[int, int]] = []
    first = start
    for at in range(start, end + 1):
        cut = at == end or at in scene.used or utterance.low(at) in (",", ";", "and", "&", "/")
        if cut or (at > first and utterance.breaks_after(at - 1)):
            parts.extend([(first, at)] if at > first else [])
            first = at + 1 if cut else at
    if len(parts) == 1 and parts[0][1] - parts[0][0] == words:
        if all(stem(utterance.low(at)) in scene.vocabulary for at in range(*parts[0])):
            return []  # "my API key" only repeats what was asked for
        return [(at, at + 1) for at in range(*parts[0])]
    return parts


def _part(slot: Slot, utterance: Utterance, start: int, end: int) -> Any:
    if slot.kind in ("phrase", "array"):
        return value_of(slot, utterance.span(start, end))
    while start < end and utterance.tokens[start].kind == "word" and utterance.low(start) in STOP:
        start += 1
    if end - start != 1 or (utterance.tokens[start].kind == "word" and utterance.low(start) in STATES):
        return None
    return value_of(slot, utterance.span(start, end))
