"""Keeps the README true: `python -m tests.readme` writes into its console blocks what their commands print today."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from chatbot.commands import registered, usage

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CONSOLE = re.compile(r"(?m)^```console\n\$ (chatbot .*)\n((?:.*\n)*?)```$")
COMMAND_TABLE = re.compile(r"(?s)<!-- commands -->\n.*?<!-- /commands -->")
SHELL = re.compile(r"(?ms)^```sh\n(.*?)^```$")
PYTHON = re.compile(r"(?ms)^```python\n(.*?)^```$")
SCRIPT = re.compile(r"(?ms)^```yaml\n(.*?)^```$")


def run(command: str, home: Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command line of the README in an empty home, with no key and no terminal."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "CHATBOT", "XDG"))
    }
    environment |= {
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "SUPPORT_DB": str(home / "support.db"),
        "COLUMNS": "100",
    }
    return subprocess.run(
        runnable(command),
        shell=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env=environment,
        check=False,
    )


def runnable(command: str) -> str:
    """Return the command line with this interpreter's chatbot in it."""
    return re.sub(r"(?m)(^|\| )chatbot\b", rf"\1{shlex.quote(sys.executable)} -m chatbot", command)


def rewritten(text: str, run: Callable[[str, Path], subprocess.CompletedProcess[str]] = run) -> str:
    """Return the README with what its console commands print today. run: runs one in a home."""

    def block(match: re.Match[str]) -> str:
        with tempfile.TemporaryDirectory() as home:
            printed = run(match[1], Path(home)).stdout.strip("\n")
        return f"```console\n$ {match[1]}\n{printed}\n```"

    return COMMAND_TABLE.sub(
        lambda _: f"<!-- commands -->\n{command_table()}\n<!-- /commands -->", CONSOLE.sub(block, text)
    )


def command_table() -> str:
    """Return the slash commands as the registry has them."""
    rows = [f"| `/{name}` | {usage(name).replace('|', chr(92) + '|')} |" for name in sorted(registered())]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text("utf-8")), "utf-8")
