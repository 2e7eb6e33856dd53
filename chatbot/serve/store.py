"""Where contacts' records are kept: texts by key, each with an expiry, shared by all workers."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

PATIENCE = 2.0  # seconds to wait for the store; a call has ten
SALT_BYTES = 32


class Kept(NamedTuple):
    """A record and how long it counts, in Unix seconds."""

    text: str
    until: float


Change = Callable[[str | None], Kept]
"""What makes of a record (None: there is none) the next one; it may be asked again, and does nothing else."""


class StoreUnreachable(Exception):
    """The store does not answer; the text is one line that says why, without any credentials."""


class Store(Protocol):
    """Every method may be called from any thread; every one raises StoreUnreachable."""

    place: str
    """Where it is, for people: without a password."""

    def salt(self) -> bytes:
        """Return what contacts' ids are hashed with: random, made once, the same for all workers."""

    def read(self, key: str) -> str | None:
        """Return a record that has not expired."""

    def update(self, key: str, change: Change) -> None:
        """Replace a record by what `change` makes of it, in one step: of two at once, none is lost."""

    def check(self) -> None:
        """Return if the store answers."""

    def close(self) -> None:
        """Let go of files and connections; they are opened again when needed."""
