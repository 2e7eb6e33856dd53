"""What a prompt can only ask for, a guard enforces: pure functions of the call, its tool and what the session knows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chatbot.pack import Tool
from chatbot.types import Failure


@dataclass(frozen=True, slots=True)
class Standing:
    """What one pack's tools have achieved in a session. It is not kept: a resumed session starts from nothing."""

    succeeded: frozenset[str] = frozenset()
    user: str | None = None
    verified_by: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call that ran has ended: `value` is what the tool returned, `user` whom it verified."""

    value: Any = None
    user: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call that is about to run."""

    tool: Tool
    arguments: Mapping[str, Any]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Deny:
    """The call does not run; the model reads the reason and can act on it."""

    reason: str


class Guard(Protocol):
    """Judges a call before it runs."""

    def before(self, invocation: Invocation) -> Deny | None:
        """Return why the call may not run, or None."""


class Gate:
    """Refuses a tool until the tools it requires have succeeded in this session."""

    def before(self, invocation: Invocation) -> Deny | None:
        """Deny while a requirement is not met."""
        missing = [name for name in invocation.tool.requires if name not in invocation.standing.succeeded]
        if not missing:
            return None
        return Deny(
            f"{invocation.tool.name} is refused until {' and '.join(missing)} has succeeded in this session. "
            f"Call {missing[0]} first, with what the user tells you; ask the user for what it needs."
        )


def judge(guards: Iterable[Guard], invocation: Invocation) -> Deny | None:
    """Return the first refusal, or None where every guard lets the call pass."""
    return next((denial for guard in guards if (denial := guard.before(invocation))), None)


def after(standing: Standing, tool: Tool, ran: Ran) -> Standing:
    """Return the standing after a call ran.

    The latest attempt counts: one that did not succeed takes back an earlier success of the same tool, and the
    identity that it gave. Closing a gate needlessly costs a question, leaving it open costs somebody's data.
    """
    if said_success(ran):
        succeeded = standing.succeeded | {tool.name}
        if ran.user is None:
            return replace(standing, succeeded=succeeded)
        return Standing(succeeded, ran.user, tool.name)
    lost = standing.verified_by == tool.name
    return Standing(
        standing.succeeded - {tool.name},
        None if lost else standing.user,
        "" if lost else standing.verified_by,
    )


def said_success(ran: Ran) -> bool:
    """Return whether a result is a success: nothing failed, and nothing in it says otherwise.

    A result that speaks of its success in a field `success` or `ok` must say true; one with an `error` is none. A tool
    that answers with a JSON text is read in the same way.
    """
    if ran.failure is not None:
        return False
    value = ran.value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return True
    if not isinstance(value, Mapping):
        return value is not False
    for field in ("success", "ok"):
        if field in value:
            return value[field] is True
    return not value.get("error")
