"""Whoever plays the user of a test conversation: a model, or rules that need none.

offline: hearing (what the assistant wants to know), wording (how the user says things). model: tidying (what a model
wrote, as the user's words).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from chatbot.config.model import OFFLINE, PLAYBACK, ModelChoice
from chatbot.errors import UsageError
from chatbot.interrupt import Interrupt

if TYPE_CHECKING:  # it takes its time to load
    from chatbot.scripts.form import SimulatedUser

__all__ = ["Simulated", "open_user"]

VARIED = 0.7
"""The temperature of a model that plays the user: each seed is to give another conversation."""


class Simulated(Protocol):
    """A user who is played: holds one conversation, and remembers it."""

    def speak(self, heard: Sequence[str], interrupt: Interrupt) -> str | None:
        """Return the user's next words; None where there are none, as the user is done or was interrupted.

        heard: the texts of the assistant's replies since the user's last words; at the beginning those of its greeting.
        Raises ModelError; then the same may be asked again.
        """

    def close(self) -> None:
        """Let go of whatever plays the user."""


def open_user(form: "SimulatedUser", facts: Mapping[str, str], choice: ModelChoice, *, timeout: float) -> Simulated:
    """Return the user of a script; nothing is loaded or connected yet.

    facts: those of the form, with the secrets in place. choice: what `form.model` names. timeout: seconds that model
    may stay silent. Raises UsageError, ConfigError.
    """
    if choice.provider == PLAYBACK:
        raise UsageError("A recording cannot play the user: it has nothing but an assistant's words. Name a model.")
    if choice.provider == OFFLINE:
        from chatbot.simulation.offline import OfflineUser

        return OfflineUser(form.goal, facts, form.seed)
    from chatbot.models import open_model
    from chatbot.simulation.model import ModelUser

    return ModelUser(open_model(choice, timeout=timeout, temperature=VARIED, seed=form.seed), form.goal, facts)
