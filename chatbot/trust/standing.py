"""What one pack's tools have achieved in a session: what opens gates, and who the user is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatbot.arguments import leaves, parsed
from chatbot.pack import Tool
from chatbot.types import Failure

SUCCESS = frozenset({"success", "ok", "verified", "valid", "authenticated", "authorized"})
"""Fields, in any case, that say whether it was one."""


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
    identity that it gave. With an identity goes all that was achieved under it, also where another user's follows.
    Closing a gate needlessly costs a question, leaving it open costs somebody's data.
    """
    success = said_success(ran)
    user = ran.user if success else None
    if standing.verified_by == tool.name and user != standing.user:
        standing = Standing()
    if not success:
        return replace(standing, succeeded=standing.succeeded - {tool.name})
    kept = standing.succeeded if user in (None, standing.user) or standing.user is None else frozenset()
    if user is None:
        return replace(standing, succeeded=kept | {tool.name})
    return Standing(kept | {tool.name}, user, tool.name, _naming(user, tool, arguments))


def said_success(ran: Ran) -> bool:
    """Return whether a result is a success: nothing failed, and nothing in it says otherwise.

    A result that speaks of its success in a field `success` or `ok` (or as SUCCESS has it) must say true; one with an
    `error` is none. A tool that answers with a JSON text is read in the same way; prose says nothing that could be
    relied on, unless the tool names the user with it.
    """
    if ran.failure is not None:
        return False
    value = ran.value
    if isinstance(value, str):
        value = parsed(value)
        if value is None or isinstance(value, str):
            return ran.user is not None
    if not isinstance(value, Mapping):
        return value is not False
    said = [flag for name, flag in value.items() if str(name).casefold() in SUCCESS]
    return all(flag is True for flag in said) and not value.get("error")


def _naming(user: str, tool: Tool, arguments: str) -> frozenset[str]:
    """Return the names of the arguments that carried the user's name."""
    names = frozenset(tool.parameters.get("properties", {})) - tool.secrets
    return frozenset(name for name, value in leaves(parsed(arguments), names) if str(value).strip() == user)
