"""Every way to change one expectation of a script so that it does not hold any more."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chatbot.events import Event, Replied, ToolCalled, ToolReturned
from chatbot.replay.runs import Run
from chatbot.scripts.derived import said_in, turns
from chatbot.scripts.source import Steps, dotted

NOBODY = "nobody_knows"
"""A tool, an argument, a text and a pattern's match that no conversation has."""
NEVER = f"(?!){NOBODY}"


class Change(NamedTuple):
    """Another value for an expectation; `steps` lead from it to what the failure should name, or, as well, to `others`.

    shows: what stands in a changed line of the diff then.
    """

    value: Any
    steps: Steps = ()
    shows: str = NOBODY
    others: tuple[Steps, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutant:
    """A script with one expectation changed.

    key: the path of that expectation. named: paths of which the failure should name one, which are it or a part of it.
    """

    data: dict[str, Any]
    key: Steps
    named: tuple[Steps, ...]
    shows: str


@dataclass(frozen=True, slots=True)
class Held:
    """What happened where an expectation applies."""

    events: Sequence[Event]

    def all(self, kind: type) -> list[Any]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def called(self) -> str:
        """The tool of the first call."""
        return self.all(ToolCalled)[0].call.name

    def somewhere(self, texts: Iterable[str]) -> str:
        """A character that all the texts have in common."""
        return min(set.intersection(*(set(text) for text in texts if text)))


def mutants(data: dict[str, Any], run: Run) -> Iterator[Mutant]:
    """Yield the mutants of a script that went as in the run; a KeyError is an expectation that nobody can change."""
    for path, expect, held in _scopes(data, run):
        for key, value in expect.items():
            for change in OPERATORS[key](value, held):
                whole = (*path, key)
                named = tuple((*whole, *steps) for steps in (change.steps, *change.others))
                yield Mutant(_with(data, whole, change.value), whole, named, change.shows)


def in_words(path: Steps) -> str:
    """A path as failures tell it."""
    match tuple(path):
        case ("turns", int(number), *rest):
            return f"turn {number + 1}, {dotted(rest)}"
    return dotted(path)


def _scopes(data: dict[str, Any], run: Run) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any], Held]]:
    """Yield where expectations stand, what they are, and what happened there."""
    held_all = list(turns(run.events))
    said = [turn for turn in held_all if said_in(turn) is not None]
    if isinstance(data.get("greeting"), dict):
        yield ("greeting",), data["greeting"], Held(held_all[0])
    for number, (turn, held) in enumerate(zip(data["turns"], said, strict=True)):
        yield ("turns", number, "expect"), turn.get("expect", {}), Held(held)
    yield ("expect",), data.get("expect", {}), Held(run.events)


def _with(data: Any, path: Steps, value: Any) -> Any:
    """The data with another value at the path."""
    if not path:
        return value
    changed = dict(data) if isinstance(data, dict) else [*data]
    changed[path[0]] = _with(data[path[0]], path[1:], value)
    return changed


def _below(step: str | int, whole: Any, changes: Iterable[Change]) -> Iterator[Change]:
    """Changes of a part as changes of the whole."""
    for change in changes:
        yield Change(_with(whole, (step,), change.value), (step, *change.steps), change.shows)


def _exact_calls(calls: list[Any], held: Held) -> Iterator[Change]:
    """Calls of which there may be no others: one can be missing as well."""
    for at, call in enumerate(calls):
        yield Change(calls[:at] + calls[at + 1 :], (), f"call function {_tool(call)}")
    yield from _calls(calls, held)


def _ordered(of: Callable[[list[Any], Held], Iterator[Change]]) -> Callable[[list[Any], Held], Iterator[Change]]:
    def ordered(calls: list[Any], held: Held) -> Iterator[Change]:
        yield from of(calls, held)
        for at in range(len(calls) - 1):
            if calls[at] != calls[at + 1]:
                swapped = [*calls[:at], calls[at + 1], calls[at], *calls[at + 2 :]]
                yield Change(swapped, (), "function", ((at,), (at + 1,)))  # whichever of both finds no call

    return ordered


def _calls(calls: list[Any], held: Held) -> Iterator[Change]:
    for at in range(len(calls) + 1):
        yield Change([*calls[:at], NOBODY, *calls[at:]], (at,))
    for at, call in enumerate(calls):
        named = {"tool": NOBODY} | ({} if isinstance(call, str) else {**call, "tool": NOBODY})
        yield Change(_with(calls, (at,), named), (at,))
        if isinstance(call, dict):
            for key in call.keys() - {"tool"}:
                yield from _below(at, calls, _below(key, call, OF_CALLS[key](call[key], held)))


