"""Reading a transcript back, whatever has happened to it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.errors import UsageError
from chatbot.events import Event, SessionChanged, SessionStarted, TurnEnded, TurnStarted
from chatbot.transcript.reading import from_json


@dataclass(frozen=True, slots=True)
class Loaded:
    """A transcript that was read.

    session: its id, by the file's name, whatever stands in it.
    model, packs: those that were used last, since a session may be resumed with others. started: UTC in ISO 8601.
    problems: what could not be read, a line for people each.
    """

    session: str
    model: str
    packs: tuple[str, ...]
    started: str
    events: tuple[Event, ...]
    problems: tuple[str, ...] = ()


def session_id_of(path: Path) -> str:
    """Return the id of the session that is kept in a file: TIME-ID.jsonl."""
    return path.stem.rpartition("-")[2]


def load(path: Path) -> Loaded:
    """Return what a transcript holds; what is broken is left out, and told. Raises UsageError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"The session {session_id_of(path)} cannot be read: {path}: {error.strerror}.") from None
    events, problems = [], []
    end = end_of_whole(data)
    for number, line in enumerate(data[:end].split(b"\n")[:-1], 1):
        try:
            event = from_json(parsed(line))
        except ValueError:
            problems.append(f"{path.name}, line {number}, is broken and was left out.")
        else:
            events += [event] if event else []
    if len(data) > end:
        problems.append(f"{path.name}: its end is torn and was left out.")
    nobody = SessionStarted(session_id_of(path), "", (), "")
    first = next((event for event in events if isinstance(event, SessionStarted)), nobody)
    last = next((event for event in reversed(events) if isinstance(event, SessionStarted | SessionChanged)), nobody)
    return Loaded(session_id_of(path), last.model, last.packs, first.time, tuple(events), tuple(problems))


def closed(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events; a turn that never ended, since the program was killed in it, ends as an interrupted one."""
    is_open = False
    for event in events:
        if is_open and isinstance(event, SessionStarted | TurnStarted):
            yield TurnEnded("interrupted")
        if isinstance(event, SessionStarted | TurnStarted | TurnEnded):
            is_open = isinstance(event, TurnStarted)
        yield event
    if is_open:
        yield TurnEnded("interrupted")


def end_of_whole(data: bytes) -> int:
    """Return where the last whole line ends; what stands behind it was torn, or never was a line of ours."""
    end = data.rfind(b"\n") + 1
    while end:
        start = data.rfind(b"\n", 0, end - 1) + 1
        try:
            parsed(data[start:end])
        except ValueError:
            end = start
        else:
            return end
    return 0


def parsed(line: bytes) -> dict[str, Any]:
    """Return a line's JSON object. Raises ValueError where it is none."""
    try:
        value = json.loads(line.decode("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    return value
