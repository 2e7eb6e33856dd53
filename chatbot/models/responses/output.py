"""The output items of a response, put together from the events that servers really stream; pure.

At OpenAI every item is added under an id, streamed, and done, and the last event has them all once more. Others leave
ids, numbers, or any of these events out, give ids that change, or lose the calls in the last event.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from chatbot.models.http.text import loads

KINDS = ("reasoning", "message", "function_call")


@dataclass(slots=True, eq=False)
class Item:
    """One item as it streams.

    begun: what is known of it. arguments: a call's, once they are whole. value: the item itself, once it is done.
    """

    kind: str
    ids: set[str] = field(default_factory=set)
    index: int | None = None
    begun: dict[str, Any] = field(default_factory=dict)
    arguments: str | None = None
    value: dict[str, Any] | None = None
    _said: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """Its text, reasoning or arguments so far."""
        return "".join(self._said)

    def say(self, text: str) -> None:
        """Take in more of it."""
        self._said.append(text)

    def whole(self) -> dict[str, Any] | None:
        """Return the item as a response has it, or None where it never was whole."""
        if self.kind != "function_call" or self.value is not None:
            return self.value
        written = self.said if self.arguments is None else self.arguments
        status = "in_progress" if self.arguments is None else "completed"
        return {**self.begun, "type": self.kind, "arguments": written, "status": status} if written else None

    def calls_another(self, value: dict[str, Any]) -> bool:
        """Return whether the value is a call of another tool, which shares no more than a call's id or number with it.

        An item of the same id, or one that is not done yet, may still get its name told otherwise.
        """
        names = [name for name in (self.begun.get("name"), value.get("name")) if name]
        other = value["id"] not in self.ids if isinstance(value.get("id"), str) else self.value is not None
        return self.kind == "function_call" and other and len(names) > 1 and bool(names[0] != names[1])


class Output:
    """Collects items."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def at(self, event: dict[str, Any], kind: str) -> Item:
        """Return the item that an event is about, which may be a new one."""
        id_, index = event.get("item_id"), _index(event)
        id_ = id_ if isinstance(id_, str) else ""
        found = self._find(id_, index, kind)
        if found is None:
            found = Item(kind, {id_} - {""}, index)
            self.items.append(found)
        return found

    def told(self, event: dict[str, Any]) -> Item | None:
        """Take in the item that an event brings, added or done; None where it is of no kind that is known."""
        value = event.get("item")
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(value, dict) or kind not in KINDS:
            return None
        ids = {id_ for id_ in (value.get("id"), value.get("call_id")) if isinstance(id_, str) and id_}
        known = next((item for item in self.items if item.kind == kind and item.ids & ids), None)
        if known is None and not ids:
            known = self._find("", _index(event), kind)
        if known is None or known.calls_another(value):
            known = Item(kind, index=_index(event))
            self.items.append(known)
        known.ids |= ids
        known.begun = {**known.begun, **value}
        return known

    def settled(self, final: Any, complete: bool) -> tuple[list[dict[str, Any]], bool]:
        """Return the whole items, and whether a call is lost that was cut off or has no name.

        final: the response's own list, which holds, unless it has lost the calls. complete: whether the response is.
        """
        items = self._best(final)
        lost = [item for item in items if item["type"] == "function_call" and not _can_run(item, complete)]
        return [item for item in items if item not in lost], bool(lost)

    def _best(self, final: Any) -> list[dict[str, Any]]:
        streamed = [whole for item in self.items if (whole := item.whole())]
        theirs = [item for item in final if isinstance(item, dict)] if isinstance(final, list) else []
        theirs = [item for item in theirs if item.get("type") in KINDS]
        if not theirs or (_of(streamed, "function_call") and not _of(theirs, "function_call")):
            return streamed
        return _filled(theirs, streamed)

    def _find(self, id_: str, index: int | None, kind: str) -> Item | None:
        same = [item for item in reversed(self.items) if item.kind == kind]
        if id_:
            nameless = [item for item in same if not item.ids and item.value is None and item.index == index]
            found = next((item for item in same if id_ in item.ids), nameless[0] if nameless else None)
            if found:
                found.ids.add(id_)
            return found
        if index is not None:
            return next((item for item in same if item.index == index), None)
        return same[0] if same and same[0].value is None else None


