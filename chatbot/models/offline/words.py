"""Text as tokens: what a person wrote, cut into words, quotes and marks, with stems and the words that say nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chatbot.models.offline.english import CONCEPTS, STOP

LIMIT = 8_000
"""Characters of one message that are read; nobody states a wish beyond them, and answers stay instant."""

_TOKEN = re.compile(
    r"""
      "(?P<q1>[^"\n]{0,2000})" | “(?P<q2>[^”\n]{0,2000})” | «(?P<q3>[^»\n]{0,2000})» | `(?P<q4>[^`\n]{0,2000})`
    | (?<!\w)'(?P<q5>[^'\n]{1,2000})'(?!\w)
    | (?P<word>[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s"<>]+
        | (?:\w|[@\#$€£%+*/.&~^|\\°’'-]|(?<=\d):(?=\d)|(?<=\d),(?=\d{3}(?!\d)))+)
    | (?P<mark>\S)
    """,
    re.VERBOSE,
)
_WORD_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, the content of a quote, or a mark; `owns` where a possessive 's was cut off."""

    text: str
    start: int
    end: int
    kind: Literal["word", "quote", "mark"]
    owns: bool = False

    @property
    def low(self) -> str:
        """The text as it is compared."""
        return self.text.casefold().replace("’", "'")

    @property
    def is_filler(self) -> bool:
        """Whether it is a mark or a word that says nothing."""
        return self.kind == "mark" or (self.kind == "word" and self.low in STOP)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said once: the raw text and its tokens."""

    raw: str
    tokens: tuple[Token, ...]

    def span(self, start: int, end: int) -> str:
        """Return the text of the tokens start to end (exclusive); a lone quote comes without its marks."""
        if end - start == 1:
            return self.tokens[start].text
        return self.raw[self.tokens[start].start : self.tokens[end - 1].end] if end > start else ""

    def breaks_after(self, index: int) -> bool:
        """Return whether a sentence, clause or line ends behind the token."""
        if index + 1 >= len(self.tokens):
            return True
        gap = self.raw[self.tokens[index].end : self.tokens[index + 1].start]
        following = self.tokens[index + 1]
        return "\n" in gap or "." in gap or (following.kind == "mark" and following.text in ",;?!()")

    def low(self, index: int) -> str:
        """Return the word at the index as it is compared, or "" beyond either end."""
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""


def read(text: str) -> Utterance:
    """Return the text cut into tokens."""
    raw = text[:LIMIT]
    return Utterance(raw, tuple(_tokens(raw)))


def _tokens(raw: str) -> Iterable[Token]:
    for match in _TOKEN.finditer(raw):
        kind = match.lastgroup or "mark"
        if kind == "word":
            yield _word(match[kind], match.start())
        elif kind == "mark":
            yield Token(match[kind], match.start(), match.end(), "mark")
        elif match[kind].strip():
            yield Token(match[kind].strip(), match.start(), match.end(), "quote")


def _word(text: str, start: int) -> Token:
    bare = text.rstrip(".'’") if "://" not in text else text.rstrip(".,;!?)'")
    start += len(bare) - len(bare.lstrip("'’"))
    bare = bare.lstrip("'’")
    if not bare or not any(character.isalnum() for character in bare):
        return Token(text, start, start + len(text), "mark")
    if bare[-2:] in ("'s", "’s") and bare.casefold().replace("’", "'") not in STOP:
        return Token(bare[:-2], start, start + len(bare) - 2, "word", owns=True)
    return Token(bare, start, start + len(bare), "word")


def words_of(name: str) -> tuple[str, ...]:
    """Return the words an identifier or a sentence is made of: ticket_id, ticketId -> ticket, id."""
    return tuple(part.lower() for part in _WORD_PARTS.findall(name))


def compact(text: str) -> str:
    """Return the letters and digits alone, so that "API key", api_key and apiKey are one."""
    return "".join(character for character in text.casefold() if character.isalnum())


def stem(word: str) -> str:
    """Return what the forms of a word have in common, and one word for those that mean the same."""
    word = CONCEPTS.get(word, word)
    if word.endswith(("ies", "ied")) and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("ing") and len(word) > 5:
        word = _undouble(word[:-3])
    elif word.endswith("ed") and len(word) > 4:
        word = _undouble(word[:-2])
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return CONCEPTS.get(word, word)


def _undouble(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls" else word


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words of a text that say something."""
    return tuple(stem(word) for word in words_of(text) if word not in STOP)


def is_id_like(text: str) -> bool:
    """Return whether a word looks like a code or a name of the digital sort, not like a word of English."""
    core = text.strip("#.-'")
    inner_capital = any(character.isupper() for character in core[1:]) and any(c.isalpha() for c in core)
    return len(core) > 0 and (any(c.isdigit() for c in core) or "_" in core or "@" in core or inner_capital)
