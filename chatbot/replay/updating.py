"""Writing what happened into scripts, for a person to review: it is what is expected of the next run."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chatbot.config.model import OFFLINE, PLAYBACK
from chatbot.errors import UsageError
from chatbot.events import Event, SessionStarted
from chatbot.replay.running import Job
from chatbot.replay.runs import Run
from chatbot.replay.tasks import Task
from chatbot.scripts.derived import expected, said_in, script_of, turns
from chatbot.scripts.editing import own, put
from chatbot.scripts.source import Source, as_yaml
from chatbot.tally import Tally

RULES = ("never_called", "never_before")
"""What a person has forbidden: what happened is no reason to allow it."""
NAMES = {"greeting": "the greeting", "expect": "the whole conversation"}
_KEY = re.compile(r"(?:(turn \d+), expect|(greeting|expect))\.(\w+)")


def update(job: Job, run: Run) -> str:
    """Write what happened into the script, or, where that is no YAML, into one beside it; return what was done.

    A turn without expectations gets them; of others, of the greeting and of the whole conversation those change that
    did not hold, but for what is forbidden.
    Raises UsageError where it cannot be written.
    """
    task = job.task
    if run.wrong:
        return f"{task.path} is as it was: it could not be run."
    spec = str(job.flags.get("model") or task.script.model or "")
    words = run.model == OFFLINE or spec.startswith(f"{PLAYBACK}:")
    if task.source is None:
        packs = next((event.packs for event in run.events if isinstance(event, SessionStarted)), ())
        return _write_beside(task.path, as_yaml(_as_said(task, script_of(run.events, packs, words))))
    changed = _changed(task.source, run, words)
    if not changed:
        return f"{task.path} is as it was."
    text = task.source.text()
    Source(task.path, text).script()  # what could not be read again is not written
    _write(task.path, text)
    return f"{task.path} has new expectations: {'; '.join(changed)}. Look at them before you keep them."


def _changed(source: Source, run: Run, words: bool) -> list[str]:
    """Change the expectations; return which, in words."""
    unmet = _unmet(run)
    held = list(turns(run.events))
    greeting = next((turn for turn in held if said_in(turn) is None), ())
    changed = list(_of_scope(source, "greeting", greeting, unmet["greeting"]))
    said = [turn for turn in held if said_in(turn) is not None]
    for number, (turn, plain) in enumerate(zip(said, source.plain.get("turns") or (), strict=False)):
        name = f"turn {number + 1}"
        if "expect" not in plain:
            put(own(source.data["turns"], number, plain), "expect", expected(turn, words))
            changed.append(name)
        elif unmet[name]:
            expect = own(own(source.data["turns"], number, plain), "expect", plain["expect"])
            changed += [f"{name}, {key}" for key in _rewritten(expect, turn, unmet[name])]
    return [*changed, *_of_scope(source, "expect", run.events, unmet["expect"])]


def _unmet(run: Run) -> defaultdict[str, set[str]]:
    """Return which expectations did not hold and may change, by where they stand."""
    unmet: defaultdict[str, set[str]] = defaultdict(set)
    for found in filter(None, (_KEY.match(one.where) for one in run.unmet)):
        unmet[found[1] or found[2]] |= {found[3]} - set(RULES)
    return unmet


def _of_scope(source: Source, scope: str, events: Sequence[Event], keys: set[str]) -> Iterator[str]:
    """Change what is expected of the greeting, or of the whole conversation."""
    if keys and events:
        expect = own(source.data, scope, source.plain[scope])
        yield from (f"{NAMES[scope]}, {key}" for key in _rewritten(expect, events, keys))


def _rewritten(expect: Any, events: Sequence[Event], keys: set[str]) -> Iterator[str]:
    for key in sorted(keys):
        put(expect, key, _instead(key, events))
        yield key


def _instead(key: str, events: Sequence[Event]) -> Any:
    """Return what is to be expected under that key; None for nothing."""
    tally = Tally()
    for event in events:
        tally(event)
    wanted = {"stop": "done"} | expected(events, words=True)
    used = {"max_model_calls": tally.replies, "max_tokens": tally.tokens}
    return (wanted | used).get("calls" if key.startswith("calls") else key)


def _as_said(task: Task, data: dict[str, Any]) -> dict[str, Any]:
    """Put the user's own words in: those of the run are masked."""
    for turn, said in zip(data["turns"], task.script.turns, strict=False):
        turn["user"] = said.user
    data.pop("secrets", None)
    return data


def _write_beside(path: Path, text: str) -> str:
    beside = path.with_suffix(".yaml")
    if beside.exists():
        return f"{path} is as it was: {beside} exists."
    _write(beside, text)
    return f"{beside} is new. Look at it before you keep it."


def _write(path: Path, text: str) -> None:
    try:
        ends = "\r\n" if path.exists() and b"\r\n" in path.read_bytes() else "\n"
        path.write_text(text, "utf-8", newline=ends)
    except OSError as error:
        raise UsageError(f"The script {path} cannot be written: {error.strerror}.") from None
