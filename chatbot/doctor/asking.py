"""Asking the model itself: whether it is listed, streams, counts, calls a tool, and which statuses it tells."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from time import perf_counter
from typing import Any

from chatbot.catalogue import Listed, NoList
from chatbot.config import ModelChoice
from chatbot.doctor.endpoint import took
from chatbot.doctor.finding import Finding, failed, ok, warned
from chatbot.errors import ModelError
from chatbot.events import Notice, ReasoningDelta, Status, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Model, Prompt
from chatbot.models.written.reading import TAKEN
from chatbot.pack import Tool
from chatbot.types import Assistant, User

_FEW, _QUOTED = 5, 60
_NUMBERS = {"a": 2, "b": 3}
_NUMBER = {"type": "number"}
_ADD = Tool(
    "add",
    "Add two numbers.",
    {"type": "object", "properties": dict.fromkeys(_NUMBERS, _NUMBER), "required": [*_NUMBERS]},
    json.loads,
    lambda arguments, _context: sum(arguments.values()),
)
COUNT = Prompt("", (User("Count from one to five, in words."),))
"""Short, but of more than one token: a single one could not show whether it streams."""
CALL = Prompt("", (User("Call the tool add with a=2 and b=3. Answer with nothing but the call."),), (_ADD,))
_OTHER = "Tools need another model: chatbot models marks those that are known to call them."


@dataclass(frozen=True, slots=True)
class Said:
    """How a model answered. first, all: seconds to its first piece, and to its end."""

    reply: Assistant
    pieces: int
    first: float
    all: float
    statuses: tuple[Status, ...]
    notices: tuple[str, ...]


def said(model: Model, prompt: Prompt, interrupt: Interrupt) -> Said:
    """Ask the model and return how it answered. Raises ModelError."""
    model.warm()
    times: list[float] = []
    statuses: list[Status] = []
    notices: list[str] = []
    reply = Assistant()
    begin = perf_counter()
    for delta in model.stream(prompt, interrupt):
        match delta:
            case TextDelta() | ReasoningDelta():
                times.append(perf_counter() - begin)
            case StatusChanged(status=status):
                statuses.append(status)
            case Notice(text=text):
                notices.append(text)
            case Assistant():
                reply = delta
    whole = perf_counter() - begin
    return Said(reply, len(times), times[0] if times else whole, whole, tuple(statuses), tuple(notices))


def listing(choice: ModelChoice, ask: Callable[[], Sequence[Listed]]) -> Finding:
    """Return whether the model is among those that the server lists; that it is not need not mean that it is none."""
    try:
        names = [model.name for model in ask()]
    except NoList as error:
        return ok("models", str(error))
    except ModelError as error:
        return warned("models", str(error))
    there = "1 model" if len(names) == 1 else f"{len(names)} models"
    if not choice.name:
        return ok("models", f"the server lists {there}: {_some(names)}")
    if choice.name in names:
        return ok("models", f"{choice.name} is among the {there} that the server lists")
    near = get_close_matches(choice.name, names, _FEW, 0.5) or names
    fix = f"If it does not answer, name another: --model {choice.provider}:{near[0]}" if near else ""
    return warned("models", f"{choice.name} is not among the {there} that the server lists: {_some(near)}", fix)


def answer(said: Said) -> Finding:
    """Return whether the answer came, in pieces, and was counted."""
    usage = said.reply.usage
    counted = (
        f"{usage.input_tokens} tokens read, {usage.output_tokens} written" if usage else "its tokens are not counted"
    )
    notices = "".join(f". {notice.rstrip('.')}" for notice in said.notices)
    if not said.reply.text.strip():
        return warned("answer", f"it said nothing, in {took(said.all)}; {counted}{notices}", "Ask it in a chat.")
    if said.pieces > 1:
        times = f"the first after {took(said.first)}, all in {took(said.all)}"
        return ok("answer", f"it streams: {said.pieces} pieces, {times}; {counted}{notices}")
    fix = "Nothing is shown until an answer is whole: a server, or a proxy before it, does not stream."
    return warned("answer", f"it came in one piece, after {took(said.first)}; {counted}{notices}", fix)


def tools(said: Said, name: str) -> Finding:
    """Return whether the model called the tool that it was told to call: by a call, or by writing one. name: its."""
    if not said.reply.calls:
        text = " ".join(said.reply.text.split())
        quoted = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."
        return warned("tools", f"it was told to call a tool, and said: {quoted or 'nothing'}", _OTHER)
    call = said.reply.calls[0]
    if call.name != _ADD.name or _parsed(call.arguments) != _NUMBERS:
        wrote = f"{call.name} {call.arguments[:_QUOTED]}"
        return warned("tools", f"it was told to call add(a=2, b=3), and called: {wrote}", _OTHER)
    if TAKEN.format(name) in said.notices:
        return ok("tools", "it writes its calls as text, which are taken as calls")
    return ok("tools", "it calls them, with the arguments that it was given")


def status(said: Said, choice: ModelChoice) -> Finding:
    """Return which statuses were told."""
    told = " -> ".join(dict.fromkeys(said.statuses)) or "none"
    return ok(
        "status", f"{told} (Chat Completions tells no more)" if choice.base_url and choice.api == "chat" else told
    )


def late(check: str, seconds: float) -> Finding:
    """Return that a check took too long."""
    return failed(check, ModelError(f"It was not done after {seconds:g} s. Ask again, or choose a faster model."))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_FEW]) + (", ..." if len(names) > _FEW else "") if names else "none"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
