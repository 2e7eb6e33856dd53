"""What is around the program: the terminal, the folder where sessions are kept, the versions."""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from chatbot import __version__
from chatbot.doctor.finding import Finding, ok, warned

_LIBRARIES = ("openai", "httpx2", "typer", "rich", "prompt_toolkit", "pydantic")
_NARROW = 60


def terminal(env: Mapping[str, str]) -> Finding:
    """Return what kind of terminal there is, if any."""
    encoding = (sys.stdout.encoding or "?").lower()
    utf8 = encoding.replace("-", "") == "utf8"
    charset = "UTF-8" if utf8 else encoding
    fix = "" if utf8 else "Set PYTHONUTF8=1, or LANG to a locale with UTF-8."
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        told = f"none: a chat here takes its lines from a pipe; {charset}"
        return warned("terminal", told, fix) if fix else ok("terminal", told)
    columns = shutil.get_terminal_size().columns
    told = f"{env.get('TERM', 'TERM is not set')}, {columns} columns, {_colours(env)}, {charset}"
    if columns < _NARROW:
        fix = f"{fix} Widen it: tables and code want {_NARROW} columns.".strip()
    return warned("terminal", told, fix) if fix else ok("terminal", told)


def data(folder: Path) -> Finding:
    """Return whether sessions and the prompt's history can be kept."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return warned(
            "data", f"{there} cannot be written to: no session is kept", "XDG_DATA_HOME names another folder."
        )
    kept = len(list((folder / "sessions").glob("*.jsonl")))
    sessions = "1 session" if kept == 1 else f"{kept} sessions"
    history = "a history" if (folder / "history").is_file() else "no history yet"
    return ok("data", f"{folder} can be written to: {sessions}, {history}")


def versions() -> Finding:
    """Return what runs here."""
    python = f"Python {platform.python_version()} on {platform.system()} ({platform.machine()})"
    libraries = ", ".join(f"{name} {found}" for name in _LIBRARIES if (found := _version(name)))
    return ok("versions", f"chatbot {__version__}, {python}, {libraries}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _colours(env: Mapping[str, str]) -> str:
    if env.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if env.get("TERM") == "dumb":
        return "no colours (TERM=dumb)"
    return "true colours" if env.get("COLORTERM") in ("truecolor", "24bit") else "colours"
