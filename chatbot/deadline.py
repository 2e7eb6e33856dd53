"""Work that must be done by a certain time: side by side, each in a thread, and no longer than that."""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TypeVar

from chatbot.beside import Mailbox, Raised, start
from chatbot.interrupt import Interrupt

T = TypeVar("T")


def within(seconds: float, *works: Callable[[Interrupt], T]) -> list[T | None]:
    """Run all works side by side; return what each came to, in order, and None for what was late.

    What is still going on when this ends, by the time or by Ctrl-C, sees its interrupt set. What a work raises is
    raised here.
    """
    interrupt = Interrupt()
    mailbox: Mailbox[tuple[int, T | Raised]] = Mailbox()

    def run(number: int, work: Callable[[Interrupt], T]) -> None:
        try:
            mailbox.put((number, work(interrupt)))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            mailbox.put((number, Raised(error)))

    done: list[T | None] = [None] * len(works)
    until = monotonic() + seconds
    try:
        for number, work in enumerate(works):
            start(partial(run, number, work), "deadline")
        for _ in works:
            match mailbox.get(until - monotonic()):
                case None:
                    break
                case _, Raised(error=error):
                    raise error
                case number, value:
                    done[number] = value
    finally:
        interrupt.set()
    return done
