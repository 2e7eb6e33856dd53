"""Functions behind HTTP, as Turn.io calls them: the server's side.

`chatbot.serve:app` is an ASGI app for any server, made when it is first asked for, from CHATBOT_PACK, CHATBOT_STATE,
TURN_HMAC_SECRET and the rest of the configuration; `chatbot serve` runs it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    app: ASGIApp

__all__ = ["app"]


def __getattr__(name: str) -> Any:
    """Make the app. Raises ConfigError, UsageError."""
    if name != "app":
        raise AttributeError(f"module 'chatbot.serve' has no attribute {name!r}")
    from chatbot.serve.building import app_from_environment

    globals()["app"] = made = app_from_environment()
    return made
