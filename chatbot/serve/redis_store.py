"""Records in Redis, where one machine is not enough."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chatbot.errors import ConfigError
from chatbot.serve.store import PATIENCE, SALT_BYTES, Change, StoreUnreachable

if TYPE_CHECKING:
    import redis

PREFIX = "chatbot:serve:"
SALT = f"{PREFIX}salt"
CONNECTIONS = 64  # of one worker


class RedisStore:
    """A key for each contact, which Redis itself lets expire. Raises ConfigError for a URL that is none."""

    def __init__(self, url: str) -> None:
        self.place = _without_credentials(url)
        self._client = _client(url, self.place)
        self._salt = b""

    def salt(self) -> bytes:
        """Return the salt that the first worker made."""
        if not self._salt:
            with self._answering():
                self._client.set(SALT, secrets.token_bytes(SALT_BYTES), nx=True)
                self._salt = _bytes(self._client.get(SALT))
        return self._salt

    def read(self, key: str) -> str | None:
        """Return a record that has not expired."""
        with self._answering():
            return _text(self._client.get(PREFIX + key))

    def update(self, key: str, change: Change) -> None:
        """Replace a record; if another worker was quicker, make the change of what that one has left."""

        def replace(pipe: "redis.client.Pipeline") -> None:
            kept = change(_text(pipe.get(PREFIX + key)))
            pipe.multi()
            pipe.set(PREFIX + key, kept.text, px=max(1, round((kept.until - time.time()) * 1000)))

        with self._answering():
            self._client.transaction(replace, PREFIX + key)

    def check(self) -> None:
        """Return if Redis answers."""
        with self._answering():
            self._client.ping()

    def close(self) -> None:
        """Close the connections."""
        self._client.connection_pool.disconnect()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        from redis.exceptions import RedisError

        try:
            yield
        except (OSError, RedisError) as error:
            raise StoreUnreachable(f"{self.place}: it does not answer ({type(error).__name__})") from error


def _client(url: str, place: str) -> "redis.Redis":
    try:
        import redis
    except ImportError:
        raise ConfigError('State in Redis needs its client: pip install "guarded-chatbot[redis]".') from None
    options = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "timeout": PATIENCE}
    try:
        pool = redis.BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, **options)
        return redis.Redis.from_pool(pool)
    except ValueError:  # its text may quote the password
        raise ConfigError(f"--state: {place} is no address of a Redis server, redis://host:port/number.") from None


def _without_credentials(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        return "redis://..."


def _text(value: Any) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise StoreUnreachable("Redis has lost what it was just given")
    return value
