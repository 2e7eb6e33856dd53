import subprocess

import pytest

from tests.program import CHATBOT, clean_environment
from tests.terminal import ForkedTerminal
from tests.zygote import Zygote

OWN_INTERPRETER = ("PYTHON", "LC_", "LANG")
"""Variables that an interpreter reads when it starts."""


@pytest.fixture(scope="session")
def zygote():
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
def run(tmp_path, zygote):
    """Run the command in an empty home and an empty folder; the finished process."""

    def run(*arguments, said="", **environment):
        whole = clean_environment(tmp_path) | environment
        if not any(name.startswith(OWN_INTERPRETER) for name in environment):
            return zygote.run([*map(str, arguments)], tmp_path, whole, said)
        return subprocess.run(
            [*CHATBOT, *arguments],
            input=said,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            cwd=tmp_path,
            env=whole,
        )

    return run


@pytest.fixture
def in_terminal(zygote):
    """Run "chatbot", or the script of a path, in a terminal that is closed at the end."""
    opened = []

    def in_terminal(program, *arguments, **options):
        opened.append(ForkedTerminal(zygote, [str(program), *map(str, arguments)], **options))
        return opened[-1]

    yield in_terminal
    for terminal in opened:
        terminal.__exit__()
