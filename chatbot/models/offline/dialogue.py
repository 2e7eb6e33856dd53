"""The decision: from the whole conversation to the assistant's next reply."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from chatbot.models import Prompt
from chatbot.models.offline import phrases
from chatbot.models.offline.hearing import replayed
from chatbot.models.offline.intent import Catalog, catalog_of
from chatbot.models.offline.outcomes import joined
from chatbot.models.offline.schemas import Slot
from chatbot.models.offline.state import State, missing, step
from chatbot.models.offline.talk import name_in
from chatbot.types import Assistant, Message, ToolCall, ToolResult

_MOST_CALLS = 8
"""Calls in one reply: enough for "these three", too few for a list pasted by mistake."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The prompt with what is read from it once."""

    prompt: Prompt
    catalog: Catalog
    state: State
    user: str


def decide(prompt: Prompt) -> Assistant:
    """Return the reply to the conversation so far."""
    catalog = catalog_of(prompt.tools)
    here = Situation(prompt, catalog, replayed(prompt.history, catalog), name_in(prompt.system))
    if not prompt.history:
        return Assistant(phrases.greeting(catalog, _first_asked(catalog), here.user))
    if isinstance(prompt.history[-1], ToolResult):
        return _after_results(here)
    if not prompt.tools:
        return Assistant(phrases.BYE if here.state.mood in ("bye", "thanks") else phrases.no_tools())
    return _small_talk(here) or _towards(here, "")


def _first_asked(catalog: Catalog) -> tuple[Slot, ...]:
    return missing(State(goal=catalog.first), catalog)


def _small_talk(here: Situation) -> Assistant | None:
    state, catalog = here.state, here.catalog
    waiting = _question(here) if missing(state, catalog) else "What can I do for you?"
    match state.mood:
        case "bye":
            return Assistant(phrases.BYE)
        case "thanks" | "no" if not state.goal:
            return Assistant(phrases.BYE)
        case "thanks":
            return Assistant(f"You're welcome! {waiting}")
        case "cancel":
            return Assistant(f"All right, never mind. {phrases.MORE}")
        case "hello":
            return Assistant(phrases.greeting(catalog, missing(state, catalog) or _first_asked(catalog), here.user))
        case "help":
            return Assistant(f"I am the offline assistant, no language model. {phrases.abilities(catalog)} {waiting}")
        case "yes" | "no" | "smile":
            return Assistant(waiting)
    if state.doubt:
        names = [phrases.label(catalog.cards[name].tool, name) for name in state.doubt]
        return Assistant(f"I am not sure which you mean: {joined(names, 'or')}?")
    if state.lost:
        sorry = "Sorry, I did not find that in your words. " if state.goal else "Sorry, I cannot make that fit. "
        return Assistant(sorry + (waiting if state.goal else f"{phrases.abilities(catalog)} {waiting}"))
    return None


def _towards(here: Situation, before: str) -> Assistant:
    """Take the next step to the goal: call the tool, or ask for what it needs."""
    state, catalog = here.state, here.catalog
    name = step(state, catalog) if state.goal else ""
    if not name:
        return Assistant(f"{before} {phrases.MORE}".strip())
    if missing(state, catalog):
        return Assistant(f"{before} {_question(here)}".strip())
    calls = tuple(_calls(here, name))
    if not calls:
        return Assistant(f"{before} You can give me other values, or say “again”.".strip())
    return Assistant(before, calls)


def _question(here: Situation) -> str:
    state, catalog = here.state, here.catalog
    slots, name = missing(state, catalog), step(state, catalog)
    if any(failed == name for failed, _ in state.failed):
        return phrases.question(slots, "Could you please check and give me again")
    if state.goal and name != state.goal and not state.done and not state.lost:
        return phrases.question(slots, "I can help with that. But first, could you please give me")
    return phrases.question(slots)


def _calls(here: Situation, name: str) -> Iterator[ToolCall]:
    """One call per combination of values; what has just failed is not asked again."""
    state = here.state
    slots = [slot for slot in here.catalog.cards[name].slots if slot.key in state.facts]
    count = sum(len(message.calls) for message in here.prompt.history if isinstance(message, Assistant))
    taken = {call.id for message in here.prompt.history if isinstance(message, Assistant) for call in message.calls}
    for index, values in enumerate(product(*(state.facts[slot.key] for slot in slots))):
        if index >= _MOST_CALLS:
            return
        arguments = json.dumps(_nested(slots, values), ensure_ascii=False)
        if (name, arguments) in state.failed and _just_failed(here.prompt.history):
            continue
        count += 1
        while f"call_{count}" in taken:
            count += 1
        yield ToolCall(f"call_{count}", name, arguments)


def _just_failed(history: tuple[Message, ...]) -> bool:
    return isinstance(history[-1], ToolResult)


def _nested(slots: list[Slot], values: tuple[Any, ...]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for slot, value in zip(slots, values, strict=True):
        part = whole
        for name in slot.path[:-1]:
            part = part.setdefault(name, {})
        part[slot.path[-1]] = value
    return whole


def _after_results(here: Situation) -> Assistant:
    calls = {call.id: call for m in here.prompt.history if isinstance(m, Assistant) for call in m.calls}
    texts = []
    for result in _latest(here.prompt.history):
        call = calls.get(result.call_id)
        texts.append(phrases.told(result, here.catalog.cards.get(result.name), _arguments(call)))
    text = phrases.masked(" ".join(texts), _secrets(here))
    if here.user and text and not here.state.goal:
        text = f"{here.user}, {text[:1].lower() + text[1:] if text.startswith(('The ', 'Thank ')) else text}"
    return _towards(here, text) if here.prompt.tools else Assistant(text)


def _latest(history: tuple[Message, ...]) -> list[ToolResult]:
    latest: list[ToolResult] = []
    for message in reversed(history):
        if not isinstance(message, ToolResult):
            break
        latest.insert(0, message)
    return latest


def _arguments(call: ToolCall | None) -> Mapping[str, Any]:
    try:
        arguments = json.loads(call.arguments) if call else {}
    except (ValueError, RecursionError):
        return {}
    return arguments if isinstance(arguments, dict) else {}


def _secrets(here: Situation) -> frozenset[str]:
    """All values that calls of this conversation carried in properties that are secret."""
    found: set[str] = set()

    def visit(value: Any, names: frozenset[str], hidden: bool) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                visit(inner, names, hidden or name in names)
        elif isinstance(value, list):
            for inner in value:
                visit(inner, names, hidden)
        elif hidden and value not in (None, "", True, False):
            found.add(str(value))

    for message in here.prompt.history:
        for call in message.calls if isinstance(message, Assistant) else ():
            card = here.catalog.cards.get(call.name)
            visit(_arguments(call), card.tool.secrets if card else frozenset(), False)
    return frozenset(found)
