"""`chatbot replay`: conversations as tests. `chatbot report`: what came of them, from one machine or from many."""

import gc
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from chatbot.config import load_dotenv_file
from chatbot.errors import ExitCode, UsageError
from chatbot.interrupt import Interrupt, on_sigint
from chatbot.render.clean import clean

if TYPE_CHECKING:  # the prompt comes first
    from chatbot.render.progress import Bar
    from chatbot.replay.running import Job
    from chatbot.replay.runs import Run

Reports = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="FILE", help="Write .xml (JUnit), .jsonl, .md or .html; repeatable."),
]
Least = Annotated[float, typer.Option(metavar="SHARE", min=0, max=1, help="How much of a script's runs must pass.")]


def replay(  # the options of the command, one parameter each
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH...", help="Scripts, folders or globs.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="SPEC", help="Instead of the scripts' own; playback:FOLDER.")
    ] = None,
    pack: Annotated[
        list[str] | None, typer.Option("--pack", "-p", metavar="NAME|PATH", help="Instead of the scripts' own.")
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="A profile of the configuration file.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", min=1, help="Scripts at a time.")] = 8,
    repeat: Annotated[int, typer.Option(metavar="N", min=1, help="Run each so often, and tell the rates.")] = 1,
    min_pass_rate: Least = 1.0,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="End with the first run that fails.")] = False,
    filter_: Annotated[str, typer.Option("--filter", metavar="TEXT|GLOB", help="Only scripts with such a path.")] = "",
    shard: Annotated[str, typer.Option(metavar="K/N", help="Only the Kth of N parts, for many machines.")] = "1/1",
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long one run may take.")] = None,
    record: Annotated[str | None, typer.Option(metavar="FOLDER", help="Keep each run for playback:FOLDER.")] = None,
    report: Reports = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write what happened into the scripts, for you to review.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of scripts, for editors.")] = False,
) -> int:
    """Run scripts as tests. Exit codes: 0 all passed, 1 some failed, 2 a script is wrong."""
    if schema:
        from chatbot.scripts.schema import schema_text

        sys.stdout.write(schema_text())
        return ExitCode.OK
    from chatbot.paths import expanded
    from chatbot.render.progress import watched
    from chatbot.replay.planning import Plan

    if not paths:
        raise UsageError("Which scripts? Give files, folders or globs: chatbot replay examples/")
    load_dotenv_file(Path.cwd())
    flags: dict[str, Any] = {"model": model, "pack": pack, "profile": profile}
    reports = _reports(report)
    if timeout is not None and not 0 < timeout <= TIMEOUT_MAX:
        raise UsageError(f"--timeout {timeout:g}: it should be a number of seconds, more than 0.")
    wanted = Plan(
        paths=tuple(paths),
        flags={name: value for name, value in flags.items() if value},
        filter=filter_,
        shard=_shard(shard),
        repeat=repeat,
        timeout=timeout,
        record=expanded(record) if record else None,
    )
    due, wrong = wanted.jobs(partial(watched, what="reading", stdout=sys.stdout))
    interrupt = Interrupt()
    began = time.monotonic()
    runs = _run(due, wrong, Choice(jobs, min_pass_rate, fail_fast), interrupt)
    unrun = len({str(job.task.path) for job in due} - {run.script for run in runs})
    try:
        if update:
            _update(due, runs)
    finally:  # a script that cannot be written does not take the reports with it
        code = _end(runs, min_pass_rate, time.monotonic() - began, reports, unrun)
    return ExitCode.INTERRUPTED if interrupt.is_set else code


class Choice(NamedTuple):
    """How runs are done. least: the share of a script's runs that must pass."""

    workers: int
    least: float
    fail_fast: bool


def _run(due: "Sequence[Job]", wrong: "Sequence[Run]", choice: Choice, interrupt: Interrupt) -> "list[Run]":
    """Run the jobs, with a line for each script as soon as its last run has ended; then tell what has failed."""
    from chatbot.chat import own_stdout
    from chatbot.render.progress import Bar
    from chatbot.replay.scheduling import run_all
    from chatbot.replay.telling import script_line

    gc.freeze()  # what is loaded and read by now stays to the end
    gc.enable()
    left = Counter(str(job.task.path) for job in due)
    ended: defaultdict[str, list[Run]] = defaultdict(list)

    def done(run: "Run") -> None:
        ended[run.script].append(run)
        left[run.script] -= 1
        bar.advance()
        if left[run.script] <= 0:
            bar.line(script_line(ended[run.script], choice.least))

    with own_stdout() as stdout, Bar(len(due), "replaying", stdout) as bar, on_sigint(interrupt):
        for run in wrong:
            bar.line(script_line([run], choice.least))
        runs = [*wrong, *run_all(due, choice.workers, interrupt, done, fail_fast=choice.fail_fast)]
        _tell_failures(runs, bar)
    return runs


def _tell_failures(runs: "Sequence[Run]", bar: "Bar") -> None:
    from chatbot.replay.telling import failure

    for run in runs:
        for line in () if run.passed else ("", *failure(run)):
            bar.line(line)


def _update(due: "Sequence[Job]", runs: "Sequence[Run]") -> None:
    """Write what happened in each script's last run into it."""
    from chatbot.replay.updating import update

    last = {run.script: run for run in runs}
    for script, job in {str(job.task.path): job for job in due}.items():
        if script in last:
            sys.stdout.write(f"{clean(update(job, last[script]))}\n")


def _end(runs: "Sequence[Run]", least: float, seconds: float, reports: Sequence[Path], unrun: int = 0) -> ExitCode:
    """Write the reports, and the last line. unrun: scripts of which no run has ended."""
    from chatbot.replay.runs import by_script
    from chatbot.replay.telling import summary, verdict
    from chatbot.report import write

    for path in reports:
        write(path, runs)
    scripts = [*by_script(runs).values()]
    verdicts = {verdict(of_one, least) for of_one in scripts}
    sys.stdout.write(f"{summary(scripts, least, seconds, unrun)}\n")
    if "WRONG" in verdicts:
        return ExitCode.USAGE
    return ExitCode.TURN_FAILED if "FAIL" in verdicts else ExitCode.OK


def _reports(given: Sequence[str] | None) -> list[Path]:
    """Return where reports go. Raises UsageError, before anything runs."""
    from chatbot.paths import expanded
    from chatbot.report import check

    paths = [expanded(name) for name in given or ()]
    for path in paths:
        check(path)
    return paths


def _shard(text: str) -> tuple[int, int]:
    part, _, of = text.partition("/")
    if re.fullmatch("[0-9]{1,9}/[0-9]{1,9}", text) and 1 <= int(part) <= int(of):
        return int(part), int(of)
    raise UsageError(f"--shard {text}: it should be K/N, such as 1/4 for the first of four parts.")


def report(
    results: Annotated[list[str], typer.Argument(metavar="RESULT...", help="Result files (.jsonl) of replays.")],
    report: Reports = None,
    min_pass_rate: Least = 1.0,
) -> int:
    """Merge the results of replays, of many machines perhaps, and report them."""
    from chatbot.paths import expanded
    from chatbot.render.progress import Bar
    from chatbot.replay.runs import by_script
    from chatbot.replay.telling import script_line
    from chatbot.report.jsonl import read_results

    reports = _reports(report)
    runs = read_results([expanded(name) for name in results])
    with Bar(len(runs), "reporting", sys.stdout) as bar:
        for of_one in by_script(runs).values():
            bar.line(script_line(of_one, min_pass_rate))
        _tell_failures(runs, bar)
    return _end(runs, min_pass_rate, sum(run.seconds for run in runs), reports)
