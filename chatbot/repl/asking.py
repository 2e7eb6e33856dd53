"""The user at the terminal, asked in the middle of a turn. What they typed before the question is no answer to it."""

import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from prompt_toolkit import PromptSession
from prompt_toolkit.input import create_input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.output.vt100 import Vt100_Output

from chatbot.asking import BUSY, Approval
from chatbot.interrupt import Interrupt
from chatbot.render.clean import one_line
from chatbot.repl.terminal import typed
from chatbot.types import ToolCall

YES, NO, ALWAYS = ("y", "yes"), ("", "n", "no"), ("a", "always")
LOOK = 0.05
"""Seconds between two looks at whether the turn was interrupted."""


class AtTerminal:
    """Asks in the terminal, from the main thread; elsewhere (the assistant greets behind the prompt) it says no."""

    def approve(self, call: ToolCall, reason: str, interrupt: Interrupt) -> Approval:  # noqa: ARG002 - it is on screen
        """Return the user's word. Ctrl-C ends the turn, Ctrl-D is a no, other words are a no and the reason for it."""
        if threading.current_thread() is not threading.main_thread():
            return Approval(False, BUSY)
        answer = self._line(f"Allow {one_line(call.name)}? yes, no, always, or why not: ", interrupt)
        match (answer or "").strip():
            case word if word.lower() in YES:
                return Approval(True)
            case word if word.lower() in ALWAYS:
                return Approval(True, "always in this session", always=True)
            case word:
                return Approval(False, "" if word.lower() in NO else word)

    def secret(self, call: ToolCall, argument: str, interrupt: Interrupt) -> str | None:
        """Return what is typed unseen. Ctrl-C ends the turn; nothing typed is nothing given."""
        if threading.current_thread() is not threading.main_thread():
            return None
        with _typed_ahead():
            sys.stdout.write(f"{one_line(argument)} for {one_line(call.name)} (not shown): ")
            sys.stdout.flush()
            try:
                return _hidden_line(interrupt) or None
            finally:
                sys.stdout.write("\n")

    def _line(self, question: str, interrupt: Interrupt) -> str | None:
        with _typed_ahead():
            session: PromptSession[str] = PromptSession(question)
            if isinstance(session.output, Vt100_Output):
                session.output.enable_cpr = False
            try:
                return session.prompt()
            except KeyboardInterrupt:
                interrupt.set()
                return None
            except EOFError:
                return None


@contextmanager
def _typed_ahead() -> Iterator[None]:
    """Keep what was typed before for the next ordinary prompt."""
    source = create_input()
    held = [*get_typeahead(source), *_keys(typed())]
    try:
        yield
    finally:
        store_typeahead(source, held + get_typeahead(source))


def _keys(text: str) -> list[KeyPress]:
    presses: list[KeyPress] = []
    parser = Vt100Parser(presses.append)
    parser.feed(text)
    parser.flush()
    return presses


def _hidden_line(interrupt: Interrupt) -> str:
    """Read a line from a terminal that echoes nothing; backspace and Ctrl-U work, arrows do nothing."""
    line = b""
    terminal = sys.stdin.fileno()
    while not interrupt.is_set:
        if not select.select([terminal], [], [], LOOK)[0]:
            continue
        key = os.read(terminal, 1)
        if key == b"\x1b":
            _skip_sequence(terminal)
        elif key in (b"\r", b"\n", b"\x04", b""):
            return line.decode("utf-8", "replace")
        if key in (b"\x7f", b"\b"):
            line = line.decode("utf-8", "ignore")[:-1].encode()
        elif key == b"\x15":
            line = b""
        elif key >= b" ":
            line += key
    return ""


def _skip_sequence(terminal: int) -> None:
    """Take what a key such as an arrow sends behind its escape: it is no text."""

    def read() -> bytes:
        return os.read(terminal, 1) if select.select([terminal], [], [], 0)[0] else b""

    if read() in (b"[", b"O"):
        while b" " <= read() < b"@":
            pass
