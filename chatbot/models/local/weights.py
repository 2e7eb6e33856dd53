"""Where the weights come from: a GGUF file, one on the Hugging Face Hub, or the small one that a package brings."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chatbot.errors import ConfigError
from chatbot.events import Notice, Progressed
from chatbot.interrupt import Interrupt
from chatbot.models.local.hub import HubFile
from chatbot.models.local.wheel import SMOLLM2
from chatbot.paths import expanded

MAGIC = b"GGUF"


class Weights(Protocol):
    """A GGUF file that is here, or can be fetched."""

    def present(self) -> Path | None:
        """Return the file where nothing needs to be fetched, else None."""

    def fetch(self, interrupt: Interrupt) -> Generator[Notice | Progressed, None, Path | None]:
        """Fetch the file and return it, None when interrupted; tells what takes long. Raises ModelError."""


@dataclass(frozen=True, slots=True)
class File:
    """A file on this machine."""

    path: Path

    def present(self) -> Path:
        """Return it."""
        return self.path

    def fetch(self, interrupt: Interrupt) -> Generator[Notice | Progressed, None, Path]:  # noqa: ARG002
        """Return it."""
        yield from ()
        return self.path


def named(spec: str) -> Weights:
    """Return what follows "local:": PATH.gguf, hf:OWNER/REPO/FILE or smollm2. Raises ConfigError."""
    if spec == SMOLLM2.name:
        return SMOLLM2
    if spec.startswith("hf:"):
        owner, _, rest = spec.removeprefix("hf:").partition("/")
        repo, _, file = rest.partition("/")
        if not (owner and repo and file):
            raise ConfigError(
                f"local:{spec} names no file on the Hugging Face Hub: write local:hf:OWNER/REPO/FILE.gguf."
            )
        return HubFile(f"{owner}/{repo}", file)
    path = expanded(spec)
    if problem := _problem(path):
        raise ConfigError(f"{path} {problem}. Wanted: local:PATH.gguf, local:hf:OWNER/REPO/FILE or local:smollm2.")
    return File(path)


def _problem(path: Path) -> str:
    if path.is_dir():
        return "is a folder, not a GGUF file"
    try:
        with path.open("rb") as file:
            return "" if file.read(len(MAGIC)) == MAGIC else "is not a GGUF file"
    except FileNotFoundError:
        return "does not exist"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
