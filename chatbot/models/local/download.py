"""A program that fetches a file of the Hugging Face Hub into its cache: `python -P download.py REPO FILE CACHE`.

The library's own download begins anew where one was broken off, and takes what comes over HTTP without a check of its
hash. This one does both; the library then finds the file among its blobs and gives it its name. Run as a program of its
own it can be ended at any moment, so it imports nothing of ours. Its output is a JSON object a line: {"done", "total"}
in bytes, as often as they change, and last {"path"} or {"kinds", "said"}: the names of the error's classes, its text.
"""

import json
import re
import sys
from contextlib import suppress
from fcntl import LOCK_EX, flock
from hashlib import file_digest, sha1, sha256
from pathlib import Path
from typing import Any, BinaryIO

PIECE = 1 << 18
_HASH = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


class HashMismatch(Exception):
    """What has come is not what the hub told."""


def fetch(repo: str, file: str, cache: str) -> str:
    """Return the path of the file in the cache ("": the user's), once it is there and its hash is right."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.file_download import repo_folder_name

    url = hf_hub_url(repo, file)
    told = get_hf_file_metadata(url)
    wanted, size = told.etag or "", told.size or 0
    if not (size and _HASH.fullmatch(wanted)):
        raise ValueError(f"{constants.ENDPOINT} does not tell its size and hash.")
    blob = Path(cache or constants.HF_HUB_CACHE, repo_folder_name(repo_id=repo, repo_type="model"), "blobs", wanted)
    blob.parent.mkdir(parents=True, exist_ok=True)
    part = blob.with_name(f"{blob.name}.part")
    with part.open("ab", buffering=0) as out:
        flock(out, LOCK_EX)  # another chatbot may be at it
        if not blob.exists():
            _complete(out, url, size)
            if _digest(part, wanted, size) != wanted:
                part.unlink()
                raise HashMismatch(file)
            part.replace(blob)
    part.unlink(missing_ok=True)
    return str(hf_hub_download(repo, file, cache_dir=cache or None))


def _complete(out: BinaryIO, url: str, size: int) -> None:
    """Fetch what is missing; a lost connection is opened anew as long as each brings something."""
    from httpx2 import TransportError

    if out.tell() > size:
        out.truncate(0)
    while (begun := out.tell()) < size:
        try:
            _append(out, url, size)
        except TransportError:
            if out.tell() == begun:
                raise


def _append(out: BinaryIO, url: str, size: int) -> None:
    from huggingface_hub import get_session, hf_raise_for_status
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    headers = {**build_hf_headers(), "Accept-Encoding": "identity", "Range": f"bytes={out.tell()}-"}
    with get_session().stream("GET", url, headers=headers, follow_redirects=True) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:  # Partial Content; else it is the whole
            out.truncate(0)
            out.seek(0)
        for piece in response.iter_bytes(PIECE):
            out.write(piece)
            _tell(done=out.tell(), total=size)
    if out.tell() > size:
        raise HashMismatch(url)


def _digest(path: Path, wanted: str, size: int) -> str:
    """Return the hash of the same kind: SHA-256 of what is in Git LFS, or Git's own of any other file."""
    hashed = sha256() if len(wanted) == sha256().digest_size * 2 else sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        return file_digest(file, lambda: hashed).hexdigest()


def _tell(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        try:
            _tell(path=fetch(*sys.argv[1:]))
        except Exception as error:  # noqa: BLE001 - it is told, and sorted out by who started this
            _tell(kinds=[kind.__name__ for kind in type(error).__mro__], said=str(error))
