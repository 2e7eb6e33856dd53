"""Programs that fetch large files beside us: nothing of theirs reaches the terminal, and Ctrl-C ends them."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from typing import NamedTuple

from chatbot.interrupt import Interrupt

_LOOK = 0.05
"""Seconds between two looks whether it has ended."""


class Ended(NamedTuple):
    """How the program ended: its exit code (None: it was interrupted), and what it wrote."""

    code: int | None
    output: str
    errors: str


def run_python(arguments: Sequence[str], interrupt: Interrupt, environment: Mapping[str, str] | None = None) -> Ended:
    """Run this Python with `arguments` to its end, or until interrupted."""
    with TemporaryFile() as output, TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        try:
            while process.poll() is None and not interrupt.wait(_LOOK):
                pass
        finally:
            if interrupted := process.poll() is None:
                process.kill()
            process.wait()
        for file in (output, errors):
            file.seek(0)
        said = [file.read().decode("utf-8", "replace") for file in (output, errors)]
    return Ended(None if interrupted else process.returncode, *said)


def megabytes(size: int) -> str:
    """Return a number of bytes as people read it: "98 MB"."""
    return f"{size / 1e6:,.0f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
