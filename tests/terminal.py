"""A real pseudo-terminal with a screen: a program is run in it, typed at, and read as a person would.

A command is started in one; what a zygote has loaded already is forked into one, which is much cheaper.
"""

import os
import signal
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pexpect
import pyte
from pexpect.fdpexpect import fdspawn

PATIENCE = 60.0  # how long a machine under load may take; nothing ever waits this long when all is well


class Terminal:
    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        columns: int = 80,
        rows: int = 24,
        cwd: str | None = None,
    ) -> None:
        whole = {**os.environ, "TERM": "xterm-256color", "PYTHONUNBUFFERED": "1", **(env or {})}
        for name in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR", "COLORTERM", "CI"):
            if name not in (env or {}):
                whole.pop(name, None)
        self.display = pyte.HistoryScreen(columns, rows, history=10_000, ratio=0.5)
        self._stream = pyte.ByteStream(self.display)
        self.raw = b""
        self.child = self._start(command, whole, (rows, columns), cwd)
        self.child.delaybeforesend = None
        self.child.delayafterclose = self.child.delayafterterminate = 0.02

    def _start(self, command, environment, size, folder):
        return pexpect.spawn(command[0], list(command[1:]), env=environment, dimensions=size, cwd=folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.close(force=True)

    def type(self, text: str) -> None:
        self.child.send(text.encode())

    def signal(self, number: signal.Signals) -> None:
        self.child.kill(number)

    def screen(self) -> list[str]:
        return [line.rstrip() for line in self.display.display]

    def lines(self) -> list[str]:
        """All that was ever printed and is not erased: what scrolled away, then the screen."""
        width = self.display.columns
        gone = ["".join(row[x].data for x in range(width)).rstrip() for row in self.display.history.top]
        return gone + self.screen()

    def text(self) -> str:
        return "\n".join(self.lines())

    def wait_until(self, holds: Callable[[], bool], what: str = "it", timeout: float = PATIENCE) -> None:
        end = time.monotonic() + timeout
        while not holds():
            if not self._read() and not holds():
                raise AssertionError(f"ended before {what}; the screen:\n{self.text()}")
            if time.monotonic() > end:
                raise AssertionError(f"no {what} within {timeout} s; the screen:\n{self.text()}")

    def wait_for(self, text: str, timeout: float = PATIENCE) -> None:
        self.wait_until(lambda: text in self.text(), repr(text), timeout)

    def wait_for_prompt(self) -> None:
        """Wait until the cursor stands behind an empty prompt, and nothing below it but the toolbar."""
        self.wait_until(self._prompts, "prompt")

    def wait_for_exit(self) -> int:
        """Wait for the end; a signal is a negative number."""
        end = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < end, f"does not end; the screen:\n{self.text()}"
        self.child.wait()
        return -self.child.signalstatus if self.child.signalstatus else self.child.exitstatus

    def _prompts(self) -> bool:
        screen = self.screen()
        row = self.display.cursor.y
        below = [line for line in screen[row + 1 :] if line]
        return screen[row] == ">" and self.display.cursor.x == 2 and len(below) <= 1

    def _read(self) -> bool:
        """Take what the program has printed by now, or soon; False when it has ended."""
        try:
            data = self.child.read_nonblocking(65536, timeout=0.05)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True


class ForkedTerminal(Terminal):
    """A terminal in which a zygote runs "chatbot", or the script of a path."""

    def __init__(self, zygote, command, **options) -> None:
        self._zygote = zygote
        super().__init__(command, **options)

    def _start(self, command, environment, size, folder):
        return Fork(self._zygote, command, environment, size, folder)


class Fork(fdspawn):
    """A run of a zygote, with what a child of pexpect has."""

    def __init__(self, zygote, command, environment, size, folder) -> None:
        master, slave = os.openpty()
        termios.tcsetwinsize(slave, size)
        self._zygote = zygote
        self.pid = zygote.open(os.ttyname(slave), command[0], command[1:], folder or str(Path.cwd()), environment)
        os.close(slave)
        self.exitstatus, self.signalstatus = None, None
        super().__init__(master)

    def setwinsize(self, rows: int, columns: int) -> None:
        termios.tcsetwinsize(self.child_fd, (rows, columns))

    def kill(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> None:
        code = self._zygote.end(self.pid)
        self.pid, self.exitstatus, self.signalstatus = 0, max(code, 0), max(-code, 0)

    def close(self, force: bool = True) -> None:
        if self.pid:
            self.kill(signal.SIGKILL)
            self.wait()
        super().close()
