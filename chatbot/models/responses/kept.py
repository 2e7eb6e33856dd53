"""What a reply keeps of its response, so that the next request can go on from it; pure.

It stands in Assistant.opaque["responses"]: the `model` and the `server` that made it, its output `items` as they came,
and `said`, the fingerprint of the reply they make. Where the server stores the response: its `id`, and `after`, the
fingerprint of the history that it answered.
"""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from chatbot.models.http.failures import Place
from chatbot.models.http.text import encode
from chatbot.types import Assistant, Message, ToolResult, User

OPAQUE = "responses"


def fingerprint(history: Iterable[Message]) -> str:
    """Return 16 hex digits that are others as soon as anything that was said is."""
    return sha256(encode({"said": [_said(message) for message in history]})).hexdigest()[:16]


def keep(reply: Assistant, items: list[dict[str, Any]], place: Place, id_: str = "", after: str = "") -> Assistant:
    """Return the reply with its items; `id_` and `after` where the server stores its response."""
    stored = {"id": id_, "after": after} if id_ and after else {}
    made = {"model": place.model, "server": place.host, "items": items, "said": fingerprint([reply]), **stored}
    return replace(reply, opaque={OPAQUE: made})


def kept(reply: Assistant, place: Place) -> dict[str, Any]:
    """Return what was kept, or {} where another model made the reply, or it is not what the model said any more."""
    made = reply.opaque.get(OPAQUE) if isinstance(reply.opaque, dict) else None
    if not isinstance(made, dict) or (made.get("model"), made.get("server")) != (place.model, place.host):
        return {}
    items = made.get("items")
    if made.get("said") != fingerprint([reply]) or not isinstance(items, list):
        return {}
    return made if all(isinstance(item, dict) for item in items) else {}


def _said(message: Message) -> list[Any]:
    match message:
        case User(text):
            return ["user", text]
        case ToolResult():
            return ["tool", message.call_id, message.content]
        case Assistant():
            return ["assistant", message.text, [[call.id, call.name, call.arguments] for call in message.calls]]
