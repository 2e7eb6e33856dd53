"""A program in a pseudo-terminal: typed to, and watched with a clock."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence

CURSOR_ASKED, CURSOR_TOLD = b"\x1b[6n", b"\x1b[1;1R"


class Terminal:
    """Runs a command from the moment of construction; `started` is its perf_counter."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.seen = b""
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execvpe(command[0], list(command), {**environment, "TERM": "xterm-256color"})

    def wait_for(self, text: bytes, seconds: float = 30.0) -> float:
        """Read until the text has come since the last call; return how long after the start that was, in ms."""
        until = time.perf_counter() + seconds
        while text not in self.seen:
            if not select.select([self._fd], [], [], max(0.0, until - time.perf_counter()))[0]:
                raise TimeoutError(f"{text!r} did not come; there was {self.seen[-2000:]!r}")
            piece = os.read(self._fd, 65536)
            if CURSOR_ASKED in piece:
                os.write(self._fd, CURSOR_TOLD)
            self.seen += piece
        now = time.perf_counter()
        self.seen = self.seen[self.seen.index(text) + len(text) :]
        return (now - self.started) * 1000

    def quiet(self, seconds: float) -> None:
        """Read whatever comes until nothing has for so long."""
        while select.select([self._fd], [], [], seconds)[0]:
            piece = os.read(self._fd, 65536)
            if CURSOR_ASKED in piece:
                os.write(self._fd, CURSOR_TOLD)
        self.seen = b""

    def type(self, text: bytes) -> float:
        """Type the text; return the perf_counter of that moment."""
        now = time.perf_counter()
        os.write(self._fd, text)
        return now

    def leave(self) -> float:
        """Press Ctrl-D and wait for the end; return how long that took, in ms."""
        start = self.type(b"\x04")
        while True:
            try:
                if not os.read(self._fd, 65536):
                    break
            except OSError:  # the other side is closed
                break
        os.waitpid(self.pid, 0)
        took = (time.perf_counter() - start) * 1000
        os.close(self._fd)
        return took

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)
