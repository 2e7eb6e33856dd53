"""Programs that fetch large files beside us: nothing of theirs reaches the terminal, and Ctrl-C ends them."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import NamedTuple

from chatbot.events import Progressed
from chatbot.interrupt import Interrupt

LOOK = 0.1
"""Seconds between two looks how far it has come."""
_TAIL = 4096


class Ended(NamedTuple):
    """How the program ended: its exit code (None: it was interrupted), and what it wrote."""

    code: int | None
    output: str
    errors: str


def run_python(
    arguments: Sequence[str],
    interrupt: Interrupt,
    progress: Callable[[str], Progressed | None],
    environment: Mapping[str, str] | None = None,
) -> Generator[Progressed, None, Ended]:
    """Run this Python with `arguments` to its end, or until interrupted.

    progress: asked again and again how far it has come; it is given the last line that the program wrote.
    """
    shown = None
    with TemporaryFile() as output, TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        try:
            while process.poll() is None and not interrupt.wait(LOOK):
                if (now := progress(_last_line(output.fileno()))) and now != shown:
                    yield now
                    shown = now
        finally:
            if interrupted := process.poll() is None:
                process.kill()
            process.wait()
        for file in (output, errors):
            file.seek(0)
        said = [file.read().decode("utf-8", "replace") for file in (output, errors)]
    return Ended(None if interrupted else process.returncode, *said)


def _last_line(file: int) -> str:
    """Return the last whole line. The program writes where the file's one position is, so it must stay as it is."""
    begin = max(os.fstat(file).st_size - _TAIL, 0)
    return os.pread(file, _TAIL, begin).decode("utf-8", "replace").rpartition("\n")[0].rpartition("\n")[2]


def megabytes(size: int) -> str:
    """Return a number of bytes as people read it: "98 MB"."""
    return f"{size / 1e6:,.0f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
