"""The messages of a conversation: pure values that every model is given and every transcript keeps."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Failure = Literal["unknown", "invalid", "denied", "failed", "timeout", "interrupted"]
"""Why a tool call has no proper result.

unknown: no such tool; invalid: the arguments do not fit; denied: a guard refused; failed: the tool raised;
timeout: it took too long; interrupted: the turn ended first.
"""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call as the model asked for it; `arguments` is the JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that one reply cost, as the server counts them.

    cached_tokens: those of the input that it had read before. reasoning_tokens: those of the output that nobody reads.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """What the user said."""

    text: str


@dataclass(frozen=True, slots=True)
class Assistant:
    """One reply of the model: text, calls, or both.

    `opaque` is what only the model that made it understands and wants back (never shown, never interpreted).
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    opaque: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to the call `call_id`; `content` is what the model reads."""

    call_id: str
    name: str
    content: str
    failure: Failure | None = None


Message = User | Assistant | ToolResult
SUMMARY = "[Summary of what was said before] "
"""How a reply begins that stands for turns which the model no longer reads."""


def repaired(history: Iterable[Message]) -> tuple[Message, ...]:
    """Return the history with exactly one result behind each call, in the order asked.

    Results belong to the nearest reply before them, since servers may use an id again in a later turn. A call without
    one gets an "interrupted" result; a result without a call, or a second one for the same call, is left out.
    """
    whole: list[Message] = []
    open_calls: tuple[ToolCall, ...] = ()
    results: dict[str, ToolResult] = {}

    def settle() -> None:
        whole.extend(results.get(call.id) or interrupted(call) for call in open_calls)

    for message in history:
        if isinstance(message, ToolResult):
            results.setdefault(message.call_id, message)
            continue
        settle()
        results = {}
        open_calls = message.calls if isinstance(message, Assistant) else ()
        whole.append(message)
    settle()
    return tuple(whole)


def interrupted(call: ToolCall) -> ToolResult:
    """Return the result of a call whose turn ended before it did."""
    return ToolResult(call.id, call.name, "The call was interrupted before it ended.", "interrupted")
