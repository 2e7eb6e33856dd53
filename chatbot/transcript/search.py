"""Full-text search by reading everything: a hundred megabytes take half a second, and an index can never be stale."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from chatbot.events import HistoryCut, Notice, Replied, ToolCalled, ToolReturned, TurnEnded, TurnStarted
from chatbot.render.clean import one_line
from chatbot.transcript.loading import parsed, session_id_of
from chatbot.transcript.reading import from_json

AHEAD = 64  # files
AROUND = 20  # characters before the first word
Trace = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Hit:
    """The first message of a session that holds all words. snippet: one line around the first of them, clean."""

    path: Path
    session: str
    role: str
    snippet: str


def search(paths: Sequence[Path], words: Sequence[str], width: int = 120) -> Iterator[Hit]:
    """Yield a hit for each session in which one message holds all the words, anywhere in it, whatever their case."""
    wanted = [word.lower() for given in words for word in given.split()]
    if not wanted:
        return
    traces = [_trace(word) for word in wanted]
    for path, data in _contents(paths):
        messages = map(_message, _suspects(data, traces))
        found = ((role, text) for role, text in messages if all(word in text.lower() for word in wanted))
        for role, text in islice(found, 1):
            yield Hit(path, session_id_of(path), role, _snippet(text, wanted[0], width))


def _contents(paths: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield what is in the files, while the system fetches the next ones: a disk takes longer than the search."""
    for path in paths[:AHEAD]:
        _fetch(path)
    for path, later in zip_longest(paths, paths[AHEAD:]):
        if later:
            _fetch(later)
        try:
            data = path.read_bytes()
        except OSError:  # deleted by now, or not ours to read
            continue
        yield path, data


def _fetch(path: Path) -> None:
    if hasattr(os, "posix_fadvise"):  # not everywhere
        with suppress(OSError), path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def _suspects(data: bytes, traces: Sequence[Trace]) -> Iterator[bytes]:
    """Yield the lines that are worth being read, quickly."""
    folded = data.lower()
    if all(trace(folded) for trace in traces):
        for line, lower in zip(data.split(b"\n"), folded.split(b"\n"), strict=True):
            if all(trace(lower) for trace in traces):
                yield line


def _trace(word: str) -> Trace:
    """Return what tells whether the word may be in some lines, of which the ASCII letters are in lower case.

    It looks for the longest run of letters and digits, since no JSON escape is in one. Bytes are searched ten times as
    fast as text can be made lower case, so that is only done where all the letters are there.
    """
    run = max(re.findall(r"\w+", word), key=len, default="")
    if run.isascii():
        needle = run.encode()
        return lambda data: needle in data
    letters = [{form.encode() for form in (letter, letter.swapcase())} for letter in set(run)]

    def holds(data: bytes) -> bool:
        there = all(any(form in data for form in forms) for forms in letters)
        return there and run in data.decode("utf-8", "replace").lower()

    return holds


def _message(line: bytes) -> tuple[str, str]:
    """Return who says something in a line, and what; nothing where that was told before, or is not for people."""
    try:
        event = from_json(parsed(line))
    except ValueError:
        return "", ""
    match event:
        case TurnStarted(message=message) if message:
            return "user", message.text
        case Replied(message=reply):
            return "assistant", reply.text
        case ToolCalled(call=call):
            return "call", f"{call.name} {call.arguments}"
        case ToolReturned(result=result):
            return "result", f"{result.name}: {result.content}"
        case HistoryCut(summary=text):
            return "summary", text
        case Notice(text=text):
            return "notice", text
        case TurnEnded(detail=text):
            return "error", text
        case _:
            return "", ""


def _snippet(text: str, word: str, width: int) -> str:
    line = one_line(text)
    start = max(line.lower().find(word) - AROUND, 0)
    end = start + width
    return ("..." if start else "") + line[start:end] + ("..." if end < len(line) else "")
