import sys

import pytest

from tests.repl.keys import DRIVER, ROOT
from tests.terminal import Terminal


@pytest.fixture
def chat(tmp_path):
    opened = []

    def open_chat(*arguments, env=None, history=tmp_path / "data" / "history", **size):
        command = [sys.executable, str(DRIVER), "--history", str(history), *map(str, arguments)]
        terminal = Terminal(command, env={"PYTHONPATH": str(ROOT), **(env or {})}, cwd=str(tmp_path), **size)
        opened.append(terminal)
        return terminal

    yield open_chat
    for terminal in opened:
        terminal.__exit__()


@pytest.fixture
def gate(tmp_path):
    return tmp_path / "gate"
