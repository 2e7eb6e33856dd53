"""A Prompt as the JSON body of a Chat Completions request; pure, and valid for the strictest server.

The format: https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Any

from chatbot.models import Prompt
from chatbot.models.http.history import HELLO, arguments, readable, reasons, with_unique_ids
from chatbot.pack import Tool
from chatbot.types import Assistant, ToolCall, ToolResult, User

OPAQUE = "chat_completions"
"""The key under which Assistant.opaque holds what this model attached: {"model": str, "extra": {call id: any}}."""
OPTIONAL = ("stream_options", "temperature", "seed")
"""Keys of the body that an answer can do without, since some servers refuse them."""


def request(prompt: Prompt, model: str, temperature: float | None, seed: int | None = None) -> dict[str, Any]:
    """Return the request's body."""
    body: dict[str, Any] = {
        "model": model,
        "messages": messages(prompt, model),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if temperature is not None and not reasons(model):
        body["temperature"] = temperature
    if seed is not None:
        body["seed"] = seed
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in prompt.tools]
    return body


def messages(prompt: Prompt, model: str = "") -> list[dict[str, Any]]:
    """Return the system prompt and the history as messages; each call is answered right behind its message.

    A conversation that the assistant begins has HELLO in front: several servers take none without a user.
    """
    wire: list[dict[str, Any]] = [{"role": "system", "content": prompt.system}] if prompt.system else []
    known = frozenset(tool.name for tool in prompt.tools)
    ids: list[str] = []
    if not isinstance(next(iter(prompt.history), None), User):
        wire.append({"role": "user", "content": HELLO})
    for message in with_unique_ids(prompt.history):
        match message:
            case User(text):
                wire.append({"role": "user", "content": text})
            case Assistant():
                wire.append(_assistant(message, model, known))
                ids = [call["id"] for call in wire[-1].get("tool_calls", ())]
            case ToolResult():
                wire.append({"role": "tool", "tool_call_id": ids.pop(0), "content": message.content})
    return wire


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
            "function": {"name": readable(call.name, known), "arguments": arguments(call.arguments)},
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
