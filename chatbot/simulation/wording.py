"""How the offline user says things: a few phrasings of each, of which chance picks one."""

import re
from collections.abc import Iterable
from random import Random

_HELLOS = ("", "", "Hello! ", "Hi! ")
_WISHES = ("I want to {}.", "I would like to {}.", "I need to {}.")
_LEADS = ("", "", "Sure. ", "Of course. ")
_YES = ("Yes.", "Yes, please.", "Sure.", "Yes, of course.")
_UNKNOWN = ("I do not know that.", "I don't know that.", "Sorry, I do not know that.")
_THANKS = ("Thanks, that is all. Goodbye!", "Thank you, goodbye!", "That's all, thank you. Goodbye!")
_GIVING_UP = ("Never mind, thank you. Goodbye.", "No, thank you. Goodbye.", "Thank you all the same. Goodbye.")

_ORDERED = re.compile(r"^(?:(?:you|the user|i)\s+(?:wants?|needs?|wish(?:es)?|would like)\s+)?to\s+", re.I)
_MINE = {"your": "my", "yours": "mine", "yourself": "myself"}
_YOURS = re.compile(r"\b(?:yours|yourself|your)\b", re.I)
_SHORT = frozenset({"api", "iban", "id", "imei", "ip", "pin", "puk", "sms", "uri", "url", "uuid", "vat"})
_QUOTES = ('""', "''", "``", "“”")


def hello(chance: Random) -> str:
    """Greet, or not: what comes before the first words."""
    return chance.choice(_HELLOS)


def wish(goal: str, chance: Random) -> str:
    """Return the goal, which is written as an instruction, as a user says it; a question stays one."""
    wanted = _YOURS.sub(lambda found: _MINE[found[0].lower()], _ORDERED.sub("", goal.strip()))
    if wanted.endswith("?"):
        return wanted
    wanted = wanted.rstrip(".! ")
    is_plain = wanted.partition(" ")[0][1:].islower()
    return chance.choice(_WISHES).format(wanted[:1].lower() + wanted[1:] if is_plain else wanted)


def lead(chance: Random) -> str:
    """Begin an answer, or go straight to it."""
    return chance.choice(_LEADS)


def facts(told: Iterable[tuple[str, str]]) -> str:
    """Return facts (names, values) in one sentence."""
    *others, last = (f"my {_noun(name)} is {_quoted(value)}" for name, value in told)
    sentence = f"{', '.join(others)} and {last}" if others else last
    return f"{sentence[0].upper()}{sentence[1:]}."


def yes(chance: Random) -> str:
    """Agree."""
    return chance.choice(_YES)


def unknown(chance: Random) -> str:
    """Admit that this is none of the facts."""
    return chance.choice(_UNKNOWN)


def thanks(chance: Random) -> str:
    """Say goodbye, with an answer."""
    return chance.choice(_THANKS)


def giving_up(chance: Random) -> str:
    """Say goodbye, without one."""
    return chance.choice(_GIVING_UP)


def _noun(name: str) -> str:
    """Return a fact's name as it is spoken: api_key is an API key."""
    apart = re.sub(r"(?<=[a-z])[A-Z](?![A-Z])", lambda found: f" {found[0].lower()}", name)
    words = re.sub(r"[_-]+", " ", apart).split()
    return " ".join(word.upper() if word.lower() in _SHORT else word for word in words)


def _quoted(value: str) -> str:
    quotes = next((pair for pair in _QUOTES if pair[0] not in value and pair[1] not in value), "")
    return f"{quotes[:1]}{value}{quotes[1:]}"
