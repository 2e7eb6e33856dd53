"""What is slow, behind the prompt."""

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from chatbot.interrupt import Interrupt

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation
    from chatbot.events import Event, Sink


class Backstage:
    """All that is slow, in one thread behind the prompt: opens conversation and sink, lets the assistant greet.

    The thread calls `changed` whenever there is news. What it has to show waits in `events`, and what was said another
    time in `past`: only the main thread, which owns the terminal, feeds sinks.
    """

    def __init__(self, converse: "Callable[[], Conversation]", open_sink: "Callable[[], Sink]") -> None:
        self._converse = converse
        self._open_sink = open_sink
        self.changed: Callable[[], None] = lambda: None
        self.past: Sequence[Event] = ()
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.interrupt = Interrupt()
        self.conversation: Conversation | None = None
        self.sink: Sink | None = None
        self.failure: BaseException | None = None
        self.greeted = False
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin, once."""
        if self._thread is None:
            self._thread = Thread(target=self._work, name="backstage", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        try:
            self._open()
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            self.failure = error
        finally:
            self.greeted = True
            self.changed()

    def _open(self) -> None:
        from chatbot.events import is_durable
        from chatbot.session import drive

        conversation = self._converse()
        self.sink = self._open_sink()
        session = conversation.session
        self.past = conversation.past
        drive(conversation.opening(), conversation, self.events.put)
        self.conversation = conversation
        self.changed()
        if conversation.greets:
            said: list[Event] = []
            drive(session.greet(self.interrupt), conversation, said.append)
            for event in filter(is_durable, said):
                self.events.put(event)
        else:
            self.greeted = True
            self.changed()
            session.model.warm()
