"""One session, composed: of packs, a model, and what it goes by, as the settings say."""

import gc
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, TextIO

from chatbot.asking import Agreeing, Asker
from chatbot.config import Settings, Trusted
from chatbot.config.model import LOCAL, PLAYBACK
from chatbot.masking import Mask
from chatbot.models import Model, open_model
from chatbot.pack import Pack
from chatbot.paths import expanded
from chatbot.runtime import Trust
from chatbot.session import Session
from chatbot.trust import facts
from chatbot.trust.grounding import ground_all
from chatbot.trust.guards import AskAlways, AskFirst, Gate, Grounding, Guard, Identity, Injected
from chatbot.trust.hidden import hide

if TYPE_CHECKING:  # few conversations are recorded
    from chatbot.playback import Recording


def open_session(settings: Settings, asker: Asker, recording: "Recording | None" = None) -> Session:
    """Open the packs and the model. Slow, for what packs and schemas import. Raises UsageError, ConfigError."""
    from chatbot.packs import open_packs

    packs = open_packs(settings.packs.specs, settings.endpoints, settings.packs.functions)
    session = compose(settings, packs, asker, recording)
    if settings.debug:
        log_to(sys.stderr, session.mask)
    gc.freeze()  # what is loaded by now stays to the end
    gc.enable()
    return session


def compose(
    settings: Settings,
    packs: Sequence[Pack],
    asker: Asker,
    recording: "Recording | None" = None,
    model: Model | None = None,
) -> Session:
    """Return a session with these packs; `model` is one that is open already. Raises UsageError, ConfigError."""
    trusted = settings.trusted
    if trusted.grounded:
        packs = tuple(ground_all(pack) for pack in packs)
    if trusted.ask_secrets:
        packs = tuple(hide(pack) for pack in packs)
    own = "\n\n".join(pack.instructions for pack in packs if pack.instructions)
    system = own if settings.system is None else settings.system
    known = facts.told(trusted.context, trusted.shown, trusted.secret)
    instructions = "\n\n".join(part for part in (system, settings.instructions, known) if part)
    if recording:
        packs = tuple(recording.watching(pack) for pack in packs)
    session = _session(settings, packs, instructions, trust_of(trusted, asker), model)
    if recording:
        recording.mask = session.mask
    session.runtime.ledger.hear(known)
    for secret, name in ((settings.model.api_key, "API key"), *facts.secrets(trusted.context, trusted.secret)):
        session.mask.learn(secret, name)
    for name, secret in trusted.secrets.items():
        session.mask.learn(secret, name)
    for endpoint in settings.endpoints.values():
        session.mask.learn(endpoint.secret)
    return session


def _session(
    settings: Settings, packs: Sequence[Pack], instructions: str, trust: Trust, model: Model | None
) -> Session:
    """Return a session with the chosen model; one that is held again from a recording has its tools from there, too."""
    chosen = settings.model
    compacts = settings.auto_compact
    if chosen.provider == PLAYBACK:
        from chatbot.playback import PlayedSession, read

        tape = read(expanded(chosen.name))
        return PlayedSession(tape, packs, instructions=instructions, trust=trust, compacts=compacts)
    model = model or open_model(chosen, timeout=settings.timeout, temperature=settings.temperature)
    session = Session(model, packs, instructions=instructions, trust=trust, compacts=compacts)
    if chosen.provider == LOCAL:
        from chatbot.models.grounded import GroundedDecoding
        from chatbot.models.local import Local

        assert isinstance(model, Local)
        session.model = GroundedDecoding(model, packs, session.runtime.ledger, session.runtime.admission)
    return session


def trust_of(trusted: Trusted, asker: Asker) -> Trust:
    """Return what a session goes by."""
    guards: list[Guard] = [
        Injected(),
        Gate(),
        Identity(),
        Grounding(),
        AskAlways(trusted.rules) if trusted.confirm else AskFirst(trusted.rules),
    ]
    return Trust(trusted.context, guards, Agreeing(asker) if trusted.yes else asker, trusted.limits)


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
