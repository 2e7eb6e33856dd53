"""Where the functions of a pack are called, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatbot.errors import ConfigError

if TYPE_CHECKING:
    from chatbot.signing import SchemeName

RESERVED = {
    *("accept", "accept-encoding", "connection", "content-length", "content-type", "transfer-encoding"),
    *("x-turn-hook-signature", "webhook-id", "webhook-timestamp", "webhook-signature"),
}
"""Headers that a call has from us."""
LONGEST = 24 * 3600.0  # seconds; a timer much longer overflows


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a pack's calls go. Raises ConfigError for what is no address, no header or no number that makes sense.

    secret: what both ends know. timeout: seconds for a whole call. headers: sent with each. retries: how often a call
    is sent again that the server has not taken. max_bytes: the largest answer, unpacked.
    """

    url: str
    secret: str = field(repr=False)
    timeout: float = 10.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    retries: int = 0
    scheme: "SchemeName" = "turn"
    max_bytes: int = 1 << 20

    def __post_init__(self) -> None:
        if not _is_address(self.url):
            raise ConfigError("The webhook URL should be like https://host/path.")
        if not 0 < self.timeout <= LONGEST or self.retries < 0 or self.max_bytes < 1:
            raise ConfigError(
                "A webhook's timeout is more than 0 seconds and at most a day, its retries are 0 or more, "
                "and its largest answer has more than 0 bytes."
            )
        for name, value in self.headers.items():
            if name.lower() in RESERVED:
                raise ConfigError(f"The webhook header {name} is set by the chatbot itself.")
            if not (name.replace("-", "").replace("_", "").isalnum() and f"{name}{value}".isascii()):
                raise ConfigError("A webhook header has a name or a value that no header can have.")
            if not value.isprintable() or value != value.strip():
                raise ConfigError(f"The value of the webhook header {name} has blanks or control characters in it.")


def origin(url: str) -> tuple[str, str | None, int | None] | None:
    """Return scheme, host and port; None for what is no address."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def _is_address(url: str) -> bool:
    found = origin(url)
    whole = url.isprintable() and " " not in url
    return whole and found is not None and found[0] in ("http", "https") and bool(found[1])
