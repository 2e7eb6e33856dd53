"""Results as sentences: whether a call succeeded, and what its content says in words."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chatbot.models.offline.words import words_of
from chatbot.types import ToolResult

_MOST = 10
"""Entries of a long list that are told; the rest is counted."""
_FLAGS = ("success", "ok", "succeeded")
_TOLD = ("error", "message", "detail", "reason", "errors")
_WRAPPERS = ("result", "data", "content", "value", "items", "results")


def content_of(result: ToolResult) -> Any:
    """Return the content as a JSON value, or the plain text where it is none."""
    try:
        value = json.loads(result.content)
    except (ValueError, RecursionError):
        return result.content.strip()
    while isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _WRAPPERS:
        value = next(iter(value.values()))
    return value


def is_success(result: ToolResult) -> bool:
    """Return whether the call did what it should: nothing failed, and its content says nothing else."""
    if result.failure is not None:
        return False
    content = content_of(result)
    if isinstance(content, Mapping):
        if any(content.get(flag) is False for flag in _FLAGS):
            return False
        return any(content.get(flag) is True for flag in _FLAGS) or not (content.get("error") or content.get("errors"))
    return not (isinstance(content, str) and content.lower().partition(":")[0].strip() == "error")


def reason_of(result: ToolResult) -> str:
    """Return why a call failed, in the words of its result."""
    content = content_of(result)
    if isinstance(content, Mapping):
        told = next((content[name] for name in _TOLD if content.get(name)), "")
        return worded(told) if told else ""
    text = worded(content)
    return "" if text.lower() in ("error", "nothing", "no") else text.removeprefix("Error:").strip()


def is_bare_success(content: Any) -> bool:
    """Return whether there is nothing to tell but that it worked."""
    if isinstance(content, Mapping):
        return all(name in _FLAGS for name in content)
    return content is None or content == ""


def worded(value: Any, depth: int = 0) -> str:
    """Return a JSON value in words, on one line; flags of success go without saying."""
    if isinstance(value, Mapping):
        pairs = [(name, inner) for name, inner in value.items() if name not in _FLAGS]
        return joined(f"{' '.join(words_of(str(name))) or name} is {_inner(inner, depth)}" for name, inner in pairs)
    if isinstance(value, list):
        told = [_inner(inner, depth) for inner in value[:_MOST]]
        more = [f"{len(value) - _MOST} more"] if len(value) > _MOST else []
        return joined([*told, *more]) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "nothing" if value is None or value == "" else str(value)


def _inner(value: Any, depth: int) -> str:
    if depth > 4:
        return json.dumps(value, ensure_ascii=False)[:200]
    text = worded(value, depth + 1)
    return f"({text})" if isinstance(value, Mapping) or (isinstance(value, list) and depth) else text


def joined(parts: Iterable[str], last: str = "and") -> str:
    """Return parts as people list them: a, b and c."""
    listed = [part for part in parts if part]
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}" if len(listed) > 1 else "".join(listed)
