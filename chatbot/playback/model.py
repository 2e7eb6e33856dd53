"""A model that says again what is on a tape, and nothing else."""

from collections.abc import Iterator

from chatbot.beside import AtHand
from chatbot.errors import ContextTooLong, ModelError
from chatbot.events import Delta, Notice, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import SUMMARISE, Prompt
from chatbot.playback.departures import Departed
from chatbot.playback.reel import Reel
from chatbot.playback.tape import Reply
from chatbot.types import Assistant, User


class Playback:
    """Gives one recorded reply after another, as it streamed; it bears the name of the model that made them.

    Where the turn so far is not what was recorded, it tells the difference in a notice, and raises Departed.
    """

    def __init__(self, reel: Reel) -> None:
        self.name = reel.tape.model
        self.notice = reel.tape.notice
        self._reel = reel

    def warm(self) -> None:
        """Do nothing: all is there."""

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Return the next reply's deltas; they raise ModelError where it did, and where this run departs from the tape.

        The place on the tape is taken at once, whoever reads on, and when.
        """
        try:
            if prompt.history[-1:] == (User(SUMMARISE),):
                return AtHand([Assistant(self._reel.summary())])
            return AtHand(self._played(self._reel.reply(), interrupt))
        except Departed as departed:
            return AtHand(_departing(departed))

    def _played(self, reply: Reply | None, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        if reply is None:
            interrupt.set()
        elif reply.breaks:
            yield from self._broken(reply)
        else:
            for item in (*reply.deltas, reply.message):
                if interrupt.is_set or item is None:
                    return
                yield item

    def _broken(self, reply: Reply) -> Iterator[Delta]:
        yield from reply.deltas
        said = any(isinstance(delta, TextDelta) for delta in reply.deltas)
        if reply.message and not said:  # a transcript has no pieces
            yield TextDelta(reply.message.text)
        turn = self._reel.turn
        if turn and reply is turn.replies[-1] and turn.stop == "error":
            raise ModelError(turn.detail)
        raise ContextTooLong(f"The conversation was too long for {self.name}.")

    def close(self) -> None:
        """Do nothing: nothing is held."""


def _departing(departed: Departed) -> Iterator[Delta]:
    if departed.diff:
        yield Notice("warning", departed.diff)
    raise departed
