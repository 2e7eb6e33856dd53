"""What the user said before, over restarts."""

import os
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.history import FileHistory


class Said(FileHistory):
    """A history in a file that only its owner can read. What the prompt reads is kept only when we `remember` it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.problem = ""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.fchmod(file, 0o600)
            finally:
                os.close(file)
        except OSError as error:
            self.problem = f"the history {path} cannot be kept: {error.strerror}"

    def remember(self, line: str) -> None:
        """Keep a line; the same line twice in a row only once."""
        if self.get_strings()[-1:] != [line]:
            super().append_string(line)

    def append_string(self, string: str) -> None:
        """Keep nothing: the prompt does not know yet what is secret."""

    def load_history_strings(self) -> Iterable[str]:
        """Return the kept lines, latest first."""
        try:
            return [] if self.problem else list(super().load_history_strings())
        except OSError as error:
            self.problem = str(error)
            return []

    def store_string(self, string: str) -> None:
        """Append to the file, if there is one."""
        if not self.problem:
            try:
                super().store_string(string)
            except OSError as error:
                self.problem = str(error)
