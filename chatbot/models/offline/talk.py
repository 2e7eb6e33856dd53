"""Small talk: what is said that is about the conversation and not about any tool."""

import re
from typing import Literal

from chatbot.models.offline.english import STOP, bag
from chatbot.models.offline.words import Utterance, is_id_like

Mood = Literal["", "bye", "hello", "help", "cancel", "again", "yes", "no", "thanks", "smile"]

_FORMS: tuple[tuple[Mood, str], ...] = (
    ("help", r"((i need|can you|could you|please) )*(some )?help( me)?( please)?"),
    ("help", r".*\bwhat (all )?(can|could|do) you (do|offer|help( me)? with|know).*"),
    ("help", r".*\b(who|what) are you\b.*|.*\bhow (can|could|do) you help\b.*|(which|what) tools.*|commands|menu"),
    ("cancel", r"(never ?mind|cancel|stop|forget|abort|skip|leave)( about)?( that| it)?( please)?"),
    ("cancel", r"(please |no )?(do not|don't|dont|never) (?!know|have|see|understand|remember|forget|you|i ).*"),
    ("again", r"((yes|ok|sure|please) )*((try|do|run)( it| that| this)?( once)? (again|more)|again|retry)( please)?"),
    ("bye", r".*\b(bye|goodbye|see you|see ya|farewell|good night)\b.*"),
    ("bye", r"(no |nope )?that('s| is| was|'ll be) (it|all|everything)\b.*"),
    ("bye", r"(no |nope )?(nothing (else|more)|i'm done|all done)\b.*"),
    ("bye", r"(no|nope|nah) (thanks|thank you|thx)\b.*|exit|quit|done"),
    ("thanks", r".*\b(thanks|thank you|thx|cheers)\b.*"),
    ("hello", r"(hi|hello|hey|hiya|howdy|greetings|good (morning|afternoon|evening|day))( there| again| you| all)*"),
    ("hello", r"(hi|hello|hey)?( there)? ?how are (you|things)( doing| today)*"),
    ("yes", r"((yes|yea|yeah|yep|yup|sure|ok|okay|please|of course|go ahead|all right|alright|do) ?)+"),
    ("no", r"no|nope|nah|not now|no need|not really"),
    ("smile", r"great|nice|cool|perfect|awesome|good|wow|super|fine|lol|excellent|wonderful|amazing|i see|got it"),
)
_COMPILED = tuple((mood, re.compile(form)) for mood, form in _FORMS)
_LONGEST = 120
_ANYWHERE = frozenset({"bye", "thanks"})
_POLITE = STOP | bag("day night helpful lovely have care morning evening perfect cool weekend")


def mood_of(utterance: Utterance) -> Mood:
    """Return what kind of small talk it is, or "" where something is said beyond."""
    if len(utterance.raw) > _LONGEST or any(token.kind == "quote" for token in utterance.tokens):
        return ""
    plain = " ".join(token.low for token in utterance.tokens if token.kind == "word")
    for mood, form in _COMPILED:
        if form.fullmatch(plain) and (mood not in _ANYWHERE or _says_nothing_else(utterance)):
            return mood
    return ""


def _says_nothing_else(utterance: Utterance) -> bool:
    words = [token for token in utterance.tokens if token.kind == "word"]
    return not any(is_id_like(word.text) and word.low not in _POLITE for word in words) and (
        sum(word.low not in _POLITE for word in words) <= (1 if len(words) > 4 else 0)
    )


_ADDRESS = re.compile(
    r"\b(?:address|call)\s+(?:the\s+user|them|me|him|her|users?)\s+(?:as\s+|by\s+the\s+name\s+)?[\"“']?"
    r"([^\W\d_][\w'’-]*(?:[ ][A-Z][\w'’.-]*){0,3})"
)


def name_in(system: str) -> str:
    """Return the name the system prompt wants the user called by: `address the user as NAME`."""
    match = _ADDRESS.search(system)
    return match[1].rstrip(".") if match and match[1][:1].isupper() else ""


def lean_of(utterance: Utterance) -> int:
    """Return how many of the first words lean on what was said before: `and 67890?`, `what about Rome?`"""
    pairs = (utterance.low(0), utterance.low(1))
    if pairs in (("what", "about"), ("how", "about"), ("same", "for"), ("and", "for"), ("and", "what"), ("and", "of")):
        return 2 + (pairs[1] == "what" and utterance.low(2) == "about")
    return int(pairs[0] in ("and", "also", "now", "then", "plus", "or"))
