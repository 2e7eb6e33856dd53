"""What an option's text means: from the command line, the environment or a file, it is read in the same way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast, get_args

from chatbot.errors import UsageError
from chatbot.paths import expanded

Theme = Literal["auto", "dark", "light", "none"]


def split(value: Any) -> tuple[str, ...]:
    """Return the names of a comma-separated list, or of several; each once, without "none"."""
    items = [value] if isinstance(value, str) else list(value)
    names = [part.strip() for item in items for part in str(item).split(",")]
    return tuple(name for name in dict.fromkeys(names) if name and name != "none")


def text(value: Any) -> str | None:
    """Return the text, or what the file says where it is given as @FILE. Raises UsageError."""
    if value is None or not str(value).startswith("@"):
        return None if value is None else str(value)
    file = expanded(str(value)[1:])
    try:
        return file.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{file} cannot be read as a system prompt: {why}.") from None


def path(value: Any) -> Path | None:
    """Return the path; ~ is the home. Raises ValueError where none is named."""
    if not str(value).strip():
        raise ValueError("no file is named")
    return expanded(str(value))


def boolean(value: Any) -> bool:
    """Return true or false, said in a word. Raises ValueError."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def at_least_one(value: Any) -> int:
    """Return a whole number from 1 on. Raises ValueError."""
    try:
        count = int(str(value))
    except ValueError:
        raise ValueError(f"{value} is not a whole number") from None
    if count < 1:
        raise ValueError(f"{value} is less than 1")
    return count


def one_of(*words: str) -> Callable[[Any], str]:
    """Return a reader that takes one of these words. It raises ValueError for another."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")
        return str(value)

    return read


def theme(value: Any) -> Theme:
    """Return the name of a theme. Raises ValueError."""
    return cast(Theme, one_of(*get_args(Theme))(value))


def positive(value: Any) -> float:
    """Return a number of seconds. Raises ValueError."""
    seconds = number(value)
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{value} is not a positive number of seconds")
    return seconds


def number(value: Any) -> float:
    """Return a number. Raises ValueError."""
    try:
        return float(value)
    except (ValueError, TypeError):
        raise ValueError(f"{value} is not a number") from None


def temperature(value: Any) -> float | None:
    """Return a temperature; None for "none". Raises ValueError."""
    if str(value).strip().lower() == "none":
        return None
    degree = number(value)
    if not 0 <= degree <= 2:
        raise ValueError(f"{value} is not between 0 and 2 (nor none)")
    return degree
