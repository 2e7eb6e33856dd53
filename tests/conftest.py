import subprocess

import pytest

from tests.program import CHATBOT, clean_environment


@pytest.fixture
def run(tmp_path):
    """Run the command in an empty home and an empty folder; the finished process."""

    def run(*arguments, said="", **environment):
        return subprocess.run(
            [*CHATBOT, *arguments],
            input=said,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            cwd=tmp_path,
            env=clean_environment(tmp_path) | environment,
        )

    return run
