"""Minecraft: from a player's name to the UUID, by Mojang's API."""

import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from chatbot import Context, Grounded, ToolFailed, tool

if TYPE_CHECKING:
    import httpx2

SYSTEM_PROMPT = """
You are a personal assistant that caters to any task.
When a task needs the UUID of a Minecraft player, look it up; never make one up.
"""

TIMEOUT = 4.0  # seconds for each of the two servers, so that both fit into the ten of a tool call
SERVICES = ("MINECRAFT_API_URL", "https://api.minecraftservices.com", "/minecraft/profile/lookup/name/")
MOJANG = ("MOJANG_API_URL", "https://api.mojang.com", "/users/profiles/minecraft/")


class Unanswered(Exception):
    """One server did not answer the question; another one may."""


@dataclass(frozen=True)
class NotFound:
    """There is no such player; that is an answer, too, and is remembered."""


@tool
def get_uuid_from_username(
    username: Grounded[Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,16}$")]], context: Context
) -> dict[str, str]:
    """Retrieve the UUID given a Minecraft username.

    Args:
        username: The Minecraft username.
    """
    known = context.state.setdefault("players", {})  # the API asks its users to keep what it has told
    if username.lower() not in known:
        known[username.lower()] = _look_up(username)
    player = known[username.lower()]
    if isinstance(player, NotFound):
        raise ToolFailed(f"There is no Minecraft player named {username}.")
    return dict(player)


def _look_up(username: str) -> dict[str, str] | NotFound:
    """Ask the servers in order. Raises ToolFailed with what the last of them said."""
    failure = Unanswered("No server is configured.")
    for base_url, path in _servers():
        try:
            return _ask(f"{base_url}{path}{username}")
        except Unanswered as error:
            failure = error
    raise ToolFailed(str(failure))


def _servers() -> list[tuple[str, str]]:
    """Return base URLs and paths; where one is set by the environment, only those that are set count."""
    given = [(os.environ[name].rstrip("/"), path) for name, _, path in (SERVICES, MOJANG) if os.environ.get(name)]
    return given or [(url, path) for _, url, path in (SERVICES, MOJANG)]


def _ask(url: str) -> dict[str, str] | NotFound:
    import httpx2

    host = urlsplit(url).hostname
    seconds = float(os.environ.get("MINECRAFT_TIMEOUT") or TIMEOUT)
    try:
        response = httpx2.get(url, timeout=seconds, headers={"Accept": "application/json"})
    except httpx2.TimeoutException:
        raise Unanswered(f"{host} did not answer within {seconds:g} seconds. Try again later.") from None
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise Unanswered(f"{host} cannot be reached ({error}). Is there a network?") from None
    if response.status_code in (204, 404):
        return NotFound()
    if response.status_code == 429:
        raise Unanswered(f"{host} gets too many questions. Try again {_wait(response)}.")
    if response.status_code != 200:
        raise Unanswered(f"{host} answered with status {response.status_code}. Try again later.")
    return _player(response, host)


def _wait(response: "httpx2.Response") -> str:
    seconds = response.headers.get("Retry-After", "")
    return f"in {seconds} seconds" if seconds.isdigit() else "in a minute"


def _player(response: "httpx2.Response", host: str | None) -> dict[str, str]:
    """Return the player as the API spells it: `id` as given, `uuid` in the form with dashes."""
    try:
        answer: Any = response.json()
        name, given = answer["name"], answer["id"]
        if not isinstance(name, str):
            raise TypeError(name)
        return {"username": name, "id": given, "uuid": str(uuid.UUID(given))}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unanswered(f"{host} answered with something that is no player.") from None
