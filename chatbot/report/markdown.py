"""Runs as Markdown, for a comment on a pull request or the summary of a CI job.

Whatever a script, a model or a tool said stands in code, so that nothing in it is a heading, a tag or a mention.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from chatbot.playback.departures import plain
from chatbot.render.quoting import code, fenced
from chatbot.replay.rates import rate, repeats
from chatbot.replay.runs import Run, Unmet, by_script

HEAD = "| Script | Result | Turns | Calls | Tokens | Seconds |\n| :-- | :-- | --: | --: | --: | --: |"
ROOM = 50_000
"""Characters for all that failed: a comment on GitHub holds 65,536, with the table."""


def as_markdown(runs: Sequence[Run]) -> str:
    """Return a headline, a table with a row for each script (its repeats summed up), then each run that failed."""
    scripts = by_script(runs)
    rows = (_row(script, of_script) for script, of_script in scripts.items())
    return "\n\n".join([_headline(runs, scripts), "\n".join([HEAD, *rows]), *_failed(runs)]) + "\n"


def _headline(runs: Sequence[Run], scripts: dict[str, list[Run]]) -> str:
    passed = sum(all(run.passed for run in of_script) for of_script in scripts.values())
    said = f"# {passed} of {_count(len(scripts), 'script')} passed"
    if len(runs) == len(scripts):
        return said
    return f"{said}, {sum(run.passed for run in runs)} of {_count(len(runs), 'run')}"


def _row(script: str, runs: Sequence[Run]) -> str:
    tallies = [run.tally for run in runs]
    cells = (
        code(script).replace("|", "\\|"),  # a table splits code, too
        _result(runs),
        f"{sum(tally.turns for tally in tallies)}",
        f"{sum(tally.calls for tally in tallies)}",
        f"{sum(tally.tokens for tally in tallies):,}",
        f"{sum(run.seconds for run in runs):.1f}",
    )
    return f"| {' | '.join(cells)} |"


def _result(runs: Sequence[Run]) -> str:
    if any(run.wrong for run in runs):
        return "**cannot be run**"
    passed = all(run.passed for run in runs)
    told = rate(runs).told if len(runs) > 1 else "passed" if passed else "failed"
    return told if passed else f"**{told}**"


def _failed(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a section for each failed run, with its conversation where there is room for that as well."""
    failed = [(run, repeat) for run, repeat in zip(runs, repeats(runs), strict=True) if not run.passed]
    sections = ["\n\n".join(_section(run, repeat)) for run, repeat in failed]
    ends = [end for end in accumulate(map(len, sections)) if end <= ROOM]
    room = ROOM - max(ends, default=0)
    for (run, _), section in zip(failed, sections[: len(ends)], strict=False):
        yield section
        conversation = _conversation(run)
        if 0 < len(conversation) <= room:
            room -= len(conversation)
            yield conversation
    if left := len(failed) - len(ends):
        yield f"{_count(left, 'more failed run')} would not fit in here."


def _section(run: Run, repeat: str) -> Iterator[str]:
    yield f"## {code(run.script)}{repeat}"
    if run.wrong:
        yield f"It cannot be run: {code(run.wrong)}"
    for one in run.unmet:
        yield _unmet(one)
        if one.diff:
            yield fenced("\n".join(one.diff), "diff")


def _conversation(run: Run) -> str:
    """Return what was said, folded up; "" where nothing was."""
    dialogue = "\n".join(plain(run.events))
    if not dialogue:
        return ""
    return f"<details><summary>The conversation</summary>\n\n{fenced(dialogue, 'text')}\n\n</details>"


def _unmet(one: Unmet) -> str:
    line = f", line {one.line}" if one.line else ""
    return f"**{code(one.where)}**{line}: {code(one.said)}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
