"""How long to wait before a request is sent once more."""

from dataclasses import dataclass
from random import uniform


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent again, and how long is waited before. All times are in seconds.

    The first wait is `base`, each further one twice as long, each up to a quarter longer so that clients that failed
    together do not come back together. What the server asks for (Retry-After) goes first. No wait exceeds `most`: a
    server that asks for more is not asked again.
    """

    retries: int = 2
    base: float = 0.5
    most: float = 20.0

    def wait(self, retry: int, asked: float | None) -> float:
        """Return the seconds to wait before retry number `retry` (1 is the first); `asked` is the server's word."""
        if asked is not None:
            return min(max(asked, 0.0), self.most)
        return min(self.base * 2.0 ** (retry - 1) * uniform(1.0, 1.25), self.most)
