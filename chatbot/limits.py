"""How much one turn may take: numbers, and what they measure."""

from typing import Any, NamedTuple

from chatbot.arguments import is_deeper

CUT = "\n[{} more characters were cut here]"


class Limits(NamedTuple):
    """What ends, or shortens, what a model or a tool has too much of.

    rounds: replies with tool calls in one turn. calls: tool calls in one reply. repeats: how often the very same call
    may fail in one turn. result: characters of a result that the model reads. arguments: characters of a call's
    arguments. depth: how deep they may be nested. context: tokens of a conversation that the model reads; 0: nobody
    knows before the model says so.
    """

    rounds: int = 10
    calls: int = 16
    repeats: int = 3
    result: int = 50_000
    arguments: int = 100_000
    depth: int = 32
    context: int = 0

    def excess(self, text: str, value: Any) -> str:
        """Return what is too much about a call's arguments, as JSON text and as a value; "" where nothing is."""
        if len(text) > self.arguments:
            return f"they have {len(text)} characters, and {self.arguments} is the most."
        if is_deeper(value, self.depth):
            return f"they are nested more than {self.depth} levels deep."
        return ""

    def cut(self, result: str) -> str:
        """Return a result as the model reads it: whole, or its beginning with a note."""
        rest = len(result) - self.result
        return result if rest <= 0 else result[: self.result] + CUT.format(rest)
