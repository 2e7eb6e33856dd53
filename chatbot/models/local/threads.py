"""How many threads llama.cpp computes with.

Every thread waits for the slowest one at each of some hundred steps a token. So a thread more than there are cores
makes all of them slower: two on one physical core share its vector units, and one beyond a container's quota is put
to sleep in the middle of a step. One core is left to everything else on the machine, this program's own prompt among
it: a thread that has to share its core makes a token last ten times as long, and one core more makes it half as long.
"""

import os
from collections.abc import Iterable
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


def count() -> int:
    """Return the number of threads for this process on this machine."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return chosen({cpu: _read(Path(_SIBLINGS.format(cpu))) for cpu in cpus}.values(), _read(_QUOTA))


def chosen(siblings: Iterable[str], quota: str = "") -> int:
    """Return the number of physical cores that may be used, without one, and at least one.

    siblings: for each CPU of this process the CPUs of its core, as Linux writes them ("0,4"); "" where nobody knows,
    which counts as a core. quota: a control group's cpu.max, "MICROSECONDS PERIOD" or "max PERIOD".
    """
    told = list(siblings)
    cores = len({each for each in told if each}) + told.count("")
    most, _, period = quota.partition(" ")
    if most.isdecimal() and period.isdecimal() and int(period):
        cores = min(cores, int(most) // int(period))
    return max(cores - 1, 1)


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
