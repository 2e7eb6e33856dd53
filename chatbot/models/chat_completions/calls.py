"""Tool calls put together from the fragments that servers really stream; pure.

OpenAI's format is simple: the first fragment of a call has an index, an id and a name, those after it only the index
and more of the arguments. Servers that call themselves compatible leave out ids or indexes, give every call the index
0, repeat id and name in every fragment, split the name, or send a call as one piece.
"""

import json
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from chatbot.models.http.history import unique
from chatbot.models.http.text import whole
from chatbot.types import ToolCall


@dataclass(slots=True)
class _Fragment:
    index: Hashable | None
    id: str
    name: str
    arguments: str
    extra: Any


@dataclass(slots=True)
class _Braces:
    """Follows JSON to tell whether an object may just have ended; to parse all of it for each piece takes too long."""

    _depth: int = 0
    _quoted: bool = False
    _escaped: bool = False
    closed: bool = False

    def feed(self, text: str) -> None:
        for char in text if self._quoted else text.strip():
            self.closed = False
            if self._quoted:
                self._quoted = self._escaped or char != '"'
                self._escaped = char == "\\" and not self._escaped
            elif char == '"':
                self._quoted = True
            elif char in "{}":
                self._depth += 1 if char == "{" else -1
                self.closed = self._depth == 0


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    extra: Any = None
    begun: bool = False
    """Whether arguments have come, so that the name is whole."""
    _braces: _Braces = field(default_factory=_Braces)

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    @property
    def complete(self) -> bool:
        """Whether the arguments are a whole object, so that more of them could only spoil it."""
        return self._braces.closed and _is_object(self.arguments)

    def add(self, arguments: str) -> None:
        """Take in more of the arguments."""
        self.pieces.append(arguments)
        self.begun = self.begun or bool(arguments.strip())
        self._braces.feed(arguments)


class Calls:
    """Collects fragments of tool calls."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[Hashable, _Call] = {}

    def feed(self, tool_calls: Any) -> None:
        """Take in the `tool_calls` of a delta or of a message: a list of fragments (or one, or nothing)."""
        for fragment in _fragments(tool_calls):
            self._add(fragment)

    def are(self, tool_calls: Any) -> bool:
        """Return whether these are the very calls that have come, once more."""
        told = [(one.name, one.arguments) for one in _fragments(tool_calls)]
        return bool(told) and told == [(call.name, call.arguments) for call in self._calls]

    def feed_function(self, function_call: Any) -> None:
        """Take in the `function_call` of a delta, from before there were tools."""
        if isinstance(function_call, dict):
            self._add(_fragment({}, function_call, "function_call"))

    def end(self, *, cut_off: bool = False) -> tuple[tuple[ToolCall, ...], dict[str, Any]]:
        """Return the calls, their ids unique and non-empty, and by id whatever a server attached to some of them.

        A call without arguments has none: "{}". But where the answer was cut off, those of its last call may only not
        have come: they stay empty, which is no JSON and is refused.
        """
        calls = [call for call in self._calls if call.name or call.begun]
        ids = unique(whole(call.id) for call in calls)
        named = list(zip(ids, calls, strict=True))
        told = [whole(call.arguments) if call.begun else "{}" for call in calls]
        if cut_off and calls and not calls[-1].begun:
            told[-1] = ""
        done = tuple(ToolCall(id_, whole(call.name), text) for (id_, call), text in zip(named, told, strict=True))
        return done, {id_: call.extra for id_, call in named if call.extra is not None}

    def _add(self, new: _Fragment) -> None:
        call = self._target(new)
        if call is None:
            if not (new.id or new.name or new.arguments.strip()):
                return
            call = _Call()
            self._calls.append(call)
        if new.index is not None:
            self._by_index[new.index] = call
        if _repeats(call, new):
            return
        call.id = call.id or new.id
        if not (call.name and call.begun) and new.name != call.name:
            call.name += new.name
        if new.arguments:
            call.add(new.arguments)
        call.extra = new.extra if new.extra is not None else call.extra

    def _target(self, new: _Fragment) -> _Call | None:
        """Return the call that the fragment continues, or None where it begins one."""
        call = self._by_index.get(new.index) if new.index is not None else self._unnumbered(new)
        if call is None or not new.name or _repeats(call, new):
            return call
        same_id = bool(new.id) and new.id == call.id
        collides = bool(new.id) and bool(call.id) and not same_id
        another = call.begun and call.name not in ("", new.name) and not same_id
        overflows = bool(new.arguments.strip()) and call.complete
        return None if collides or another or overflows else call

    def _unnumbered(self, new: _Fragment) -> _Call | None:
        """Return what a fragment without an index continues: the call of its id, or the last one."""
        last = self._calls[-1] if self._calls else None
        if new.id:
            late = last if last and not last.id and not new.name else None
            return next((call for call in reversed(self._calls) if call.id == new.id), late)
        if last is None or not new.name:
            return last
        return last if new.name == last.name and not last.complete else None


def _fragments(tool_calls: Any) -> list[_Fragment]:
    items = [item for item in (tool_calls if isinstance(tool_calls, list) else [tool_calls]) if isinstance(item, dict)]
    return [_fragment(item, _dict(item.get("function")) or item, item.get("index")) for item in items]


def _fragment(item: dict[str, Any], function: dict[str, Any], index: Any) -> _Fragment:
    given = function.get("arguments")
    arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    name = function.get("name")
    return _Fragment(
        index=index if isinstance(index, int | str) and not isinstance(index, bool) else None,
        id=_id(item.get("id")),
        name=name if isinstance(name, str) else "",
        arguments="" if given is None else arguments,
        extra=item.get("extra_content"),
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str:
    """Return an id as text; Mistral's servers have written "null" for none."""
    known = isinstance(value, str | int) and not isinstance(value, bool) and value != "null"
    return str(value) if known else ""


def _repeats(call: _Call, new: _Fragment) -> bool:
    """Return whether the fragment is the whole call once more: some servers close a stream with all that they said."""
    same = bool(new.id) and (new.id, new.name) == (call.id, call.name) and bool(new.arguments.strip())
    return same and call.complete and new.arguments == call.arguments


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
