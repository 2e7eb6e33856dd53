"""Whoever can be asked: for a yes before a call runs, and for a secret that the model shall not see."""

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from chatbot.interrupt import Interrupt
from chatbot.types import ToolCall

UNATTENDED = "nobody is there to be asked (--yes, or a rule in the configuration, allows it)"
BUSY = "the user could not be asked just now"


class Approval(NamedTuple):
    """The user's word about a call. reason: why not, in the user's words. always: for this tool, in this session."""

    approved: bool
    reason: str = ""
    always: bool = False

    @property
    def said(self) -> str:
        """What of it the user has said themselves."""
        return "" if self.approved or self.reason in (UNATTENDED, BUSY) else self.reason


class Asker(Protocol):
    """Asks, and waits for the answer. It may set the interrupt, where the user wants the whole turn to end."""

    def approve(self, call: ToolCall, reason: str, interrupt: Interrupt) -> Approval:
        """Return the user's word; no answer is a no. The call's secrets are masked."""

    def secret(self, call: ToolCall, argument: str, interrupt: Interrupt) -> str | None:
        """Return the value of a secret argument; None where nobody gives it."""


class Unattended:
    """Nobody is there: every call that needs a word is declined, and secrets are those given beforehand, by name."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self._secrets = {_bare(name): value for name, value in (secrets or {}).items()}

    def approve(self, call: ToolCall, reason: str, interrupt: Interrupt) -> Approval:  # noqa: ARG002
        """Decline."""
        return Approval(False, UNATTENDED)

    def secret(self, call: ToolCall, argument: str, interrupt: Interrupt) -> str | None:  # noqa: ARG002
        """Return what was given beforehand."""
        return self._secrets.get(_bare(argument))


class Agreeing:
    """Says yes to every call (`--yes`); secrets are somebody else's matter."""

    def __init__(self, other: Asker) -> None:
        self._other = other

    def approve(self, call: ToolCall, reason: str, interrupt: Interrupt) -> Approval:  # noqa: ARG002
        """Approve."""
        return Approval(True, "--yes")

    def secret(self, call: ToolCall, argument: str, interrupt: Interrupt) -> str | None:
        """Ask the other one."""
        return self._other.secret(call, argument, interrupt)


def _bare(name: str) -> str:
    """Return the name as API_KEY, apiKey and api-key are the same."""
    return re.sub(r"[\W_]", "", name).lower()
