"""A Prompt as the JSON body of a Chat Completions request; pure, and valid for the strictest server.

The format: https://platform.openai.com/docs/api-reference/chat/create
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from chatbot.models import Prompt
from chatbot.models.http.text import dumps, whole, whole_json
from chatbot.pack import Tool
from chatbot.types import Assistant, Message, ToolCall, ToolResult, User, repaired

OPAQUE = "chat_completions"
"""The key under which Assistant.opaque holds what this model attached: {"model": str, "extra": {call id: any}}."""
OPTIONAL = ("stream_options", "temperature")
"""Keys of the body that an answer can do without, since some servers refuse them."""

_NO_TEMPERATURE = re.compile(r"(?:^|[/:])(?:o[134](?:$|-)|gpt-5)")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def request(prompt: Prompt, model: str, temperature: float | None) -> dict[str, Any]:
    """Return the request's body."""
    body: dict[str, Any] = {
        "model": model,
        "messages": messages(prompt, model),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if temperature is not None and not _NO_TEMPERATURE.search(model):
        body["temperature"] = temperature
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in prompt.tools]
    return body


def messages(prompt: Prompt, model: str = "") -> list[dict[str, Any]]:
    """Return the system prompt and the history as messages; each call is answered right behind its message."""
    wire: list[dict[str, Any]] = [{"role": "system", "content": prompt.system}] if prompt.system else []
    known = frozenset(tool.name for tool in prompt.tools)
    ids: list[str] = []
    for message in _with_unique_ids(prompt.history):
        match message:
            case User(text):
                wire.append({"role": "user", "content": text})
            case Assistant():
                wire.append(_assistant(message, model, known))
                ids = [call["id"] for call in wire[-1].get("tool_calls", ())]
            case ToolResult():
                wire.append({"role": "tool", "tool_call_id": ids.pop(0), "content": message.content})
    return wire or [{"role": "user", "content": "Hello."}]  # no server takes an empty list


def arguments(text: str) -> str:
    """Return the arguments as the JSON text of an object.

    What is no object is wrapped in one that says so: some servers' chat templates parse the arguments of earlier
    calls, and would answer every further request with a 500.
    """
    if not text.strip():
        return "{}"
    try:
        value = json.loads(text)
        if isinstance(value, dict):
            strict = json.dumps(value, ensure_ascii=False, allow_nan=False)
            return text if whole(strict) == strict else dumps(whole_json(value))
    except (ValueError, RecursionError):
        pass
    return dumps({"invalid_arguments": whole(text)})


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _assistant(message: Assistant, model: str, known: frozenset[str]) -> dict[str, Any]:
    if not message.calls:
        return {"role": "assistant", "content": message.text}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": _name(call.name, known), "arguments": arguments(call.arguments)},
            **_extra(message, call, model),
        }
        for call in message.calls
    ]
    return {"role": "assistant", "content": message.text or None, "tool_calls": calls}


def _extra(message: Assistant, call: ToolCall, model: str) -> dict[str, Any]:
    """Return what this very model attached to the call and wants back: Gemini's thought signature."""
    mine = message.opaque.get(OPAQUE) if isinstance(message.opaque, dict) else None
    if not isinstance(mine, dict) or mine.get("model") != model or not isinstance(mine.get("extra"), dict):
        return {}
    extra = mine["extra"].get(call.id)
    return {} if extra is None else {"extra_content": extra}


def _name(name: str, known: frozenset[str]) -> str:
    """Return a name that servers accept: models make up names that OpenAI refuses to read again."""
    if name in known or _NAME.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "unnamed"


def _with_unique_ids(history: Iterable[Message]) -> Iterable[Message]:
    """Yield the repaired history. Ids that are empty or told twice in one reply are made unique first."""
    return repaired(_renamed(history))


def _renamed(history: Iterable[Message]) -> Iterable[Message]:
    waiting: dict[str, list[str]] = {}
    for message in history:
        match message:
            case Assistant(calls=calls):
                ids = unique(whole(call.id) for call in calls)
                waiting = {}
                for call, new in zip(calls, ids, strict=True):
                    waiting.setdefault(call.id, []).append(new)
                renamed = tuple(ToolCall(i, call.name, call.arguments) for i, call in zip(ids, calls, strict=True))
                yield Assistant(message.text, renamed, message.usage, message.opaque)
            case ToolResult(call_id=call_id) if waiting.get(call_id):
                yield ToolResult(waiting[call_id].pop(0), message.name, message.content, message.failure)
            case User():
                waiting = {}
                yield message
            # A result that no call waits for is left out, as `repaired` would.


def unique(ids: Iterable[str]) -> list[str]:
    """Return the ids in order, each non-empty and different from those before it."""
    wanted = list(ids)
    taken: set[str] = set()
    result = []
    for number, name in enumerate(wanted, start=1):
        base = name or f"call_{number}"
        candidate, attempt = base, 1
        while candidate in taken or (candidate != name and candidate in wanted):
            attempt += 1
            candidate = f"{base}_{attempt}"
        taken.add(candidate)
        result.append(candidate)
    return result
