"""What came of replayed scripts, as files for CI, for other programs and for people."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from chatbot.errors import UsageError
from chatbot.replay.runs import Run

Form = Callable[[Sequence[Run]], str]


def check(path: Path) -> None:
    """Make sure that a report can be written there, before anything runs. Raises UsageError."""
    _form(path)
    folder = path.parent
    try:
        if not folder.is_dir():
            raise _unwritable(path, f"there is no folder {folder}: make it first")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _unwritable(path, f"nothing may be written to {folder}")
        if path.is_dir():
            raise _unwritable(path, "a folder has that name")
    except OSError as error:  # not even the way there may be looked at
        raise _unwritable(path, error.strerror) from None


def write(path: Path, runs: Sequence[Run]) -> None:
    """Write the report whose form the suffix names, whole or not at all; it replaces one that is there.

    Raises UsageError.
    """
    document = _form(path)(runs)
    fresh = path.with_name(f".{uuid4().hex}.tmp")  # beside it, since only there is a rename one step
    try:
        try:
            with fresh.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(document)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def _unwritable(path: Path, why: str | None) -> UsageError:
    return UsageError(f"The report {path} cannot be written: {why}.")


def _form(path: Path) -> Form:
    form = FORMS.get(path.suffix.lower())
    if not form:
        raise UsageError(f"The report {path} has no form: let its name end in {WANTED}.")
    return form


def _as_junit(runs: Sequence[Run]) -> str:
    from chatbot.report.junit import as_junit

    return as_junit(runs)


def _as_jsonl(runs: Sequence[Run]) -> str:
    from chatbot.report.jsonl import as_jsonl

    return as_jsonl(runs)


def _as_markdown(runs: Sequence[Run]) -> str:
    from chatbot.report.markdown import as_markdown

    return as_markdown(runs)


def _as_html(runs: Sequence[Run]) -> str:
    from chatbot.report.page import as_html

    return as_html(runs)


FORMS: Mapping[str, Form] = {".xml": _as_junit, ".jsonl": _as_jsonl, ".md": _as_markdown, ".html": _as_html}
"""A form for each suffix."""
WANTED = ".xml (JUnit), .jsonl (results), .md (Markdown) or .html (a page)"
"""The same for people."""
