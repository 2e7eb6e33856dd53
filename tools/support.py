"""Customer support: verify the user, then tell the status of their tickets."""

import hashlib
import hmac
import math
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

from platformdirs import user_data_path

from chatbot import Context, Grounded, Secret, ToolFailed, Verified, tool

SYSTEM_PROMPT = """
You are a customer support agent. Your job is to help users check the status of their tickets.
Start by greeting the user. Verify the user, by username and API key, before you check a ticket.
Never make up a username, an API key or a ticket id: ask the user for what you have not been told, one thing at a time.
A ticket whose status is Unknown does not exist, or is not this user's: say only that you cannot find it.
"""
GREETS = True

ATTEMPTS = 5  # wrong keys in a row until the user is locked
LOCKED_SECONDS = 15 * 60
LONGEST = 1000  # characters of a name or an id; whoever sends more shall not fill the disk
QUEUES = [Lock() for _ in range(64)]  # one user's attempts wait for each other: those with the right key are no attack
SCRYPT = {"n": 2**14, "r": 8, "p": 1}

SCHEMA = """
CREATE TABLE users (name TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE attempts (name TEXT PRIMARY KEY, wrong INTEGER NOT NULL, latest REAL NOT NULL);
CREATE TABLE tickets (id TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES users, status TEXT NOT NULL,
                      issue TEXT NOT NULL);
"""
USERS = [("john_doe", "key"), ("jane_roe", "s3same-open")]
TICKETS = [
    ("12345", "john_doe", "Open", "Billing Query"),
    ("67890", "john_doe", "Closed", "Technical Support"),
    ("24680", "jane_roe", "Pending", "Delivery Address"),
    ("13579", "jane_roe", "Closed", "Password Reset"),
]


@tool(effect="read")
def verify_user(username: Grounded[str], api_key: Secret[Grounded[str]]) -> Verified | dict[str, bool]:
    """Verify the user by username and API key.

    Args:
        username: The username of the user to be verified.
        api_key: The API key provided by the user for verification.
    """
    username = _storable(username)
    with QUEUES[hash(username) % len(QUEUES)]:
        return Verified({"success": True}, user=username) if _is_key(username, api_key) else {"success": False}


@tool(requires="verify_user")
def get_ticket_status(ticket_id: Grounded[str], context: Context) -> dict[str, str]:
    """Get the status of one of the user's tickets.

    Args:
        ticket_id: The unique identifier for the ticket.
    """
    if context.user is None:
        raise ToolFailed("Nobody is verified in this session. Verify the user first.")
    with _database() as database:
        row = database.execute(
            "SELECT status, issue FROM tickets WHERE id = ? AND owner = ?",
            (_storable(ticket_id.strip().removeprefix("#")), context.user),
        ).fetchone()
    status, issue = row or ("Unknown", "Unknown")
    return {"status": status, "issue": issue}


def _is_key(username: str, api_key: str) -> bool:
    with _database() as database:
        _count_attempt(database, username)
        row = database.execute("SELECT salt, hash FROM users WHERE name = ?", (username,)).fetchone()
    # An unknown user costs the same work, and so the same time, as a wrong key.
    salt, expected = row or (b"\0" * 16, b"")
    if not hmac.compare_digest(_hash(api_key, salt), expected):
        return False
    with _database() as database:
        database.execute("DELETE FROM attempts WHERE name = ?", (username,))
    return True


def _count_attempt(database: sqlite3.Connection, username: str) -> None:
    """Count the attempt before its key is looked at, so that many at once are not free; refuse a locked user.

    Names that do not exist are counted too: they must not be told apart.
    """
    now = time.time()
    database.execute("DELETE FROM attempts WHERE latest <= ?", (now - LOCKED_SECONDS,))
    found = database.execute("SELECT wrong, latest FROM attempts WHERE name = ?", (username,)).fetchone()
    wrong, latest = found or (0, now)
    if wrong >= ATTEMPTS:
        minutes = math.ceil((latest + LOCKED_SECONDS - now) / 60)
        raise ToolFailed(f"There were too many wrong keys. The user is locked for {minutes} more minutes.")
    database.execute("REPLACE INTO attempts VALUES (?, ?, ?)", (username, wrong + 1, now))


@contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    """One transaction on the file, which is made and seeded on first use. Raises ToolFailed."""
    path = Path(os.environ.get("SUPPORT_DB") or user_data_path("chatbot") / "support.db").expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(path, timeout=8, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")  # one at a time, also over processes
            try:
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'tickets'").fetchone():
                    _seed(database)
                yield database
            except BaseException:
                database.execute("ROLLBACK")  # half a seed must not stay
                raise
            database.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        raise ToolFailed(f"The support database {path} cannot be used: {error}.") from error


def _seed(database: sqlite3.Connection) -> None:
    for statement in SCHEMA.split(";"):
        database.execute(statement)
    for name, key in USERS:
        salt = secrets.token_bytes(16)
        database.execute("INSERT INTO users VALUES (?, ?, ?)", (name, salt, _hash(key, salt)))
    database.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?)", TICKETS)


def _hash(key: str, salt: bytes) -> bytes:
    return hashlib.scrypt(key.encode("utf-8", "surrogatepass"), salt=salt, **SCRYPT)


def _storable(text: str) -> str:
    """Return the text as SQLite can hold it, no longer than any name or id is."""
    return text[:LONGEST].encode("utf-8", "backslashreplace").decode()
