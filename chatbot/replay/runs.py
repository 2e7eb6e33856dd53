"""What came of running a script, as values; their JSON form is one line of a result file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from chatbot.events import Event, SessionStarted, T, to_json
from chatbot.tally import Tally
from chatbot.transcript.reading import from_json

RESULT = "replayed"
"""The type of a result file's lines."""
FORMAT = 1
"""The version of their form."""


@dataclass(frozen=True, slots=True)
class Step:
    """An event, and when it was: seconds since the run began."""

    event: Event
    at: float


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that does not hold.

    where: its path in the script, such as "turn 2, expect.answer.contains"; line: its line in the file, from 1, 0 where
    nobody knows. said: what was expected and what happened, in one line. diff: lines of the turn's dialogue, each
    behind "  " (as expected), "- " (expected) or "+ " (happened).
    """

    where: str
    said: str
    line: int = 0
    diff: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return f"{self.where} (line {self.line})" if self.line else self.where


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one script.

    script: the path, as it was given. number: which of its repeats it is, from 1. began: UTC in ISO 8601. seconds: how
    long it took. seed: what a simulated user's chance began with. wrong: why the script cannot be run at all.
    """

    script: str
    number: int = 1
    description: str = ""
    began: str = ""
    seconds: float = 0.0
    seed: int | None = None
    steps: tuple[Step, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    wrong: str = ""

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not (self.unmet or self.wrong)

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened."""
        return tuple(step.event for step in self.steps)

    @property
    def model(self) -> str:
        """The model's name; "" where no session came about."""
        return next((event.model for event in self.events if isinstance(event, SessionStarted)), "")

    @property
    def tally(self) -> Tally:
        """Its turns, replies, calls and tokens."""
        tally = Tally()
        for event in self.events:
            tally(event)
        return tally


def by_script(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Return the runs of each script, in the order of their first ones."""
    scripts: dict[str, list[Run]] = {}
    for run in runs:
        scripts.setdefault(run.script, []).append(run)
    return scripts


def run_to_json(run: Run) -> dict[str, Any]:
    """Return a run as a line of a result file: `type` and `format` first, every event with its time as `at`."""
    unmet = [{"where": one.where, "said": one.said, "line": one.line, "diff": list(one.diff)} for one in run.unmet]
    return {
        "type": RESULT,
        "format": FORMAT,
        "script": run.script,
        "number": run.number,
        "description": run.description,
        "passed": run.passed,
        "began": run.began,
        "seconds": round(run.seconds, 6),
        "seed": run.seed,
        "wrong": run.wrong,
        "unmet": unmet,
        "steps": [{**to_json(step.event), "at": round(step.at, 6)} for step in run.steps],
    }


def run_from_json(given: Mapping[str, Any]) -> Run:
    """Return the run of a result file's line, but for events that this version does not know. Raises ValueError."""
    if given.get("type") != RESULT:
        raise ValueError(f"this is no line of a result file: its type is {given.get('type')!r:.40}")
    try:
        steps = ((from_json(step), _seconds(step["at"])) for step in given["steps"])
        return Run(
            script=_a(str, given["script"]),
            number=_whole(given["number"]),
            description=_a(str, given["description"]),
            began=_a(str, given["began"]),
            seconds=_seconds(given["seconds"]),
            seed=None if given["seed"] is None else _whole(given["seed"]),
            steps=tuple(Step(event, at) for event, at in steps if event),
            unmet=tuple(map(_unmet, _a(list, given["unmet"]))),
            wrong=_a(str, given["wrong"]),
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"this line of a result file is broken: {type(error).__name__}: {error}") from None


def _unmet(given: Mapping[str, Any]) -> Unmet:
    lines = (_a(str, line) for line in _a(list, given["diff"]))
    return Unmet(_a(str, given["where"]), _a(str, given["said"]), _whole(given["line"]), tuple(lines))


def _a(kind: type[T], value: Any) -> T:
    """Return the value, which is of that kind. Raises TypeError."""
    if type(value) is not kind:
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value


def _whole(value: Any) -> int:
    """Return a whole number; 1.0 is one in JSON. Raises TypeError, OverflowError."""
    if type(value) not in (int, float) or value != value or int(value) != value:
        raise TypeError(f"{value!r:.40} is no whole number")
    return int(value)


def _seconds(value: Any) -> float:
    """Return a number of seconds. Raises TypeError, OverflowError."""
    seconds = float(value) if type(value) is int else _a(float, value)
    if not 0 <= seconds < inf:
        raise TypeError(f"{seconds} is no number of seconds")
    return seconds
