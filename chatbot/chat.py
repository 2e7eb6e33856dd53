"""One chat, composed: settings become a session, and a session meets its user turns."""

import gc
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

from chatbot.config import Settings
from chatbot.errors import ExitCode
from chatbot.events import Sink
from chatbot.interrupt import Interrupt, on_sigint
from chatbot.masking import Mask
from chatbot.models import open_model
from chatbot.session import Outcome, Session, drive


def open_session(settings: Settings) -> Session:
    """Open the packs and the model. Slow, for what packs and schemas import. Raises UsageError, ConfigError."""
    from chatbot.packs import open_packs

    packs = open_packs(settings.packs)
    model = open_model(settings.model, timeout=settings.timeout, temperature=settings.temperature)
    own = "\n\n".join(pack.instructions for pack in packs if pack.instructions)
    system = own if settings.system is None else settings.system
    instructions = "\n\n".join(part for part in (system, settings.instructions) if part)
    session = Session(model, packs, instructions=instructions, max_steps=settings.max_steps)
    session.mask.learn(settings.model.api_key, "API key")
    if settings.debug:
        log_to(sys.stderr, session.mask)
    gc.freeze()  # what is loaded by now stays to the end
    gc.enable()
    return session


def converse(session: Session, said: Iterable[str], sink: Sink, *, greeting: bool) -> ExitCode:
    """Play the user turns, in a script or a pipe; the first turn that fails ends it, since later ones build on it."""
    drive(session.opening(), sink)
    if greeting and session.greets:
        interrupt = Interrupt()
        with on_sigint(interrupt):
            outcome = drive(session.greet(interrupt), sink)
        if code := exit_code(outcome):
            return code
    for text in said:
        interrupt = Interrupt()
        with on_sigint(interrupt):
            outcome = drive(session.turn(text, interrupt), sink)
        if code := exit_code(outcome):
            return code
    return ExitCode.OK


@contextmanager
def own_stdout() -> Iterator[TextIO]:
    """Keep standard output for what we write: what a tool, or a program that it starts, prints goes to stderr."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace") as ours:
        os.dup2(2, 1)
        try:
            with redirect_stdout(sys.stderr):
                yield ours
        finally:
            ours.flush()
            os.dup2(ours.fileno(), 1)


def exit_code(outcome: Outcome) -> ExitCode:
    """Return what a turn's end means for the process."""
    if outcome.stop == "interrupted":
        return ExitCode.INTERRUPTED
    return outcome.error.exit_code if outcome.error else ExitCode.OK


def log_to(stream: TextIO, mask: Mask) -> None:
    """Send every log record, and every traceback, to the stream with its secrets masked (`--debug`)."""

    class Masked(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return mask.text(super().format(record))

    handler = logging.StreamHandler(stream)
    handler.setFormatter(Masked("%(asctime)s %(name)s: %(message)s"))
    logger = logging.getLogger("chatbot")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
