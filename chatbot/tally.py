"""What a conversation has come to so far: turns, tokens, calls, and the latest results."""

from dataclasses import dataclass, field

from chatbot.events import Event, HistoryCut, Replied, ToolReturned, TurnStarted
from chatbot.types import ToolResult


@dataclass(slots=True)
class Tally:
    """A sink that only counts.

    answer: the latest, masked; "" since a turn was taken back. results: the latest of tools, masked, the newest last.
    """

    turns: int = 0
    replies: int = 0
    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    answer: str = ""
    results: list[ToolResult] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Count one event."""
        match event:
            case TurnStarted(message=message):
                self.turns += message is not None
            case Replied(message=reply):
                self.replies += 1
                self.answer = reply.text or self.answer
                if reply.usage:
                    self.input_tokens += reply.usage.input_tokens
                    self.output_tokens += reply.usage.output_tokens
            case ToolReturned(result=result, seconds=seconds):
                self.calls += 1
                self.failures += result.failure is not None
                self.seconds += seconds
                self.results = [*self.results[-9:], result]
            case HistoryCut(latest=latest) if latest:
                self.answer = ""

    @property
    def tokens(self) -> int:
        """All tokens that servers have counted."""
        return self.input_tokens + self.output_tokens
