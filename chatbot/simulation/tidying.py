"""What a model wrote as the user, made into the user's words: weak models write a good deal around them."""

import re
from typing import NamedTuple

from chatbot.events import TextDelta
from chatbot.models.offline.talk import mood_of
from chatbot.models.offline.words import read
from chatbot.models.written.thinking import Thinking, Unsaid

END = "<END>"
"""The line by which the model says that the user is done."""
LONGEST = 2_000
"""Characters of one message; what goes on beyond them is no user."""

_END = re.compile(r"(?i:(?:[<\[{]|&lt;)[\s|/*_]*end[\s|/*_]*(?:[>\]}]|&gt;))|^[^\w\n]*END[^\w\n]*$", re.M)
_BYE = re.compile(r"\b(?:good)?bye\b", re.I)
_LABEL = r"[^\S\n]*[>*_#\[(]*(?:{})[*_\])]*[^\S\n]*:[*_]*[^\S\n]*"
_MINE = re.compile(_LABEL.format("(?:the )?(?:user|customer|client|human|me|you)"), re.I)
_OTHER = re.compile("^" + _LABEL.format("(?:the )?(?:assistant|(?:support )?agent|chatbot|bot|ai|user)"), re.I | re.M)
_QUOTES = (('"', '"'), ("“", "”"), ("«", "»"), ("'", "'"), ("`", "`"))


class Said(NamedTuple):
    """The user's words, "" where there are none, and whether they are the last."""

    words: str
    is_last: bool = False


def said(text: str) -> Said:
    """Return what the user says: no reasoning, no label, no quotes around it, and nothing of the assistant's part."""
    whole = _unwrapped(_without_reasoning(text))
    if other := _OTHER.search(whole):
        whole = whole[: other.start()]
    parts = _END.split(whole)
    words = next((words for part in parts if (words := _unwrapped(part))), "")[:LONGEST].rstrip()
    return Said(words, len(parts) > 1 or _takes_leave(words))


def _takes_leave(words: str) -> bool:
    """Return whether it is nothing but a goodbye: weak models forget the line that goes with it."""
    return bool(_BYE.search(words)) and mood_of(read(words)) == "bye"


def _without_reasoning(text: str) -> str:
    rest = ""
    for part in Thinking().feed(text, whole=True):
        match part:
            case Unsaid():
                rest = ""
            case TextDelta(text=piece):
                rest += piece
    return rest


def _unwrapped(text: str) -> str:
    """Return the text without a label in front of it, and without quotes around all of it."""
    before, text = "", text.strip()
    while text != before:
        before = text
        if label := _MINE.match(text):
            text = text[label.end() :].strip()
        for opening, closing in _QUOTES:
            inner = text[1:-1]
            if text[:1] == opening and text[1:].endswith(closing) and opening not in inner and closing not in inner:
                text = inner.strip()
    return text
