"""Samples, taken in turns, and the table they end in."""

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: wall-clock and CPU milliseconds; cpu is 0 where only the wall clock means something."""

    wall: float
    cpu: float = 0.0


Run = Callable[[], Sample]


def in_turns(runs: Mapping[str, Run], rounds: int = ROUNDS) -> dict[str, Sample]:
    """Run each once unmeasured, then all in turns; return the medians."""
    for run in runs.values():
        run()
    samples: dict[str, list[Sample]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            samples[name].append(run())
    return {name: median(taken) for name, taken in samples.items()}


def median(samples: Sequence[Sample]) -> Sample:
    """Return the medians of wall clock and CPU, each by itself."""
    return Sample(statistics.median(s.wall for s in samples), statistics.median(s.cpu for s in samples))


def process(command: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> Run:
    """Return what runs a command to its end."""

    def run() -> Sample:
        before, start = cpu_of_children(), time.perf_counter()
        subprocess.run(command, env=dict(environment), input=stdin, text=True, capture_output=True, check=True)
        return Sample((time.perf_counter() - start) * 1000, cpu_of_children() - before)

    return run


def cpu_of_children() -> float:
    """Return the CPU milliseconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1000


def resident(pid: int) -> float:
    """Return a process's resident memory in MB (10**6 bytes)."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file on a disk
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def show(title: str, samples: Mapping[str, Sample], goal: str) -> None:
    """Print samples, the first being the floor that the others are divided by."""
    print(f"\n{title}   (goal: {goal})")
    floor = next(iter(samples.values()))
    for name, sample in samples.items():
        cpu = f"   cpu {sample.cpu:8.1f} ms" if sample.cpu else ""
        print(f"  {name:34} {sample.wall:8.1f} ms{cpu}   {sample.wall / floor.wall:5.2f} x")


def tell(title: str, values: Mapping[str, str], goal: str) -> None:
    """Print plain figures."""
    print(f"\n{title}   (goal: {goal})")
    for name, value in values.items():
        print(f"  {name:34} {value}")
