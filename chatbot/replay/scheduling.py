"""Running many scripts side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing

from chatbot.interrupt import Interrupt
from chatbot.replay.opening import Openings
from chatbot.replay.running import Job, run
from chatbot.replay.runs import Run


def run_all(
    jobs: Sequence[Job], workers: int, interrupt: Interrupt, done: Callable[[Run], None], *, fail_fast: bool = False
) -> list[Run]:
    """Run the jobs, `workers` of them at a time; return what came of those that ended, in the order of the jobs.

    done: gets each run as it ends, in this thread. interrupt: ends all; fail_fast: the first run that fails does, too.
    """
    ended: dict[int, Run] = {}
    over = Interrupt()
    with (
        interrupt.calling(over.set),
        closing(Openings()) as openings,
        ThreadPoolExecutor(workers, "replay") as pool,
    ):
        order: dict[Future[Run | None], int] = {}
        for number, job in enumerate(jobs):
            order[pool.submit(_run, job, openings, over)] = number
        for future in as_completed(order):
            if came := future.result():
                ended[order[future]] = came
                done(came)
                if fail_fast and not came.passed:
                    over.set()
    return [ended[number] for number in sorted(ended)]


def _run(job: Job, openings: Openings, interrupt: Interrupt) -> Run | None:
    """Run one job; None where all was ended before it had."""
    own = Interrupt()
    with interrupt.calling(own.set):
        came = None if own.is_set else run(job, openings, own)
    broken_off = interrupt.is_set and came is not None and not came.passed
    return None if broken_off else came
