"""The terminal and the signals around a chat, put back as they were."""

import os
import select
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from chatbot.interrupt import on_termination

EARLY = 65536
"""Bytes that may be typed before the prompt is there; a terminal keeps no more than 4096."""


@contextmanager
def quiet() -> Iterator[str]:
    """Let the terminal keep what is typed, unseen and unchanged, until the next prompt reads it.

    Yields what was typed before, when the terminal still made line feeds of Enter.
    """
    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, ValueError, termios.error):  # no terminal: nothing to keep quiet
        yield ""
        return
    flags, _, _, local, *speeds, characters = termios.tcgetattr(terminal)
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    # NOFLSH: a Ctrl-C stops the assistant, but does not throw away what was typed ahead.
    changed = [
        flags & ~termios.ICRNL,
        *before[1:3],
        (local | termios.NOFLSH) & ~(termios.ECHO | termios.ICANON),
        *speeds,
        characters,
    ]
    try:
        termios.tcsetattr(terminal, termios.TCSANOW, changed)
        yield typed()
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(terminal, termios.TCSANOW, before)


def typed() -> str:
    """Take what was typed and not read yet."""
    terminal = sys.stdin.fileno()
    waiting = select.select([terminal], [], [], 0)[0]
    return os.read(terminal, EARLY).decode("utf-8", "replace") if waiting else ""


@contextmanager
def signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave in good order, and a Ctrl-C that nobody waits for do nothing."""
    before = signal.signal(signal.SIGINT, _ignore)
    try:
        with on_termination():
            yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    pass