def _can_run(call: dict[str, Any], complete: bool) -> bool:
    """Return whether a call is whole. In a response that is not, only what says so itself is."""
    status, name = call.get("status"), call.get("name")
    whole = status != "incomplete" if complete else status == "completed"
    return whole and isinstance(name, str) and bool(name)


def text_of(item: dict[str, Any]) -> str:
    """Return the text of a message, refusals included, or of reasoning (of its summary, where it has no text)."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts = _parts(content)
    if item.get("type") == "reasoning":
        return "\n\n".join(_parts(item.get("summary")) or parts)
    return "".join(parts)


def refuses(item: dict[str, Any]) -> bool:
    """Return whether the model refused to answer in a message."""
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("type") == "refusal" for part in parts)


def written(item: dict[str, Any]) -> str:
    """Return a call's arguments as JSON text: as the model wrote them, wherever the server left them a text."""
    given = item.get("arguments")
    if given is None:
        return ""
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def sendable(items: list[dict[str, Any]], lost: bool = False) -> list[dict[str, Any]]:
    """Return the items as a later request may say them again; `lost` tells that not all of them are there any more.

    Reasoning is refused where what it led to does not follow it, or where it is only an id of something that is not
    stored. What stood behind reasoning that is left out goes without its id, which would ask for that reasoning.
    """
    while items and items[-1].get("type") == "reasoning":
        items = items[:-1]
    told = [item for item in items if item["type"] != "reasoning" or (not lost and _says(item))]
    if len(told) == len(items):
        return items
    return [{key: value for key, value in item.items() if key != "id"} for item in told]


def _says(reasoning: dict[str, Any]) -> bool:
    return bool(reasoning.get("encrypted_content") or reasoning.get("content"))


def _index(event: dict[str, Any]) -> int | None:
    index = event.get("output_index")
    return index if isinstance(index, int) else None


def _of(items: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [item for item in items if item["type"] == kind]


def _filled(items: list[dict[str, Any]], streamed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items with what only the streamed ones have: encrypted reasoning, and the arguments of calls.

    Where a call was streamed with other arguments than it has in the end, nobody knows which are the model's: it gets
    both, one behind the other, which is no JSON and is refused.
    """
    missing = {"reasoning": "encrypted_content", "function_call": "arguments"}
    others = {kind: _of(streamed, kind) for kind in missing if len(_of(streamed, kind)) == len(_of(items, kind))}
    filled = []
    for item in items:
        other = others[item["type"]].pop(0) if item["type"] in others else {}
        if item.get("call_id"):
            other = next((one for one in streamed if one.get("call_id") == item["call_id"]), other)
        key = missing.get(item["type"], "")
        if other.get(key) and not item.get(key):
            item = {**item, key: other[key]}
        elif item["type"] == "function_call" and _differ(written(other), written(item)):
            item = {**item, key: written(other) + written(item)}
        filled.append(item)
    return filled


def _differ(streamed: str, final: str) -> bool:
    """Return whether two texts of arguments say different things; none at all are told of by leaving them out, too."""
    if not streamed or streamed == final or streamed.strip() == "{}":
        return False
    try:
        return json.dumps(loads(streamed), sort_keys=True) != json.dumps(loads(final), sort_keys=True)
    except (ValueError, RecursionError):
        return True


def _parts(parts: Any) -> list[str]:
    told = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    texts = [part.get("text", part.get("refusal")) for part in told]
    return [text for text in texts if isinstance(text, str)]
