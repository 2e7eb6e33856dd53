"""What stands on the page, as values: texts that are clean, numbers to sort by. The template only loops over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.events import Replied, SessionStarted
from chatbot.render.activity import duration
from chatbot.render.clean import clean, one_line
from chatbot.replay.runs import Run, Unmet, by_script
from chatbot.report.page_talk import Part, talk
from chatbot.report.page_times import Tokens, Waterfall, tokens, waterfall

Result = Literal["wrong", "failed", "passed"]
"""How a script or a run went; a script as the worst of its runs, in this order."""
RESULTS: tuple[Result, ...] = ("wrong", "failed", "passed")
SIGNS = {"- ": "expected", "+ ": "happened"}


@dataclass(frozen=True, slots=True)
class Missed:
    """An expectation that does not hold. diff: lines with their sign, and which side has them ("" both)."""

    where: str
    said: str
    diff: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One run, as it is opened. facts: what is to be known about it, as words and values."""

    name: str
    result: Result
    seconds: str
    wrong: str
    description: str
    facts: tuple[tuple[str, str], ...]
    unmet: tuple[Missed, ...]
    parts: tuple[Part, ...]
    times: Waterfall | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the table: as it is shown, and to sort by."""

    shown: str
    value: float


@dataclass(frozen=True, slots=True)
class Row:
    """A script: its folder, up to the last slash, and its name.

    passed: how many of its runs did, sorted by their share, scripts that are wrong first. why: the first thing that is
    not as expected. more: how many follow.
    """

    folder: str
    script: str
    result: Result
    passed: Cell
    numbers: tuple[Cell, ...]
    why: str
    more: int
    runs: tuple[Conversation, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A button that shows the scripts with one result, or "all"."""

    status: str
    count: int


@dataclass(frozen=True, slots=True)
class Share:
    """How much of all runs went so: a piece of a bar, in percent of it."""

    result: Result
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that is told at the top; of_them: what part of it is to be known."""

    word: str
    value: str
    of_them: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page. repeated: some script ran more than once. counts, figures: what is told at the top."""

    title: str
    began: str
    counts: tuple[tuple[Result, int], ...]
    figures: tuple[Figure, ...]
    shares: tuple[Share, ...]
    filters: tuple[Filter, ...]
    repeated: bool
    rows: tuple[Row, ...]


def page(runs: Sequence[Run]) -> Page:
    """Return the page of these runs; scripts in the order in which they come first."""
    rows = tuple(_row(script, its) for script, its in by_script(runs).items())
    results = [result(run) for run in runs]
    count = {name: results.count(name) for name in RESULTS}
    return Page(
        title=_title(count, len(runs)),
        began=min((_began(run) for run in runs if run.began), default=""),
        counts=tuple((name, count[name]) for name in ("passed", "failed", "wrong") if count[name]),
        figures=tuple(_figures(runs, len(rows))),
        shares=tuple(_shares(count, len(runs))),
        filters=_filters(rows),
        repeated=len(rows) < len(runs),
        rows=rows,
    )


def result(run: Run) -> Result:
    """Return how a run went."""
    return "wrong" if run.wrong else "failed" if run.unmet else "passed"


def _title(count: dict[Result, int], runs: int) -> str:
    passed = count["passed"]
    if runs > 1:
        return f"All {runs:,} runs passed" if passed == runs else f"{passed:,} of {runs:,} runs passed"
    if count["wrong"]:
        return "The script is wrong"
    return "The run passed" if passed else "The run failed" if runs else "Nothing was run"


def _figures(runs: Sequence[Run], scripts: int) -> Iterable[Figure]:
    spent = sum((_tokens(run) for run in runs), Tokens())
    yield Figure("Scripts", f"{scripts:,}")
    yield Figure("Runs", f"{len(runs):,}")
    yield Figure("Time of all runs", duration(sum(run.seconds for run in runs)))
    if spent:
        yield Figure("Tokens in", f"{spent.input:,}", f"{spent.cached:,} cached" if spent.cached else "")
        yield Figure("Tokens out", f"{spent.output:,}", f"{spent.reasoning:,} reasoning" if spent.reasoning else "")


