"""Result files: a run a line. Those of shards and of other machines are merged."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from chatbot.errors import UsageError
from chatbot.render.clean import one_line
from chatbot.replay.runs import Run, by_script, run_from_json, run_to_json
from chatbot.transcript.loading import parsed


def as_jsonl(runs: Sequence[Run]) -> str:
    """Return a run a line, in printable ASCII: whatever was said, it breaks no line and drives no terminal."""
    return "".join(f"{json.dumps(run_to_json(run))}\n" for run in runs)


def read_results(paths: Sequence[Path]) -> list[Run]:
    """Return the runs of all the files by script and number; one that is there twice counts once.

    Where different runs of a script have the same number, since two machines ran it, the script's are numbered anew.
    Raises UsageError, which names the file and the line that is no result.
    """
    scripts = by_script(dict.fromkeys(run for path in paths for run in _read(path)))
    return [run for script in sorted(scripts) for run in _numbered(scripts[script])]


def _numbered(runs: Iterable[Run]) -> list[Run]:
    """Return the runs of one script, no two with the same number."""
    ordered = sorted(runs, key=lambda run: (run.number, run.began))
    if len({run.number for run in ordered}) == len(ordered):
        return ordered
    return [replace(run, number=number) for number, run in enumerate(ordered, 1)]


def _read(path: Path) -> Iterator[Run]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"The results {path} cannot be read: {error.strerror}.") from None
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                yield run_from_json(parsed(line))
            except (ValueError, OverflowError) as error:
                raise UsageError(f"{path}, line {number}: {_why(error)}.") from None


def _why(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"this is no line of a result file: it is not JSON at column {error.colno}"
        case UnicodeDecodeError():
            return "this is no line of a result file: it is not UTF-8"
        case _:
            return one_line(str(error))
