"""Records in a SQLite file, for the workers of one machine."""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from chatbot.paths import expanded
from chatbot.serve.store import PATIENCE, SALT_BYTES, Change, StoreUnreachable

SCHEMA = """
CREATE TABLE IF NOT EXISTS contacts (key TEXT PRIMARY KEY, record TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contacts_until ON contacts (until);
CREATE TABLE IF NOT EXISTS salt (one INTEGER PRIMARY KEY CHECK (one = 1), salt BLOB NOT NULL);
"""
PRAGMAS = """
PRAGMA journal_mode = WAL;    -- readers do not wait for the writer
PRAGMA synchronous = NORMAL;  -- survives a killed process; a power cut may cost the latest verifications
PRAGMA secure_delete = ON;    -- what has expired is gone from the file, too
"""


class SqliteStore:
    """One connection for each worker, opened when it is first needed: a worker may be a fork of another process."""

    def __init__(self, path: str) -> None:
        self.place = str(expanded(path))
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._salt = b""

    def salt(self) -> bytes:
        """Return the file's salt."""
        if not self._salt:
            with self._transaction() as database:
                database.execute("INSERT OR IGNORE INTO salt VALUES (1, ?)", (secrets.token_bytes(SALT_BYTES),))
                self._salt = database.execute("SELECT salt FROM salt").fetchone()[0]
        return self._salt

    def read(self, key: str) -> str | None:
        """Return a record that has not expired."""
        with self._database() as database:
            return _read(database, key)

    def update(self, key: str, change: Change) -> None:
        """Replace a record; what has expired is removed."""
        with self._transaction() as database:
            kept = change(_read(database, key))
            database.execute("DELETE FROM contacts WHERE until <= ?", (time.time(),))
            database.execute("REPLACE INTO contacts VALUES (?, ?, ?)", (key, *kept))

    def check(self) -> None:
        """Return if the file can be written to."""
        with self._transaction() as database:
            database.execute("SELECT 1 FROM contacts LIMIT 1").fetchone()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Have the file alone, also over processes; what is raised inside undoes what was done."""
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has ended the transaction by itself
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        if not self._lock.acquire(timeout=PATIENCE):
            raise StoreUnreachable(f"{self.place}: too many wait for it")
        try:
            self._connection = self._connection or _opened(Path(self.place))
            yield self._connection
        except (OSError, sqlite3.Error) as error:
            raise StoreUnreachable(f"{self.place}: {getattr(error, 'strerror', None) or error}") from error
        finally:
            self._lock.release()


def _read(database: sqlite3.Connection, key: str) -> str | None:
    row = database.execute("SELECT record FROM contacts WHERE key = ? AND until > ?", (key, time.time())).fetchone()
    return row[0] if row else None


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file, which nobody else may read: it holds what contacts have said."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    path.chmod(0o600)
    database = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        database.executescript(PRAGMAS)
        database.executescript(SCHEMA)
    except BaseException:
        database.close()
        raise
    return database