def _tool(call: Any) -> str:
    return call if isinstance(call, str) else call["tool"]


def _arguments(given: dict[str, Any], held: Held) -> Iterator[Change]:
    for name in given:
        yield Change({key: value for key, value in given.items() if key != name}, shows="with arguments")
    yield from _among(given, held)


def _among(given: dict[str, Any], held: Held) -> Iterator[Change]:
    yield Change({**given, NOBODY: 1})
    for name in given:
        yield Change({**given, name: NOBODY})


def _patterns(given: dict[str, str], held: Held) -> Iterator[Change]:
    for name in given:
        yield Change({**given, name: NEVER}, (name,))
    yield Change({**given, NOBODY: "."}, (NOBODY,))


def _kinds(given: dict[str, str], held: Held) -> Iterator[Change]:
    for name, kind in given.items():
        other = "array" if kind != "array" else "string"
        yield Change({**given, name: other}, (name,), f"of the type {other}")


def _failure(given: str, held: Held) -> Iterator[Change]:
    happened = {result.result.failure for result in held.all(ToolReturned)}
    others = {"any", "failed"} if given == "none" else {"none"} | {"failed", "denied", "timeout"} - happened
    for other in others:
        yield Change(other, (), f"function response ({other})")


def _answer(given: dict[str, Any], held: Held) -> Iterator[Change]:
    texts = [event.message.text for event in held.all(Replied)]
    yield from _text(given, held.somewhere(["\n".join(filter(None, texts))]))


def _result(given: dict[str, Any], held: Held) -> Iterator[Change]:
    contents = [event.result.content for event in held.all(ToolReturned)]
    yield from _text(given, held.somewhere(contents) if any(contents) else "")


def _text(given: dict[str, Any], there: str) -> Iterator[Change]:
    """Changes of what a text is to be; `there` stands in it."""
    for key, value in given.items():
        if key == "json_schema":
            changes = _schema(value)
        else:
            to = {"equals": NOBODY, "contains": NOBODY, "matches": NEVER, "lacks": there}[key]
            shows = NOBODY if to != there else "does not contain"
            changes = (Change(changed, (), shows) for changed in _each(value, to))
        yield from _below(key, given, changes)


def _each(value: str | list[str], to: str) -> list[Any]:
    """The value, which is a text or some, with each text in turn changed."""
    return [to] if isinstance(value, str) else [_with(value, (at,), to) for at in range(len(value))]


def _schema(given: dict[str, Any]) -> Iterator[Change]:
    """Changes of a JSON schema; the failure names the schema as a whole."""
    others: dict[str, Callable[[Any], Any]] = {
        "type": lambda kind: "null",
        "const": lambda value: NOBODY,
        "enum": lambda values: [NOBODY],
        "required": lambda names: [*names, NOBODY],
        "pattern": lambda pattern: NEVER,
    }
    for key, value in given.items():
        if key == "properties":
            for name, part in value.items():
                for change in _schema(part):
                    yield Change({**given, key: {**value, name: change.value}}, (), change.shows)
        else:
            yield Change({**given, key: others[key](value)}, (), "fits its JSON schema")


def _never_called(given: str | list[str], held: Held) -> Iterator[Change]:
    for at, changed in enumerate(_each(given, held.called)):
        yield Change(changed, (at,), f"call function {held.called}")


def _never_before(given: dict[str, str], held: Held) -> Iterator[Change]:
    for name in given:
        yield Change({**given, name: NOBODY}, (name,), f"call function {name}")


def _stop(given: str, held: Held) -> Iterator[Change]:
    for other in {"done", "limit", "error", "interrupted"} - {given}:
        yield Change(other, (), f"(ends: {other})")


def _model_calls(given: int, held: Held) -> Iterator[Change]:
    most = len(held.all(Replied)) - 1
    yield Change(most, (), f"(at most {most} model calls)")


def _seconds(given: float, held: Held) -> Iterator[Change]:
    yield Change(0.000001, (), "(at most 1e-06 seconds)")


OF_CALLS: dict[str, Callable[[Any, Held], Iterator[Change]]] = {
    "arguments": _arguments,
    "arguments_include": _among,
    "arguments_match": _patterns,
    "arguments_types": _kinds,
    "failure": _failure,
    "result": _result,
}
OPERATORS: dict[str, Callable[[Any, Held], Iterator[Change]]] = {
    "calls": _ordered(_exact_calls),
    "calls_in_any_order": _exact_calls,
    "calls_include": _ordered(_calls),
    "never_called": _never_called,
    "never_before": _never_before,
    "answer": _answer,
    "stop": _stop,
    "max_model_calls": _model_calls,
    "max_seconds": _seconds,
}
