"""`chatbot serve` on a free port, as a user starts it or forked from a zygote; its lines on stderr are kept."""

import json
import os
import re
import signal
import subprocess
import threading
from contextlib import contextmanager

from tests.program import CHATBOT, clean_environment
from tests.serve.caller import SECRET

LOADED = [
    *("chatbot.serve.running", "chatbot.serve.web", "chatbot.serve.sqlite_store", "chatbot.config.serving"),
    *("uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.lifespan.on", "anyio._backends._asyncio"),
    *("uvicorn.loops.asyncio", "uvicorn.protocols.http.h11_impl"),
]

PEOPLE = '''
import os
import time

from chatbot import Context, Grounded, Secret, ToolFailed, Verified, tool


@tool
def verify(name: str, key: Secret[str]) -> Verified | dict[str, bool]:
    """Verify a person."""
    return Verified({"success": True}, user=name) if key == f"key of {name}" else {"success": False}


@tool(requires="verify")
def ticket(context: Context, name: str | None = None) -> str:
    """Tell the person's ticket."""
    return f"ticket of {context.user}"


@tool
def who(context: Context) -> dict:
    """Tell what a tool learns of the contact."""
    return {"fields": dict(context.fields), "user": context.user, "call": context.call}


@tool
def worker() -> int:
    """Tell which process answers."""
    return os.getpid()


@tool
def count(context: Context) -> int:
    """Count calls, in the pack's own state."""
    context.state["calls"] = context.state.get("calls", 0) + 1
    return context.state["calls"]


@tool(timeout=60)
def slow(seconds: float) -> str:
    """Take a while."""
    time.sleep(seconds)
    return "done"


@tool
def fail(how: str) -> str:
    """Fail."""
    raise ToolFailed("Ask for another day.") if how == "politely" else ZeroDivisionError("division by zero")


@tool(effect="write")
def change() -> str:
    """Change something."""
    return "changed"
'''


class Server:
    """A server that runs; `lines` grows."""

    def __init__(self, process):
        self.process = process
        self.lines = [process.stderr.readline()]
        self.url = (re.findall(r"http://\S+", self.lines[0]) or [""])[0]
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def log(self):
        return [json.loads(line) for line in self.lines[1:]]

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self._reader.join()
        self.process.stderr.close()
        return code


class Forked:
    """A run of a zygote, with what a process has."""

    def __init__(self, zygote, arguments, folder, environment):
        said = folder / "stderr"
        os.mkfifo(said)
        self._zygote, self._code = zygote, None
        files = [os.devnull, os.devnull, said]
        self._pid = zygote.start(arguments, folder, environment, files, loaded=LOADED)
        self.stderr = said.open(encoding="utf-8")
        said.unlink()

    def send_signal(self, number):
        if self._code is None:
            os.kill(self._pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def wait(self, seconds):
        """Wait for the end, which is one by SIGKILL after so many seconds; the exit code, or minus a signal."""
        if self._code is None:
            killing = threading.Timer(seconds, self.send_signal, [signal.SIGKILL])
            killing.start()
            self._code = self._zygote.end(self._pid)
            killing.cancel()
        return self._code


@contextmanager
def started(home, *options, **environment):
    """A server with the pack of people, or another one, in a process of its own."""
    arguments, settings = _ordered(home, options, environment)
    command = [*CHATBOT, *arguments]
    yield from _running(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=home, env=settings))


@contextmanager
def forked(zygote, home, *options, **environment):
    """The same server, without its start from nothing."""
    arguments, settings = _ordered(home, options, environment)
    yield from _running(Forked(zygote, arguments, home, settings))


def _ordered(home, options, environment):
    pack = home / "people.py"
    pack.write_text(PEOPLE, "utf-8")
    packs = () if "--pack" in options else ("--pack", str(pack))
    settings = clean_environment(home) | {"TURN_HMAC_SECRET": SECRET} | environment
    return ["serve", "--port", "0", *packs, *options], settings


def _running(process):
    server = Server(process)
    try:
        yield server
    finally:
        server.stop()
