import pytest

from tests.repl.keys import DRIVER, ROOT


@pytest.fixture
def chat(tmp_path, in_terminal):
    def chat(*arguments, env=None, history=tmp_path / "data" / "history", **size):
        whole = {"PYTHONPATH": str(ROOT), **(env or {})}
        return in_terminal(DRIVER, "--history", history, *arguments, env=whole, cwd=str(tmp_path), **size)

    return chat


@pytest.fixture
def gate(tmp_path):
    return tmp_path / "gate"
