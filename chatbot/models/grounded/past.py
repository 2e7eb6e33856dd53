"""What has been said and called so far, as the tools of a reply are chosen by it."""

from collections.abc import Iterator
from typing import Any

from chatbot.arguments import leaves, parsed
from chatbot.types import Assistant, Message, ToolCall, User


class Past:
    """A history: `said` and `calls` hold what stood where in it."""

    def __init__(self, history: tuple[Message, ...]) -> None:
        self.said = [(at, each.text) for at, each in enumerate(history) if isinstance(each, User)]
        replies = [(at, each) for at, each in enumerate(history) if isinstance(each, Assistant)]
        self.calls = [(at, call) for at, reply in replies for call in reply.calls]
        self._turn = self.said[-1][0] if self.said else 0
        self.answers = frozenset(text for _, text in self.said)
        self.asked = self.said[-1][1] if self.said and self._turn == len(history) - 1 else ""
        """What the user has just said; "" where tools have returned something since."""

    def had(self, tool: str) -> set[str]:
        """Return the values, as repr, that calls of the tool have had in this turn."""
        calls = [call for at, call in self.calls if at > self._turn and call.name == tool]
        return {repr(value) for call in calls for _, value in arguments_of(call)}

    def is_spent(self, value: Any, said: int) -> bool:
        """Return whether any call has had the value since it was said there."""
        return any(at > said and value == given for at, call in self.calls for _, given in arguments_of(call))

    def is_again(self, call: ToolCall) -> bool:
        """Return whether this very call was made in this turn already."""
        return any(
            at > self._turn and one.name == call.name and parsed(one.arguments) == parsed(call.arguments)
            for at, one in self.calls
        )


def arguments_of(call: ToolCall) -> Iterator[tuple[str, Any]]:
    """Yield the values of a call with the names of the arguments they stand in."""
    arguments = parsed(call.arguments)
    return leaves(arguments, arguments if isinstance(arguments, dict) else {})
