"""What one `chatbot replay` is to run: its scripts, as jobs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatbot.config.model import PLAYBACK
from chatbot.errors import UsageError
from chatbot.paths import expanded
from chatbot.replay.finding import chosen, find, task_of
from chatbot.replay.running import Job
from chatbot.replay.runs import Run
from chatbot.replay.tasks import Task
from chatbot.scripts.source import ScriptWrong


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for.

    flags: options that go over those of the scripts. filter: a part of the path, or a glob. shard: the Kth of N parts.
    repeat: how often each is run. timeout: seconds for one run. record: the folder for recordings.
    """

    paths: tuple[str, ...]
    flags: Mapping[str, Any] = field(default_factory=dict)
    filter: str = ""
    shard: tuple[int, int] = (1, 1)
    repeat: int = 1
    timeout: float | None = None
    record: Path | None = None

    def jobs(self, watched: Callable[[list[Path]], Iterable[Path]] = iter) -> tuple[list[Job], list[Run]]:
        """Return the runs that are due, and, as runs that ended, those whose script is wrong. Raises UsageError.

        watched: is given the scripts, and gives them back one by one, to be read.
        """
        paths = chosen(find(self.paths), self.filter, self.shard)
        if self.record:
            self._make_room(paths)
        due: list[Job] = []
        wrong: list[Run] = []
        for path in watched(paths):
            try:
                task = task_of(path, plays="model" not in self.flags)
            except ScriptWrong as error:
                began = datetime.now(UTC).isoformat(timespec="seconds")
                wrong.append(Run(str(path), began=began, wrong=str(error)))
            else:
                due += [self._job(task, number) for number in range(1, self.repeat + 1)]
        return due, wrong

    def _job(self, task: Task, number: int) -> Job:
        record = self.record / f"{task.path.stem}.jsonl" if self.record else None
        return Job(task, number, self._flags_for(task), self.timeout, record)

    def _flags_for(self, task: Task) -> dict[str, Any]:
        """Return the flags; a folder of recordings has one for each script, by its name."""
        provider, _, name = str(self.flags.get("model", "")).partition(":")
        folder = expanded(name)
        if provider == PLAYBACK and folder.is_dir():
            return {**self.flags, "model": f"{PLAYBACK}:{folder / task.path.stem}.jsonl"}
        return dict(self.flags)

    def _make_room(self, paths: list[Path]) -> None:
        assert self.record
        if self.repeat > 1:
            raise UsageError("--record keeps one run of each script: leave --repeat out.")
        stems = [path.stem for path in paths]
        if twice := next((stem for stem in stems if stems.count(stem) > 1), None):
            raise UsageError(f"--record would write {twice}.jsonl twice: two scripts have that name.")
        try:
            self.record.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"The folder {self.record} cannot be made: {error.strerror}.") from None
