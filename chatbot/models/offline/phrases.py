"""Everything the assistant says, as functions from what is known to a sentence."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.models.offline.english import bag
from chatbot.models.offline.intent import Card, Catalog
from chatbot.models.offline.outcomes import content_of, is_bare_success, is_success, joined, reason_of, worded
from chatbot.models.offline.schemas import Slot
from chatbot.models.offline.words import stem, words_of
from chatbot.pack import Tool
from chatbot.types import ToolResult

NOTICE = (
    "No language model is at work: the offline assistant only fits your words to the tools' descriptions; "
    "set OPENAI_API_KEY or give --model to talk to a real one."
)
MORE = "Is there anything else I can help you with?"
BYE = "You're welcome! Just ask if there is anything else. Have a great day, and good-bye!"
MASK = "•••"
_SENTENCE_END = r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s|\n"
_PREPOSITIONS = bag("from by for of with in on at to using given")
_EXAMPLES: Mapping[str, str] = {
    "date": "a date such as 2026-12-24",
    "date-time": "a date and time such as 2026-12-24 10:30",
    "time": "a time such as 10:30",
    "boolean": "yes or no",
    "json": "as JSON",
    "array": "separated by commas",
}


def label(tool: Tool | None, name: str) -> str:
    """Return a tool's name as words."""
    return " ".join(words_of(tool.name if tool else name)) or name


def greeting(catalog: Catalog, asked: Sequence[Slot], user: str) -> str:
    """Return the first words: what this is, what it can do, and what it needs first."""
    hello = f"Hello, {user}!" if user else "Hello!"
    who = f"{hello} I am the offline assistant: no language model, I only fit your words to the tools I have."
    if not catalog.cards:
        return f"{who} At the moment I have no tools, so there is nothing I can do for you."
    needed = question(asked, "To begin, could you please give me") if asked else "What can I do for you?"
    return f"{who} {abilities(catalog)} {needed}"


def abilities(catalog: Catalog) -> str:
    """Return what the tools are for, in the words of their descriptions."""
    told = [f"{label(card.tool, '')} ({_summary(card.tool)})" for card in catalog.cards.values()]
    listed = [text.replace(" ()", "") for text in told]
    more = [f"{len(listed) - 12} more"] if len(listed) > 12 else []
    return f"I can help you with: {'; '.join([*listed[:12], *more])}."


def _summary(tool: Tool) -> str:
    first = re.split(_SENTENCE_END, tool.description.strip(), maxsplit=1)[0]
    return first.rstrip(".")[:150]


def no_tools() -> str:
    """Return the honest answer of an assistant with nothing to work with."""
    return (
        "I am the offline assistant: I am no language model, and I have no tools to help you with. "
        "Set OPENAI_API_KEY or give --model to talk to a real one."
    )


def question(slots: Sequence[Slot], opening: str = "Could you please give me") -> str:
    """Return one question for all that is missing."""
    return f"{opening} {joined(noun(slot) for slot in slots)}?"


def noun(slot: Slot) -> str:
    """Return a slot as a noun phrase, from its name and its description."""
    words = words_of(slot.path[-1])
    plain = " ".join(words) or slot.path[-1]
    told = re.split(_SENTENCE_END, str(slot.schema.get("description", "")).strip(), maxsplit=1)[0].rstrip(".!?")
    told = told if told[1:2].isupper() else told[:1].lower() + told[1:]
    spoken = plain.lower() in told.lower()
    if spoken and len(told) <= 100 and told.lower().startswith(("the ", "your ", "a ", "an ")):
        text, notes = told, []
    else:
        text, notes = f"the {plain}", [told] if told and len(told) <= 100 and told.lower() != plain else []
    if len(slot.path) > 1:
        text += f" of the {' '.join(words_of(slot.path[-2]))}"
    if slot.kind == "enum":
        notes = [f"{joined([str(choice) for choice in slot.schema['enum'] if choice is not None], 'or')}"]
    elif slot.kind in _EXAMPLES:
        notes.append(_EXAMPLES[slot.kind])
    return f"{text} ({'; '.join(notes)})" if notes else text


def success(result: ToolResult, tool: Tool | None, arguments: Mapping[str, Any]) -> str:
    """Return what a call has brought, with its subject: The ticket 12345: status is Open."""
    content = content_of(result)
    if is_bare_success(content):
        empty = content is None or content == ""
        return (
            f"Done ({label(tool, result.name)})." if empty else f"Thank you, that worked ({label(tool, result.name)})."
        )
    subject = (
        _subject(tool, arguments, isinstance(content, Mapping)) if tool else f"The result of {label(tool, result.name)}"
    )
    text = worded(content)
    if isinstance(content, Mapping):
        return f"{subject}: {_ended(text)}"
    if isinstance(content, list) and content:
        return f"{subject}: I found {len(content)}: {_ended(text)}"
    if isinstance(content, str) and " " in content.strip():
        return _ended(content)
    return f"{subject} is {_ended(text)}" if subject.startswith("The ") else f"{subject}: {_ended(text)}"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _subject(tool: Tool, arguments: Mapping[str, Any], entity: bool) -> str:
    """A call about one thing is named for it: the ticket 12345; else for the tool: the weather for Rome."""
    shown = {name: value for name, value in arguments.items() if name not in tool.secrets}
    values = [worded(value) for value in shown.values() if not isinstance(value, dict | list | bool)]
    name = words_of(next(iter(shown))) if len(shown) == 1 else ()
    if entity and len(values) == 1 and len(name) > 1 and name[-1] in ("id", "number", "no", "code", "key"):
        return f"The {' '.join(name[:-1])} {values[0]}"
    words = words_of(tool.name)
    asking = bool(words[1:]) and stem(words[0]) in ("get", "list", "check", "return")
    if not asking:
        return label(tool, "").capitalize()
    words = words[1:]
    cut = next((at for at, word in enumerate(words) if at and word in _PREPOSITIONS), len(words))
    about = f" for {joined(values)}" if values and len(" ".join(values)) < 200 else ""
    return f"The {' '.join(words[:cut]) or 'result'}{about}"


def _process(tool: Tool | None, name: str) -> str:
    """A verb as a noun where English makes one by rule: verify user -> the user verification."""
    words = words_of(name)
    if len(words) > 1 and words[0].endswith("ify"):
        return f"the {' '.join(words[1:])} {words[0][:-1]}ication"
    return f"“{label(tool, name)}”"


def failure(result: ToolResult, tool: Tool | None) -> str:
    """Return what went wrong, in a sentence a person can act on."""
    what, reason = _process(tool, result.name), reason_of(result)
    told = f": {_ended(reason)}" if reason else "."
    match result.failure:
        case "unknown":
            return f"Sorry, {what} is nothing I can do{told}"
        case "invalid":
            return f"Sorry, {what} does not take these values{told}"
        case "denied":
            return f"{what[:1].upper()}{what[1:]} was not done{told}"
        case "timeout":
            return f"Sorry, {what} took too long. Say “again” to try once more."
        case "interrupted":
            return f"{what[:1].upper()}{what[1:]} was interrupted before it ended. Say “again” to try once more."
    return f"Sorry, {what} failed{told}"


def told(result: ToolResult, card: Card | None, arguments: Mapping[str, Any]) -> str:
    """Return a result in words."""
    tool = card.tool if card else None
    return success(result, tool, arguments) if is_success(result) else failure(result, tool)


def masked(text: str, secrets: frozenset[str]) -> str:
    """Return the text without the secret values."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    return text
