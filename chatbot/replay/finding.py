"""Which scripts are meant: files, folders and globs become tasks."""

import glob
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NoReturn

from chatbot.config.model import PLAYBACK
from chatbot.errors import UsageError
from chatbot.events import Event
from chatbot.paths import expanded
from chatbot.replay.tasks import Task, said
from chatbot.scripts.derived import said_in, script_of, turn_of, turns
from chatbot.scripts.form import Script, Turn, literal
from chatbot.scripts.source import ScriptWrong, read_source
from chatbot.scripts.text import read_script
from chatbot.transcript.loading import closed, load

YAML = (".yaml", ".yml")
TRANSCRIPT = ".jsonl"
IN_FOLDERS = (*YAML, TRANSCRIPT)
"""What a folder is searched for: text files may be anything, so they are named, one by one or by a glob."""
TEXT = (".txt", "")
"""A file without a suffix may be a pipe."""


def find(given: Sequence[str]) -> list[Path]:
    """Return the files, each once, in the order given; those of a folder or a glob sorted.

    A file is the same by whatever way its folder is reached. Raises UsageError for what is not there, or cannot be
    looked at, and where nothing is left.
    """
    found: dict[Path, Path] = {}
    for name in given:
        try:
            for path in _meant(name):
                found.setdefault(path.parent.resolve() / path.name, path)
        except OSError as error:
            place = str(error.filename or name)
            raise UsageError(f"{place:.200} cannot be searched for scripts: {error.strerror}.") from None
    if not found:
        raise UsageError(f"There is no script in {', '.join(given)}: a folder is searched for {', '.join(IN_FOLDERS)}.")
    return list(found.values())


def _meant(name: str) -> list[Path]:
    path = expanded(name)
    if path.is_dir():
        return sorted(_inside(path))
    if path.exists():
        return [path]
    if glob.has_magic(name):
        return sorted(_matching(path))
    raise UsageError(f"There is no script {name}: give files, folders or globs.")


def _matching(pattern: Path) -> Iterator[Path]:
    """Yield the scripts that a glob means, but for hidden ones that it does not name; `**` follows no links."""
    try:
        found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
        for path in found:
            hidden = any(part.startswith(".") for part in path.parts if part not in pattern.parts)
            if path.suffix in (*IN_FOLDERS, *TEXT) and path.is_file() and not hidden:
                yield path
    except ValueError as error:
        raise UsageError(f"There is no script {pattern}: {error}.") from None


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the scripts of a folder and those below it, but for hidden ones; links to folders are not followed."""

    def fail(error: OSError) -> NoReturn:
        raise error

    for here, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(here, name) for name in names if not name.startswith("."))
        yield from (path for path in paths if path.suffix in IN_FOLDERS and path.is_file())


def chosen(paths: Sequence[Path], pattern: str, shard: tuple[int, int]) -> list[Path]:
    """Return those whose path contains the pattern or fits it as a glob; of them every Nth, from the Kth: `shard`.

    A shard may have none of them; raises UsageError where nobody has.
    """
    fitting = [path for path in paths if pattern in str(path) or fnmatch(str(path), pattern)]
    if paths and not fitting:
        raise UsageError(f"--filter {pattern}: none of the {len(paths)} scripts has such a path.")
    number, count = shard
    return fitting[number - 1 :: count]


def task_of(path: Path, plays: bool) -> Task:
    """Return what a file asks for. plays: a transcript is held again from itself. Raises ScriptWrong."""
    if path.suffix in YAML:
        return _from_yaml(path)
    if path.suffix == TRANSCRIPT:
        return _from_transcript(path, plays)
    if path.suffix in TEXT:
        return _from_text(path)
    raise ScriptWrong(f"{path}: a script is a {', '.join(IN_FOLDERS)} or {TEXT[0]} file.")


def words_of(path: Path) -> list[str]:
    """Return what the user says in a script of any kind. Raises ScriptWrong, UsageError."""
    if path.suffix not in IN_FOLDERS:
        return read_script(path)
    task = task_of(path, plays=True)
    if not task.script.turns:
        raise ScriptWrong(f"{path}: a model plays its user, so that there are no turns: use chatbot replay.")
    secrets = task.secrets()
    return [said(turn.user, secrets) for turn in task.script.turns]


def _from_yaml(path: Path) -> Task:
    source = read_source(path)
    return Task(path, source.script(), source)


def _from_text(path: Path) -> Task:
    try:
        words = read_script(path)
    except UsageError as error:
        raise ScriptWrong(str(error)) from None
    if not words:
        raise ScriptWrong(f"{path}: nothing is said in it.")
    return Task(path, Script(turns=tuple(Turn(user=literal(text)) for text in words)))


def _from_transcript(path: Path, plays: bool) -> Task:
    """Return a transcript as a script: what was said, and, for another model, which calls there were."""
    from chatbot.packs import available_packs

    try:
        loaded = load(path)
    except UsageError as error:
        raise ScriptWrong(str(error)) from None
    events = list(closed(loaded.events))
    data = script_of(events, loaded.packs)
    if not data["turns"]:
        raise ScriptWrong(f"{path}: nobody says anything in it.")
    if not set(loaded.packs) <= set(available_packs()):
        del data["pack"]  # of a file somewhere: it is given by --pack
    if plays:
        data |= {"model": f"{PLAYBACK}:{path.name}", "greeting": data["greeting"] is not False}
        data["turns"] = [_played(turn) for turn in turns(events) if said_in(turn) is not None]
        data.pop("secrets", None)
    return Task(path, Script.model_validate(data))


def _played(turn: Sequence[Event]) -> dict[str, Any]:
    """Return a turn of which the recording knows all that is to come."""
    data = turn_of(turn)
    return {"user": data["user"], "expect": {"stop": data["expect"].get("stop")}}
