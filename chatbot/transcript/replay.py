"""From what happened to what a model goes on with: the law by which a session keeps its history, told by its events."""

from collections.abc import Iterable
from dataclasses import replace

from chatbot import window
from chatbot.events import Event, HistoryCut, Replied, Stop, ToolReturned, TurnEnded, TurnStarted
from chatbot.limits import Limits
from chatbot.transcript.loading import closed
from chatbot.types import Assistant, Message, ToolResult, repaired

USUAL = Limits()


def history(events: Iterable[Event], limits: Limits = USUAL) -> list[Message]:
    """Return the history of the session that these events tell of; what is masked stays so.

    limits: results are cut again to what the model reads of them; the transcript has them whole.
    """
    replay = _Replay(limits)
    for event in closed(events):
        replay.feed(event)
    return replay.history


class _Replay:
    def __init__(self, limits: Limits) -> None:
        self.history: list[Message] = []
        self._limits = limits
        self._before = 0  # where in the history the turn begins

    def feed(self, event: Event) -> None:
        match event:
            case TurnStarted(message=message):
                self._before = len(self.history)
                if message:
                    self.history.append(message)
            case Replied(message=reply):
                self._reply(reply)
            case ToolReturned(result=result):
                self.history.append(replace(result, content=self._limits.cut(result.content)))
            case HistoryCut(oldest=oldest, latest=latest, summary=summary):
                size = len(self.history)
                self.history[:] = window.cut(self.history, oldest, latest, summary)
                self._before = max(self._before - (size - len(self.history)), 0)
            case TurnEnded(stop=stop):
                self._end(stop)

    def _reply(self, reply: Assistant) -> None:
        """Append a reply; at the limit of rounds, it stands for one that was empty."""
        match self.history[self._before :][-1:]:
            case [Assistant(text="", calls=())]:
                self.history[-1] = reply
            case _:
                self.history.append(reply)

    def _end(self, stop: Stop) -> None:
        if stop in ("error", "interrupted"):
            self.history[:] = window.broken_off(self.history, self._before)
        if stop == "error" and not any(isinstance(said, ToolResult) for said in self.history[self._before :]):
            del self.history[self._before :]
        self.history[self._before :] = repaired(self.history[self._before :])  # what stands before it is whole
