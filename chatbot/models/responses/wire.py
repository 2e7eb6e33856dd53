"""A Prompt as the JSON body of a Responses request; pure, and valid for the strictest server.

The format: https://platform.openai.com/docs/api-reference/responses/create. The parts of messages are spelt out, since
llama.cpp takes no short form.
"""

import re
from collections.abc import Sequence
from typing import Any

from chatbot.models import Prompt
from chatbot.models.http.failures import Place
from chatbot.models.http.history import HELLO, arguments, readable, reasons, with_unique_ids
from chatbot.models.responses.kept import fingerprint, kept
from chatbot.pack import Tool
from chatbot.types import Assistant, Message, ToolResult, User

OPTIONAL = ("parallel_tool_calls", "temperature", "include", "store", "reasoning")
"""Keys of the body that an answer can do without, since some servers refuse them."""

_UNREASONING = re.compile(r"(?:^|[/:])(?:gpt-[34]|chatgpt-|gpt-5[.\d]*-chat)")
"""OpenAI's models that do not reason, and refuse to be asked for encrypted reasoning."""


def request(prompt: Prompt, place: Place, temperature: float | None, store: bool = False) -> dict[str, Any]:
    """Return the body of a request that says everything there is to say."""
    body: dict[str, Any] = {"model": place.model, "input": _input(prompt, place), "stream": True, "store": store}
    reasoning = not _UNREASONING.search(place.model)
    if prompt.system:
        body["instructions"] = prompt.system
    if reasoning:
        body["include"] = ["reasoning.encrypted_content"]
    if reasoning and reasons(place.model):
        body["reasoning"] = {"summary": "auto"}
    if temperature is not None and not reasons(place.model):
        body["temperature"] = temperature
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in prompt.tools]
        body["parallel_tool_calls"] = True
    return body


def continued(body: dict[str, Any], prompt: Prompt, place: Place) -> dict[str, Any] | None:
    """Return the request that goes on from the latest stored response and says only what came after it.

    None where there is no such response, where anything that it stands on was changed since, or nothing came after it.
    """
    history = with_unique_ids(prompt.history)
    for index in range(len(history) - 2, -1, -1):
        message = history[index]
        made = kept(message, place) if isinstance(message, Assistant) else {}
        if isinstance(message, Assistant) and made.get("id"):
            if made.get("after") != fingerprint(history[:index]):
                return None
            calls = [call.id for call in message.calls]
            rest = _Items(place, prompt, calls).of(history[index + 1 :])
            return {**body, "previous_response_id": made["id"], "input": rest} if rest else None
    return None


def stands_on(prompt: Prompt) -> str:
    """Return the fingerprint of the history that the answer to a prompt stands on."""
    return fingerprint(with_unique_ids(prompt.history))


def _input(prompt: Prompt, place: Place) -> list[dict[str, Any]]:
    history = with_unique_ids(prompt.history)
    begun = bool(history) and isinstance(history[0], User)
    return ([] if begun else [_message("user", HELLO)]) + _Items(place, prompt).of(history)


class _Items:
    """Turns messages into input items. Ids of calls are made unique: here they have no message around them.

    waiting: ids of calls whose results come first.
    """

    def __init__(self, place: Place, prompt: Prompt, waiting: Sequence[str] = ()) -> None:
        self._place = place
        self._known = frozenset(tool.name for tool in prompt.tools)
        self._waiting = list(waiting)
        self._taken = set(waiting)
        self._sent: set[str] = set()

    def of(self, history: Sequence[Message]) -> list[dict[str, Any]]:
        """Return the items; each call's result comes behind the calls of its reply."""
        items: list[dict[str, Any]] = []
        for message in history:
            match message:
                case User(text):
                    items.append(_message("user", text))
                case Assistant():
                    items += self._assistant(message)
                case ToolResult(content=content):
                    call = {"type": "function_call_output", "call_id": self._waiting.pop(0), "output": content}
                    items.append(call)
        return items

    def _assistant(self, message: Assistant) -> list[dict[str, Any]]:
        """Return the model's own items where it gave some and they still say the same, else items like them."""
        calls = [self._call(call.id, call.name, call.arguments) for call in message.calls]
        self._waiting = [call["call_id"] for call in calls]
        own = kept(message, self._place).get("items", [])
        ids = {item["id"] for item in own if isinstance(item.get("id"), str)}
        if own and ids.isdisjoint(self._sent) and _count(own) == len(calls):
            self._sent |= ids
            return [{**item, **calls.pop(0)} if item.get("type") == "function_call" else item for item in own]
        return ([_message("assistant", message.text)] if message.text else []) + calls

    def _call(self, id_: str, name: str, text: str) -> dict[str, Any]:
        call_id, turn = id_, 1
        while call_id in self._taken:
            turn += 1
            call_id = f"{id_}_{turn}"
        self._taken.add(call_id)
        wanted = {"call_id": call_id, "name": readable(name, self._known), "arguments": arguments(text)}
        return {"type": "function_call", **wanted}


def _count(items: list[dict[str, Any]]) -> int:
    return sum(item.get("type") == "function_call" for item in items)


def _message(role: str, text: str) -> dict[str, Any]:
    kind = "input_text" if role == "user" else "output_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def _tool(tool: Tool) -> dict[str, Any]:
    # `strict` left out would mean strict at OpenAI, which schemas with optional parameters are not.
    shape = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", **shape, "strict": False}