def _shares(count: dict[Result, int], runs: int) -> Iterable[Share]:
    x = 0.0
    for name in reversed(RESULTS):
        if count[name]:
            width = 100 * count[name] / runs
            yield Share(name, round(x, 2), round(width, 2))
            x += width


def _filters(rows: Sequence[Row]) -> tuple[Filter, ...]:
    count = {name: sum(row.result == name for row in rows) for name in ("failed", "passed", "wrong")}
    return (Filter("all", len(rows)), *(Filter(name, number) for name, number in count.items()))


def _row(script: str, runs: Sequence[Run]) -> Row:
    worst = min((result(run) for run in runs), key=RESULTS.index)
    passed = sum(run.passed for run in runs)
    shown = f"{passed} of {len(runs)} ({passed / len(runs):.0%})" if len(runs) > 1 else ""
    why = [said for run in runs for said in _why(run)]
    folder, slash, name = one_line(script).rpartition("/")
    return Row(
        folder=folder + slash,
        script=name,
        result=worst,
        passed=Cell(shown, -1 if worst == "wrong" else passed / len(runs)),
        numbers=_numbers(runs),
        why=why[0] if why else "",
        more=max(len(why) - 1, 0),
        runs=tuple(map(_conversation, runs)),
    )


def _why(run: Run) -> list[str]:
    return [one_line(run.wrong)] if run.wrong else [f"{one_line(one.where)}: {one_line(one.said)}" for one in run.unmet]


def _numbers(runs: Sequence[Run]) -> tuple[Cell, ...]:
    """Return turns, model calls, tool calls, tokens and seconds of all runs of a script."""
    tallies = [run.tally for run in runs]
    counts = (
        sum(tally.turns for tally in tallies),
        sum(tally.replies for tally in tallies),
        sum(tally.calls for tally in tallies),
        sum(tally.tokens for tally in tallies),
    )
    seconds = sum(run.seconds for run in runs)
    return (*(Cell(f"{number:,}", number) for number in counts), Cell(duration(seconds), round(seconds, 6)))


def _conversation(run: Run) -> Conversation:
    return Conversation(
        name=f"Run {run.number}",
        result=result(run),
        seconds=duration(run.seconds),
        wrong=clean(run.wrong),
        description=clean(run.description),
        facts=tuple((word, value) for word, value in _facts(run) if value),
        unmet=tuple(map(_missed, run.unmet)),
        parts=talk(run.steps),
        times=waterfall(run.steps),
    )


def _began(run: Run) -> str:
    return one_line(run.began).replace("T", " ").replace("+00:00", " UTC")


def _facts(run: Run) -> Iterable[tuple[str, str]]:
    for event in run.events:
        if isinstance(event, SessionStarted):
            yield "Model", one_line(event.model)
            yield "Packs", one_line(", ".join(event.packs))
            yield "Session", one_line(event.session)
    if not run.steps:
        return
    tally = run.tally
    counts = ((tally.turns, "turn"), (tally.replies, "model call"), (tally.calls, "tool call"))
    yield "Took", ", ".join(f"{number:,} {what}{'' if number == 1 else 's'}" for number, what in counts)
    yield "Tokens", str(_tokens(run) or "")
    yield "Seed", "" if run.seed is None else str(run.seed)
    yield "Began", _began(run)


def _tokens(run: Run) -> Tokens:
    return sum((tokens(event.message.usage) for event in run.events if isinstance(event, Replied)), Tokens())


def _missed(unmet: Unmet) -> Missed:
    where = f"{one_line(unmet.where)}, line {unmet.line}" if unmet.line else one_line(unmet.where)
    return Missed(where, clean(unmet.said), tuple((SIGNS.get(line[:2], ""), clean(line)) for line in unmet.diff))
