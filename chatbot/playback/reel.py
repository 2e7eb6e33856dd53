"""Where on its tape a session is: what is due next, and what has happened in this turn so far."""

from collections import Counter
from collections.abc import Callable, Container
from threading import Lock
from typing import Any

from chatbot.arguments import parsed
from chatbot.events import Event, HistoryCut, TurnEnded
from chatbot.interrupt import Interrupt
from chatbot.playback.departures import Departed, departed
from chatbot.playback.tape import Ended, Reply, Tape, Turn, comparable
from chatbot.types import ToolCall


class Reel:
    """One session's place on a tape. What happens is fed to `watch`, so that the model, tools and asker know of it."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.turn: Turn | None = None
        self._turns = 0  # begun so far
        self._replies = 0  # given in this turn
        self._cuts = 0
        self._asked: Counter[str] = Counter()  # how often the user was, by tool
        self._departed = False
        self._happened: list[Event] = []
        self._interrupt = Interrupt()  # of this turn
        self._calls: tuple[Ended, ...] = ()  # of the latest reply
        self._unjudged: list[Ended] = []  # of them
        self._unasked: list[Ended] = []
        self._unrun: list[Ended] = []
        self._lock = Lock()  # tools run side by side

    @property
    def upcoming(self) -> Turn | None:
        """The next turn on the tape."""
        return self.tape.turns[self._turns] if self._turns < len(self.tape.turns) else None

    @property
    def left(self) -> tuple[Turn, ...]:
        """The turns that are still to come."""
        return self.tape.turns[self._turns :]

    def go_on(self, other: "Reel | None") -> None:
        """Go on in a conversation that has begun: where another reel is on the same tape, or behind the greeting."""
        if other and other.tape == self.tape:
            self._turns, self._cuts, self._asked = other._turns, other._cuts, other._asked
        elif self.upcoming and self.upcoming.said is None:
            self._turns += 1

    def begin(self, interrupt: Interrupt) -> None:
        """Go on to the next turn."""
        self.turn = self.upcoming
        self._interrupt = interrupt
        self._turns += 1
        self._replies = 0
        self._happened = []
        self._departed = False

    def watch(self, event: Event) -> None:
        """Note what has happened; where the recorded turn was interrupted, this one is, too."""
        if isinstance(event, HistoryCut) and event.oldest:
            self._cuts += 1
        same = comparable(event)
        self._happened += [same] if same else []
        if self.turn and self.turn.stop == "interrupted" and self._is_last(self.turn, event):
            self._interrupt.set()

    def _is_last(self, turn: Turn, event: Event) -> bool:
        """Return whether nothing more happened in the turn."""
        last = turn.replies[-1] if turn.replies else None
        if last and last.message is None and not last.breaks:
            return self._replies == len(turn.replies) and event == last.deltas[-1]
        return len(self._happened) + 1 >= len(turn.events)

    def reply(self) -> Reply | None:
        """Return the next reply; None where the turn ended before there was one. Raises Departed."""
        turn = self.turn
        rest = turn.replies[self._replies :] if turn else ()
        needed = 0 if turn and turn.stop == "interrupted" else 1
        while len(rest) > needed and rest[0].breaks and rest[0].before < len(self._happened):
            rest = rest[1:]  # the session has cut its history before it came so far
        due = turn.events[: rest[0].before if rest else -1] if turn else ()
        if turn is None or tuple(self._happened) != due or not (rest or turn.stop == "interrupted"):
            self._departed = True
            if turn and turn.said and not self._replies:
                self._turns -= 1  # nothing has come of it: the user may say what is due
            raise departed(self.tape, turn, due if rest or not turn else turn.events, self._happened)
        self._replies = len(turn.replies) - len(rest) + 1
        reply = rest[0] if rest else None
        self._calls = reply.calls if reply else ()
        self._unjudged, self._unasked, self._unrun = ([*self._calls] for _ in range(3))
        return reply

    def end(self, event: TurnEnded) -> Departed | None:
        """Return how a turn that ends so has departed from the tape; None where it has not, or was told before."""
        turn = self.turn
        stopped_now = event.stop == "interrupted" != (turn and turn.stop)
        happened = (*self._happened, comparable(event) or event)
        if turn is None or turn.torn or self._departed or stopped_now or happened == turn.events:
            return None
        return departed(self.tape, turn, turn.events, happened)

    def summary(self) -> str:
        """Return the summary that is due. Raises Departed."""
        if self._cuts < len(self.tape.summaries):
            return self.tape.summaries[self._cuts]
        raise Departed(f"This run departs from {self.tape.path}: it asks for a summary, and no more is recorded.")

    def judged(self, name: str, arguments: object) -> Ended | None:
        """Return the call that is judged now."""
        return self._next(self._unjudged, lambda call: call.name == name and parsed(call.arguments) == arguments)

    def read(self, name: str, arguments: str, hidden: Container[str]) -> Ended | None:
        """Return the call whose arguments are read now; `hidden`: names of those that the user was asked for."""
        given = _without(parsed(arguments), hidden)
        for ended in self._calls:
            call = ended.call
            if call.name == name and (
                call.arguments == arguments or (given is not None and parsed(call.arguments) == given)
            ):
                return ended
        return None

    def asked(self, call: ToolCall) -> Ended | None:
        """Return the call that the user is asked about now."""
        self._asked[call.name] += 1
        return self._next(self._unasked, lambda other: (other.id, other.name) == (call.id, call.name))

    def is_asked_again(self, name: str) -> bool:
        """Return whether the user was asked about this tool more often than by now."""
        calls = (ended for turn in self.tape.turns for reply in turn.replies for ended in reply.calls)
        return sum(ended.asked is not None and ended.call.name == name for ended in calls) > self._asked[name]

    def gave(self, call: ToolCall, argument: str) -> bool:
        """Return whether the user gave this secret of the call."""
        same = (ended for ended in self._calls if (ended.call.id, ended.call.name) == (call.id, call.name))
        return any((argument, True) in ended.secrets for ended in same)

    def run(self, call_id: str, name: str) -> Ended | None:
        """Return the call that runs now."""
        return self._next(self._unrun, lambda call: (call.id, call.name) == (call_id, name))

    def _next(self, calls: list[Ended], fits: Callable[[ToolCall], bool]) -> Ended | None:
        """Return the first that fits, each only once, since a model may use an id twice."""
        with self._lock:
            found = next((ended for ended in calls if fits(ended.call)), None)
            if found:
                calls.remove(found)
        return found


def _without(arguments: Any, names: Container[str]) -> Any:
    if not isinstance(arguments, dict):
        return None
    return {name: value for name, value in arguments.items() if name not in names}
