"""What one pack's tools have achieved in a session: what opens gates, and who the user is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatbot.arguments import leaves, parsed
from chatbot.pack import Tool
from chatbot.types import Failure


@dataclass(frozen=True, slots=True)
class Standing:
    """Which tools have succeeded, and whom which one has verified. A resumed session starts from nothing.

    named: the arguments by which the verifying call named that user.
    """

    succeeded: frozenset[str] = frozenset()
    user: str | None = None
    verified_by: str = ""
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call that ran has ended: `value` is what the tool returned, `user` whom it verified."""

    value: Any = None
    user: str | None = None
    failure: Failure | None = None


def after(standing: Standing, tool: Tool, ran: Ran, arguments: str = "{}") -> Standing:
    """Return the standing after a call ran, with these arguments.

    The latest attempt counts: one that did not succeed takes back an earlier success of the same tool, and the
    identity that it gave. Closing a gate needlessly costs a question, leaving it open costs somebody's data.
    """
    if said_success(ran):
        succeeded = standing.succeeded | {tool.name}
        if ran.user is None:
            return replace(standing, succeeded=succeeded)
        return Standing(succeeded, ran.user, tool.name, _naming(ran.user, tool, arguments))
    succeeded = standing.succeeded - {tool.name}
    if standing.verified_by == tool.name:
        return Standing(succeeded)
    return replace(standing, succeeded=succeeded)


def said_success(ran: Ran) -> bool:
    """Return whether a result is a success: nothing failed, and nothing in it says otherwise.

    A result that speaks of its success in a field `success` or `ok` must say true; one with an `error` is none. A tool
    that answers with a JSON text is read in the same way.
    """
    if ran.failure is not None:
        return False
    value = parsed(ran.value) if isinstance(ran.value, str) else ran.value
    if not isinstance(value, Mapping):
        return value is not False
    for field in ("success", "ok"):
        if field in value:
            return value[field] is True
    return not value.get("error")


def _naming(user: str, tool: Tool, arguments: str) -> frozenset[str]:
    """Return the names of the arguments that carried the user's name."""
    names = frozenset(tool.parameters.get("properties", {})) - tool.secrets
    return frozenset(name for name, value in leaves(parsed(arguments), names) if str(value).strip() == user)
