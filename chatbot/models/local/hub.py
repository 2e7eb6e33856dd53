"""A file on the Hugging Face Hub, kept in the cache that all programs of this user share."""

import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chatbot.errors import ModelError, ModelUnreachable
from chatbot.events import Notice, Progressed
from chatbot.interrupt import Interrupt
from chatbot.models.http.failures import one_line
from chatbot.models.local import download
from chatbot.models.local.fetching import run_python

INSTALL = "pip install 'guarded-chatbot[local]'"
_QUIET = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_VERBOSITY": "critical"}
_UNREACHABLE = {"TransportError", "OfflineModeIsEnabled"}


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository; repo is "OWNER/REPO". cache: the folder of the cache, None for the user's."""

    repo: str
    file: str
    cache: Path | None = None

    def present(self) -> Path | None:
        """Return the file where it is in the cache; asks no network."""
        if find_spec("huggingface_hub") is None:
            return None
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError

        try:
            found = try_to_load_from_cache(self.repo, self.file, self.cache)
        except HFValidationError:
            return None
        return Path(found) if isinstance(found, str) else None

    def fetch(self, interrupt: Interrupt) -> Generator[Notice | Progressed, None, Path | None]:
        """Fetch the file into the cache and return it, None when interrupted. Raises ModelError.

        Goes on where an earlier one was broken off, and checks the hash that the hub tells.
        """
        if find_spec("huggingface_hub") is None:
            raise ModelError(f"The Hugging Face Hub needs the package huggingface_hub: {INSTALL}")
        yield Notice("info", f"Fetching {self.file} of {self.repo} ...")
        arguments = ["-P", download.__file__, self.repo, self.file, str(self.cache or "")]
        ended = yield from run_python(arguments, interrupt, self._progress, _QUIET)
        if ended.code is None:
            return None
        told = _object(ended.output.strip().rpartition("\n")[2])
        if "path" not in told:
            said = str(told.get("said", ended.errors.strip().rpartition("\n")[2]))
            raise self._failed(set(told.get("kinds", ())), one_line(said.strip().partition("\n")[0], 200))
        yield Notice("info", f"{self.file} is here, and will be read from the cache from now on.")
        return Path(told["path"])

    def _progress(self, line: str) -> Progressed | None:
        told = _object(line)
        return Progressed(f"Fetching {self.file}", told["done"], told["total"]) if "total" in told else None

    def _failed(self, kinds: set[str], said: str) -> ModelError:
        if download.HashMismatch.__name__ in kinds:
            return ModelError(f"{self.file} was fetched, but is not what it should be (SHA-256). Nothing was kept.")
        if "GatedRepoError" in kinds:
            return ModelError(f"{self.repo} wants its terms accepted on huggingface.co, and a token in HF_TOKEN.")
        if "RepositoryNotFoundError" in kinds:
            return ModelError(f"There is no {self.repo} on the Hugging Face Hub (or it is private: set HF_TOKEN).")
        if kinds & {"RemoteEntryNotFoundError", "RevisionNotFoundError"}:
            return ModelError(f"{self.repo} has no file {self.file}. Check its name on the Hugging Face Hub.")
        if "HFValidationError" in kinds:
            return ModelError(f"{self.repo} is no name of a repository on the Hugging Face Hub.")
        if kinds & _UNREACHABLE:
            why = re.sub(r"^\[Errno -?\d+\] ", "", said)
            return ModelUnreachable(f"{self.file} is not in the cache, and the Hugging Face Hub was not reached: {why}")
        return ModelError(f"{self.file} of {self.repo} could not be fetched: {said}")


def _object(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
