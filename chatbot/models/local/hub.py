"""A file on the Hugging Face Hub, kept in the cache that all programs of this user share."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from chatbot.errors import ModelError, ModelUnreachable
from chatbot.events import Notice
from chatbot.interrupt import Interrupt
from chatbot.models.http.failures import one_line
from chatbot.models.local.fetching import megabytes, run_python

INSTALL = "pip install 'guarded-chatbot[local]'"
_QUIET = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_VERBOSITY": "critical"}
# The library resumes what was broken off, and checks what has come. A program of its own can be ended at any moment.
_PROGRAM = """
import json, sys
from huggingface_hub import hf_hub_download
repo, file, cache, dry = sys.argv[1:]
try:
    got = hf_hub_download(repo, file, cache_dir=cache or None, dry_run=dry == "dry")
    print(json.dumps({"size": got.file_size} if dry == "dry" else {"path": got}))
except Exception as error:
    print(json.dumps({"kinds": [kind.__name__ for kind in type(error).__mro__], "said": str(error)}))
"""
_UNREACHABLE = {"LocalEntryNotFoundError", "ConnectError", "TransportError", "OfflineModeIsEnabled", "OSError"}


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

    def fetch(self, interrupt: Interrupt) -> Generator[Notice, None, Path | None]:
        """Fetch the file into the cache and return it, None when interrupted. Raises ModelError."""
        if find_spec("huggingface_hub") is None:
            raise ModelError(f"The Hugging Face Hub needs the package huggingface_hub: {INSTALL}")
        size = self._asked("dry", interrupt).get("size")
        if interrupt.is_set:
            return None
        about = f" ({megabytes(size)})" if isinstance(size, int) else ""
        yield Notice("info", f"Fetching {self.file} of {self.repo}{about} ...")
        path = self._asked("", interrupt).get("path")
        if not isinstance(path, str):
            return None
        yield Notice("info", f"{self.file} is here, and will be read from the cache from now on.")
        return Path(path)

    def _asked(self, dry: str, interrupt: Interrupt) -> dict[str, object]:
        """Return what the program tells: "size" (dry) or "path"; nothing when interrupted. Raises ModelError."""
        ended = run_python(["-c", _PROGRAM, self.repo, self.file, str(self.cache or ""), dry], interrupt, _QUIET)
        if ended.code is None:
            return {}
        try:
            told = json.loads(ended.output.strip().rpartition("\n")[2])
        except ValueError:
            told = {"kinds": [], "said": ended.errors.strip().rpartition("\n")[2]}
        if "kinds" in told:
            raise self._failed(set(told["kinds"]), one_line(told["said"].strip().partition("\n")[0], 200))
        return dict(told)

    def _failed(self, kinds: set[str], said: str) -> ModelError:
        if "GatedRepoError" in kinds:
            return ModelError(f"{self.repo} wants its terms accepted on huggingface.co, and a token in HF_TOKEN.")
        if "RepositoryNotFoundError" in kinds:
            return ModelError(f"There is no {self.repo} on the Hugging Face Hub (or it is private: set HF_TOKEN).")
        if kinds & {"RemoteEntryNotFoundError", "RevisionNotFoundError"}:
            return ModelError(f"{self.repo} has no file {self.file}. Check its name on the Hugging Face Hub.")
        if "HFValidationError" in kinds:
            return ModelError(f"{self.repo} is no name of a repository on the Hugging Face Hub.")
        if kinds & _UNREACHABLE:
            return ModelUnreachable(
                f"{self.file} is not in the cache, and the Hugging Face Hub was not reached: {said}"
            )
        return ModelError(f"{self.file} of {self.repo} could not be fetched: {said}")
