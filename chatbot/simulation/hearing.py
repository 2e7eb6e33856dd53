"""What the assistant wants to know, by the words of its questions, in English: enough for a user with a few facts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chatbot.models.offline.english import STOP
from chatbot.models.offline.words import is_id_like, read, stem, words_of

_SENTENCE = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s+")
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+")
_MARKUP = re.compile(r"\*\*|__(?=\W|$)|(?<!\w)__|`")
_CLOSERS = "\"'”’»)]* "

_CLOSING = re.compile(
    r"\b(?:(?:any|some)thing (?:else|more|further)|(?:what|how) else"
    r"|(?:help|assist) (?:you )?(?:with )?(?:further|more)"
    r"|(?:any|further)(?: (?:other|more|further))? (?:questions?|requests?|concerns?|issues|help|assistance))\b",
    re.I,
)
"""Behind an answer: whether there is anything else. A user who has an answer is done then."""
_WISH = re.compile(
    r"\b(?:what|how) (?:can|could|may|should|shall) (?:I|we) (?:do|help|assist)"
    r"|what (?:brings you|do you (?:want|need)|would you like)|how (?:can|may) (?:I|we) be of",
    re.I,
)
_GIVE = (
    "(?:give|tell|provide|send|share|enter|specify|supply|say|remind|let (?:me|us) (?:know|have))"
    "(?! (?:me |us )?(?:if|when|whether)\\b)"
)
_ASKS = re.compile(rf"\b(?:{_GIVE}|(?:do|may|can|could) (?:you|I|we) (?:\w+ )?(?:have|get|ask|know|remember))\b", re.I)
_BIDS = re.compile(rf"^(?:[^,]{{0,60}}, )?(?:\w+ )?please (?:\w+ )?{_GIVE}\b|^{_GIVE} (?:me|us)\b", re.I)
_NEEDS = re.compile(r"\b(?:I|we)(?:['’]ll|['’]d| will| would)?(?: \w+)? (?:need|require) (?:to know|your|the)\b", re.I)
_CONFIRMS = re.compile(r"\bplease (?:\w+ )?confirm\b|\b(?:say|type|reply|answer)(?: with)? \W?yes\b", re.I)
_OFFERS = re.compile(
    r"\b(?:would you (?:like|prefer)|do you (?:want|wish|agree)|shall|should|are you sure"
    r"|is (?:this|that|it|everything)|(?:may|can) (?:I|we) (?!have|get|ask|know))\b",
    re.I,
)
_CLAUSE = r"(?:^|[,;:–—] |\b(?:and|so|but|or|then) )"
_YES_NO = re.compile(
    _CLAUSE
    + r"(?:is|are|am|was|were|do|does|did|has|have|had|can|could|may|might|shall|should|will|would)(?:n['’]t)?\b"
    r"(?! there\b)",
    re.I,
)
_OPEN = re.compile(_CLAUSE + r"(?:what|which|who|whose|whom|where|when|why|how)\b", re.I)
_TAG = re.compile(r"(?:^|[,.:;–—] ?)(?:right|correct|ok|okay|yes|agreed|ready|proceed|sure)\?$", re.I)

_SAME = {"number": "id", "no": "id", "nr": "id", "num": "id", "token": "key", "telephone": "phone", "mobile": "phone"}
_SAME |= {"passcode": "password", "passphrase": "password", "mail": "email"}
_GENERIC = frozenset({"id", "name", "nam", "code", "cod", "value", "valu"})
"""Words that belong to the names of many facts, as stems too, and tell none from another."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user is to answer. All is empty where the assistant asks nothing, but perhaps whether there is more.

    facts: names of those that are asked for. confirmation: the yes/no question. wish: what the user wants, or a part of
    it. other: something that they cannot know.
    """

    facts: tuple[str, ...] = ()
    confirmation: str = ""
    wish: bool = False
    other: bool = False


def asked(text: str, facts: Iterable[str], goal: str) -> Asked:
    """Return what a reply of the assistant asks a user with these facts (names) and this goal."""
    names = tuple(facts)
    wanted: set[str] = set()
    confirmation, wish, other = "", False, False
    for sentence in _questions(text):
        named = _named(sentence, names)
        if named and (_ASKS.search(sentence) or not _OFFERS.search(sentence)):
            wanted |= named
        elif _is_confirmation(sentence):
            confirmation = confirmation or sentence
        elif _WISH.search(sentence) or _is_told_by(goal, sentence):
            wish = True
        else:
            other = True
    return Asked(tuple(name for name in names if name in wanted), confirmation, wish, other)


def _questions(text: str) -> Iterator[str]:
    """Yield the sentences that want an answer, with a question mark or without."""
    for sentence in _sentences(text):
        if not _CLOSING.search(sentence) and (
            sentence.rstrip(_CLOSERS).endswith("?") or any(form.search(sentence) for form in (_BIDS, _NEEDS, _CONFIRMS))
        ):
            yield sentence.rstrip(_CLOSERS)


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences; the points of a list belong to the one that announces them."""
    blocks: list[str] = []
    announced = False
    for line in _MARKUP.sub("", text).splitlines():
        point = _ITEM.match(line)
        if not line.strip():
            continue
        if point and announced:
            blocks[-1] += f" {line[point.end() :].strip().rstrip('.!?')},"
        else:
            blocks.append(line.strip())
            announced = line.rstrip().endswith(":")
    for block in blocks:
        yield from _SENTENCE.split(block.rstrip(","))


def _is_confirmation(sentence: str) -> bool:
    """Return whether a yes is an answer."""
    if _CONFIRMS.search(sentence) or _TAG.search(sentence):
        return True
    closed, opened = _YES_NO.search(sentence), _OPEN.search(sentence)
    if closed is None or _ASKS.search(sentence) or not sentence.endswith("?"):
        return False
    return opened is None or closed.start() < opened.start()


def _named(sentence: str, names: Iterable[str]) -> set[str]:
    """Return the facts that a sentence names: by all their words, else by those that tell them from others."""
    said = _words(sentence)
    phrases = {"".join(said[at : at + size]) for size in (1, 2, 3) for at in range(len(said))}
    words = {name: _words(name) for name in names}
    whole = {name for name, own in words.items() if own and (phrases.issuperset(own) or "".join(own) in phrases)}
    if whole:
        return {name for name in whole if not any(set(words[name]) < set(words[more]) for more in whole)}
    telling = {name: set(own) - _GENERIC for name, own in words.items()}
    return {
        name
        for name, own in words.items()
        if own and (own[-1] in phrases or (telling[name] and phrases.issuperset(telling[name])))
    }


def _is_told_by(goal: str, sentence: str) -> bool:
    """Return whether the goal itself answers: it is about what is asked for, and names one by a code."""
    about = {word for word in _words(goal) if word not in STOP} & set(_words(sentence)) - _GENERIC
    return bool(about) and any(is_id_like(token.text) for token in read(goal).tokens)


def _words(text: str) -> list[str]:
    return [stem(_SAME.get(word, word)) for word in words_of(text)]
