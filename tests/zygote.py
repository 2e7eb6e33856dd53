"""The whole program, run again and again without loading it each time: every run is a fork of one that has loaded it.

A run has its own environment, folder and streams, and ends like any process; only the imports are done already.
"""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOADED = [
    *("chatbot.cli", "chatbot.conversation", "chatbot.repl", "chatbot.schema.declared"),
    *("chatbot.packs.python", "chatbot.packs.webhook", "chatbot.models.offline"),
    *("chatbot.models.chat_completions.client", "chatbot.render.plain", "chatbot.render.jsonl"),
    *("chatbot.render.picture", "chatbot.transcript.listing", "chatbot.listing", "openai"),
    *("openai.types.chat", "dotenv", "jsonschema", "pydantic_core", "platformdirs"),
]


class Zygote:
    """A process that has loaded the program; it is ended with `close`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def run(self, arguments, folder, environment, said) -> subprocess.CompletedProcess[str]:
        """Run the program to its end, with its streams in files; it gets a minute."""
        files = [folder / f".run.{name}" for name in ("stdin", "stdout", "stderr")]
        files[0].write_text(said, "utf-8", newline="")
        order = {"arguments": arguments, "folder": str(folder), "environment": environment, "files": [*map(str, files)]}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, err = (file.read_bytes().decode("utf-8").replace("\r\n", "\n") for file in files[1:])
        for file in files:
            file.unlink()
        return subprocess.CompletedProcess(arguments, code, out, err)

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def serve() -> None:
    """Read orders, and answer each with an exit code."""
    for module in LOADED:
        __import__(module)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            become(order)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(order) -> None:
    """Be the program that is to run."""
    os.setsid()
    signal.alarm(60)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    for number, (file, how) in enumerate(zip(order["files"], (os.O_RDONLY, written, written), strict=True)):
        opened = os.open(file, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout = io.open(0, encoding="utf-8"), io.open(1, "w", encoding="utf-8")  # noqa: SIM115, UP020
    sys.stderr = io.open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115, UP020
    sys.argv = ["chatbot", *order["arguments"]]
    from chatbot.__main__ import main

    main()


if __name__ == "__main__":
    serve()
