"""User turns from where nobody types them: a script, or a pipe."""

import re
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from chatbot.errors import UsageError


def read_script(path: Path) -> list[str]:
    """Return the turns of a .txt script. Raises UsageError with the file and the line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"The script {path} cannot be read: {reason}.") from None
    try:
        return turns(text)
    except ValueError as error:
        raise UsageError(f"{path}, {error}") from None


def turns(text: str) -> list[str]:
    """Return the turns of a script's text.

    One a line; a line that begins with a blank continues the turn above it; blank lines and lines that begin with #
    are skipped. A backslash in front of a line's text is taken away, and what follows stands there as it is: #, blanks
    or nothing. Raises ValueError, naming the line, where a continuation has no turn above it.
    """
    said: list[str] = []
    for number, line in enumerate(re.split(r"\r\n|[\r\n]", text), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace():
            said.append(_text(line))
        elif said:
            said[-1] += "\n" + _text(line)
        else:
            raise ValueError(f"line {number}: an indented line continues a turn, but there is none above it.")
    return said


def _text(line: str) -> str:
    bare = line.lstrip()
    return bare[1:] if bare.startswith("\\") else bare.rstrip()


def lines(stream: TextIO) -> Iterator[str]:
    """Yield the user turns of a pipe: one a line, blank ones skipped, as soon as they come. It is read as UTF-8."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    while line := stream.readline():
        if line.strip():
            yield line.rstrip("\r\n")
