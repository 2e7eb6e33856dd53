"""What people are told of runs: a line a script, what is not as expected, and how it went on the whole; pure."""

from collections.abc import Iterator, Sequence

from chatbot.replay.rates import rate
from chatbot.replay.runs import Run


def verdict(runs: Sequence[Run], least: float) -> str:
    """Return "ok", "FAIL" or "WRONG" for the runs of one script; `least` is the share of them that must pass."""
    if any(run.wrong for run in runs):
        return "WRONG"
    return "ok" if rate(runs).share >= least else "FAIL"


def script_line(runs: Sequence[Run], least: float) -> str:
    """Return the line of one script."""
    seconds = sum(run.seconds for run in runs)
    turns = runs[0].tally.turns
    told = rate(runs).told if len(runs) > 1 else f"{turns} turn{'' if turns == 1 else 's'}"
    return f"{verdict(runs, least):5} {runs[0].script} ({told}, {seconds:.2f} s)"


def failure(run: Run) -> Iterator[str]:
    """Yield the lines that tell why a run has not passed, the dialogue's diffs among them."""
    number = f", run {run.number}" if run.number > 1 else ""
    seed = f", seed {run.seed}" if run.seed is not None else ""
    yield f"{run.script}{number}{seed}:"
    for problem in run.wrong.splitlines():
        yield f"  {problem}"
    waiting: tuple[str, ...] = ()
    for unmet in run.unmet:
        if unmet.diff:
            yield from _indented(waiting)
            waiting = unmet.diff
        yield f"  {unmet.place}: {unmet.said}"
    yield from _indented(waiting)


def summary(scripts: Sequence[Sequence[Run]], least: float, seconds: float, unrun: int = 0) -> str:
    """Return how it went on the whole. unrun: scripts of which no run has ended."""
    verdicts = [verdict(runs, least) for runs in scripts]
    passed, failed, wrong = (verdicts.count(word) for word in ("ok", "FAIL", "WRONG"))
    parts = [f"{passed} passed"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{wrong} could not be run"] if wrong else []
    parts += [f"{unrun} not run"] if unrun else []
    count = len(scripts) + unrun
    return f"{', '.join(parts)} of {count} script{'' if count == 1 else 's'} in {seconds:.1f} s."


def _indented(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"    {line}" for line in lines)
