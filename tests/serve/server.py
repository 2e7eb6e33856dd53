"""`chatbot serve` as a user starts it, on a free port; its lines on stderr are kept."""

import json
import re
import subprocess
import threading
from contextlib import contextmanager

from tests.program import CHATBOT, clean_environment
from tests.serve.caller import SECRET

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


@contextmanager
def serving(home, *options, **environment):
    """A server with the pack of people, or another one."""
    pack = home / "people.py"
    pack.write_text(PEOPLE, "utf-8")
    packs = () if "--pack" in options else ("--pack", str(pack))
    command = [*CHATBOT, "serve", "--port", "0", *packs, *options]
    settings = clean_environment(home) | {"TURN_HMAC_SECRET": SECRET} | environment
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=home, env=settings)
    server = Server(process)
    try:
        yield server
    finally:
        server.stop()
