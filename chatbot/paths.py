"""Paths as people write them."""

from pathlib import Path


def expanded(path: str | Path) -> Path:
    """Return the path, with ~ as the home folder; that of a user whom nobody knows stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
