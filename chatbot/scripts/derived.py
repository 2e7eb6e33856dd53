"""What happened, as what is expected of the next time; pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chatbot.arguments import parsed
from chatbot.events import Event, Replied, ToolCalled, ToolReturned, TurnEnded, TurnStarted
from chatbot.masking import MASK
from chatbot.scripts.form import literal
from chatbot.types import ToolResult

ANSWER = "answer"
"""What stands for the assistant's words in interrupt_at."""


def turns(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Yield the events of each turn; one that never ended is left out."""
    turn: list[Event] = []
    for event in events:
        if isinstance(event, TurnStarted):
            turn = []
        turn.append(event)
        if isinstance(event, TurnEnded):
            yield turn
            turn = []


def script_of(events: Iterable[Event], packs: Sequence[str], words: bool = False) -> dict[str, Any]:
    """Return a conversation as a script, in plain values: what was said, and that the same calls are expected.

    words: the same answers, too. Each secret that is masked in the user's words becomes one of the environment's,
    SECRET_1 and so on, for a person to give.
    """
    held = list(turns(events))
    data: dict[str, Any] = {"pack": list(packs) or ["none"]}
    greeting = [turn for turn in held[:1] if said_in(turn) is None]
    data["greeting"] = expected(greeting[0], words) if greeting else False
    data["turns"] = [turn_of(turn, words) for turn in held if said_in(turn) is not None]
    secrets: dict[str, str] = {}
    for turn in data["turns"]:
        while MASK in turn["user"]:
            name = f"secret_{len(secrets) + 1}"
            secrets[name] = name.upper()
            turn["user"] = turn["user"].replace(MASK, f"${{{name}}}", 1)
    return ({"secrets": secrets} if secrets else {}) | data


def turn_of(events: Sequence[Event], words: bool = False) -> dict[str, Any]:
    """Return a turn in which the user spoke as a script has it."""
    data: dict[str, Any] = {"user": literal(said_in(events) or "")}
    if _stop(events) == "interrupted":
        called = [event.call.name for event in events if isinstance(event, ToolCalled)]
        data["interrupt_at"] = called[-1] if called else ANSWER
    return data | {"expect": expected(events, words)}


def said_in(events: Iterable[Event]) -> str | None:
    """Return what the user said in a turn; None where the assistant spoke first."""
    started = next((event.message for event in events if isinstance(event, TurnStarted)), None)
    return started.text if started else None


def expected(events: Sequence[Event], words: bool = False) -> dict[str, Any]:
    """Return what is expected of a turn in which that happens."""
    results = {event.result.call_id: event.result for event in events if isinstance(event, ToolReturned)}
    calls = [event.call for event in events if isinstance(event, ToolCalled)]
    data: dict[str, Any] = {"calls": [_call(call.name, call.arguments, results.get(call.id)) for call in calls]}
    said = "\n".join(event.message.text for event in events if isinstance(event, Replied) and event.message.text)
    if words and said:
        data["answer"] = {"equals": said}
    if (stop := _stop(events)) != "done":
        data["stop"] = stop
    return data


def _call(name: str, arguments: str, result: ToolResult | None) -> dict[str, Any]:
    """Return a call as it is expected; secrets in it are masked, so that nothing is said of them."""
    value = parsed(arguments or "{}")
    data: dict[str, Any] = {"tool": name}
    if isinstance(value, dict):
        told = {key: part for key, part in value.items() if MASK not in json.dumps(part, ensure_ascii=False)}
        data["arguments" if told == value else "arguments_include"] = told
    failure = result.failure if result else "interrupted"
    return data | ({"failure": failure} if failure else {})


def _stop(events: Iterable[Event]) -> str:
    """Return how the last turn of them ended."""
    ends = [event.stop for event in events if isinstance(event, TurnEnded)]
    return ends[-1] if ends else "interrupted"
