"""Work that runs beside the one who waits for it: threads that answer into a queue, a deadline, and Ctrl-C."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

from chatbot.interrupt import Interrupt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Raised:
    """What the work raised instead of a value."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The interrupt was set: whoever waits should stop waiting."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream is over."""


class AtHand(Iterator[T]):
    """A stream of what is there already: nobody waits for it, so it is read without a thread."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)

    def __next__(self) -> T:
        return next(self._items)


class Mailbox(Generic[T]):
    """Where threads leave their answers. SimpleQueue, since a signal handler may put while the same thread gets."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[T] = SimpleQueue()
        self.put = self._queue.put

    def get(self, seconds: float | None = None) -> T | None:
        """Return the next answer; None when none came within `seconds`."""
        try:
            return self._queue.get(timeout=None if seconds is None else max(seconds, 0))
        except Empty:
            return None


def start(work: Callable[[], None], name: str) -> None:
    """Run `work` in a thread that never keeps the process alive."""
    Thread(target=work, name=name, daemon=True).start()


def streamed(items: Iterable[T], interrupt: Interrupt) -> Iterator[T]:
    """Yield the items of a stream that is read in a thread, unless it is AtHand; end at once when interrupted.

    What the stream raises is raised here. An abandoned stream sees the interrupt itself and ends by itself.
    """
    return (_read if isinstance(items, AtHand) else _waited_for)(items, interrupt)


def _read(items: Iterable[T], interrupt: Interrupt) -> Iterator[T]:
    try:
        for item in items:
            if interrupt.is_set:
                return
            yield item
    except Exception:
        if not interrupt.is_set:
            raise


def _waited_for(items: Iterable[T], interrupt: Interrupt) -> Iterator[T]:
    mailbox: Mailbox[T | Raised | Ended | Interrupted] = Mailbox()

    def read() -> None:
        try:
            for item in items:
                mailbox.put(item)
                if interrupt.is_set:
                    break
            mailbox.put(Ended())
        except BaseException as error:  # noqa: BLE001 - raised again where the stream is waited for
            mailbox.put(Raised(error))

    with interrupt.calling(lambda: mailbox.put(Interrupted())):
        start(read, "model")
        while True:
            match mailbox.get():
                case Raised(error=error):
                    if interrupt.is_set:
                        return
                    raise error
                case Ended() | Interrupted() | None:
                    return
                case item:
                    if interrupt.is_set:
                        return
                    yield item
