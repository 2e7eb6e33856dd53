"""The whole program, run again and again without loading it each time: every run is a fork of one that has loaded it.

A run has its own environment, folder and streams, and ends like any process; only the imports are done already.
"""

import gc
import io
import json
import os
import runpy
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
    *("chatbot.render.blocks", "chatbot.render.code", "chatbot.render.markdown", "chatbot.models.written"),
    *("chatbot.scripts.text", "chatbot.cli_sessions", "chatbot.trust.lookup", "chatbot.trust.spoken"),
    *("chatbot.cli_models", "chatbot.cli_replay", "chatbot.catalogue.listing", "chatbot.doctor.examining"),
    *("chatbot.models.local", "chatbot.models.responses.client", "chatbot.export.script", "chatbot.playback.session"),
    *("chatbot.replay.finding", "chatbot.replay.running", "chatbot.scripts.derived", "chatbot.scripts.source"),
    *("argparse", "ctypes", "chatbot.scripts.dialect", "rich.progress", "ruamel.yaml", "statistics"),
    *("chatbot.repl.asking", "prompt_toolkit.patch_stdout", "prompt_toolkit.input.vt100", "pygments.lexers"),
    *(
        "encodings.idna",
        "httpcore2._sync.http11",
        "sqlite3",
        "openai.types.chat",
        "dotenv",
        "jsonschema",
        "pydantic_core",
        "platformdirs",
        "tomllib",
        "typer._click.decorators",
    ),
]


class Zygote:
    """A process that has loaded the program; it is ended with `close`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def run(self, arguments, folder, environment, said, program="chatbot") -> subprocess.CompletedProcess[str]:
        """Run the program, or the script of a path, to its end, with its streams in files; it gets a minute."""
        files = [folder / f".run.{name}" for name in ("stdin", "stdout", "stderr")]
        files[0].write_text(said, "utf-8", newline="")
        code = self.end(self.start(arguments, folder, environment, files, program=str(program), patience=60))
        out, err = (file.read_bytes().decode("utf-8").replace("\r\n", "\n") for file in files[1:])
        for file in files:
            file.unlink()
        return subprocess.CompletedProcess(arguments, code, out, err)

    def start(self, arguments, folder, environment, files, **more) -> int:
        """Start the program with these files as its streams; return its process id.

        more: `loaded` are modules that are loaded before, once for all runs; it is killed after `patience` seconds.
        """
        order = {"arguments": arguments, "folder": str(folder), "environment": environment}
        return self._ask(order | {"files": [*map(str, files)]} | more)

    def open(self, terminal, program, arguments, folder, environment) -> int:
        """Start the program, or the script of a path, in a terminal of its own; return its process id."""
        order = {"arguments": arguments, "folder": str(folder), "environment": environment}
        return self._ask(order | {"terminal": terminal, "program": str(program)})

    def end(self, child: int) -> int:
        """Wait for the end of a run; return its exit code, or a signal as a negative number."""
        return self._ask({"wait": child})

    def _ask(self, order) -> int:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def serve() -> None:
    """Read orders, and answer each with a number: the process id of a run, or how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever ends the tests still needs it to end what runs
    for module in LOADED:
        __import__(module)
    from chatbot.schema import signature_of
    from chatbot.tls import trusted

    signature_of(serve, "")  # compiles the patterns that docstrings are read with, which Python keeps
    trusted()  # certificates, which are kept too
    _freeze()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        else:
            print(_fork(order), flush=True)


def _freeze() -> None:
    gc.collect()
    gc.freeze()  # what all runs share is not looked through, and not copied, by each


def _fork(order) -> int:
    if new := [module for module in order.get("loaded", ()) if module not in sys.modules]:
        for module in new:
            __import__(module)
        _freeze()
    terminal = os.open(order["terminal"], os.O_RDWR | os.O_NOCTTY) if "terminal" in order else None
    child = os.fork()
    if child == 0:
        become(order, terminal)
    if terminal is not None:
        os.close(terminal)
    return child


def become(order, terminal) -> None:
    """Be the program that is to run."""
    if terminal is None:
        os.setsid()
        signal.alarm(order.get("patience", 0))
        _take_files(order["files"])
    else:
        os.login_tty(terminal)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.stdin, sys.stdout = io.open(0, encoding="utf-8"), io.open(1, "w", encoding="utf-8")  # noqa: SIM115, UP020
    sys.stderr = io.open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115, UP020
    program = order.get("program", "chatbot")
    sys.argv = [program, *order["arguments"]]
    if program == "chatbot":
        from chatbot.__main__ import main

        main()
    else:
        _run_script(program)


def _run_script(path) -> None:
    """Run a script, then leave as the program does: without tearing down what the zygote has loaded."""
    code = 0
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        code = end.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _take_files(files) -> None:
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    for number, (file, how) in enumerate(zip(files, (os.O_RDONLY, written, written), strict=True)):
        opened = os.open(file, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)


if __name__ == "__main__":
    serve()
