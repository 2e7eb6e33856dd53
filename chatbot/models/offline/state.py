"""The state of a dialogue, recomputed from its history alone: the wish, the facts, what was done and what failed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chatbot.models.offline.distinctive import Values
from chatbot.models.offline.intent import Catalog
from chatbot.models.offline.outcomes import is_success
from chatbot.models.offline.schemas import Key, Slot
from chatbot.models.offline.talk import Mood
from chatbot.models.offline.words import stems
from chatbot.types import Assistant, ToolCall, ToolResult

Facts = Mapping[Key, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class State:
    """Where a dialogue stands.

    goal: the tool that is wished for. facts: values the user gave that no call has used yet. tried: the values of
    each tool's last call. done: tools that succeeded. failed: calls that did not. last: the last wish that was
    fulfilled. undecided: whether the last call came to no end, so that nothing speaks against its values. doubt: tools
    the words fit alike. mood: small talk just heard. lost: nothing fitted.
    """

    goal: str = ""
    facts: Facts = field(default_factory=dict)
    tried: Facts = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    failed: frozenset[tuple[str, str]] = frozenset()
    last: str = ""
    undecided: bool = False
    doubt: tuple[str, ...] = ()
    mood: Mood = ""
    lost: bool = False
    spoken: bool = False
    open_calls: Mapping[str, ToolCall] = field(default_factory=dict)


def step(state: State, catalog: Catalog) -> str:
    """Return the tool to run next on the way to the goal, or "" without one."""
    goal = state.goal or (catalog.first if state.spoken and not state.done else "")
    chain = catalog.chain(goal)
    return next((name for name in chain[:-1] if name not in state.done), chain[-1] if chain else "")


def missing(state: State, catalog: Catalog) -> tuple[Slot, ...]:
    """Return what must still be asked for before the next step."""
    card = catalog.cards.get(step(state, catalog))
    if card is None:
        return ()
    given = {path for tool, path in state.facts if tool == card.tool.name}

    def needed(slot: Slot) -> bool:
        begun = bool(slot.within) and any(path[: len(slot.within)] == slot.within for path in given)
        return slot.key not in state.facts and (slot.required or begun)

    return tuple(slot for slot in card.slots if needed(slot))


def said(state: State, reply: Assistant, catalog: Catalog) -> State:
    """Return the state after the assistant spoke or called: values are used up by the call that takes them."""
    called = {call.name for call in reply.calls}
    moved: dict[Key, tuple[Any, ...]] = {}
    for call in reply.calls:
        moved |= {key: (*moved.get(key, ()), *value) for key, value in _values_in(call, catalog).items()}
    kept = {key: value for key, value in state.facts.items() if key[0] not in called}
    tried = {key: value for key, value in state.tried.items() if key[0] not in called}
    moved = {key: value if len(set(map(repr, value))) > 1 else value[:1] for key, value in moved.items()}
    calls = {**state.open_calls, **{call.id: call for call in reply.calls}}
    goal = state.goal or next((name for name in called if name in catalog.cards), "")
    return replace(state, facts=kept, tried={**tried, **moved}, open_calls=calls, goal=goal, spoken=True)


def _values_in(call: ToolCall, catalog: Catalog) -> Values:
    card = catalog.cards.get(call.name)
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        arguments = None
    if card is None or not isinstance(arguments, dict):
        return {}
    found: Values = {}
    for slot in card.slots:
        value: Any = arguments
        for part in slot.path:
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            found[slot.key] = (value,)
    return found


def learned(state: State, result: ToolResult, catalog: Catalog) -> State:
    """Return the state after a result: a fulfilled wish is over, a failed one waits for other values."""
    call = state.open_calls.get(result.call_id) or ToolCall(result.call_id, result.name, "{}")
    if is_success(result):
        open_wish = state.goal != call.name
        waiting = catalog.dependents(call.name)
        goal = state.goal if open_wish else waiting[0] if len(waiting) == 1 and call.name not in state.done else ""
        failed = frozenset(each for each in state.failed if each[0] != call.name)
        return replace(state, done=state.done | {call.name}, goal=goal, last=call.name, failed=failed, undecided=False)
    card = catalog.cards.get(call.name)
    undecided = result.failure in ("interrupted", "timeout")
    state = replace(state, done=state.done - {call.name}, undecided=undecided)
    failed = state.failed | {(call.name, call.arguments)}
    if card and result.failure == "denied":
        return _denied(state, result, catalog, failed)
    hopeless = card is None or not card.required or result.failure == "unknown"
    return replace(state, failed=failed, goal="" if hopeless else state.goal, last=call.name)


def _denied(state: State, result: ToolResult, catalog: Catalog, failed: frozenset[tuple[str, str]]) -> State:
    """A guard that misses what the tool requires opens the way to it again; any other no ends the wish."""
    chain = catalog.chain(result.name)[:-1]
    if not set(stems(" ".join(chain))) & set(stems(result.content)):
        return replace(state, failed=failed, goal="", last=result.name)
    kept = {key: value for key, value in state.tried.items() if key[0] == result.name}
    return replace(state, done=state.done - set(chain), facts={**state.facts, **kept}, goal=result.name)
