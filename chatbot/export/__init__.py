"""A session for others to read, to look at, to work with, or to play again. Nothing is unmasked: nobody knows how."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from chatbot.errors import UsageError
from chatbot.export.markdown import as_markdown
from chatbot.export.script import as_script
from chatbot.transcript.loading import Loaded, closed
from chatbot.transcript.writing import line_of

Form = Literal["markdown", "html", "svg", "json", "script"]


def export(loaded: Loaded, form: Form) -> str:
    """Return the session in that form, with a line feed at its end; it can be shown on a terminal."""
    return FORMS[form](loaded)


def save(path: Path, document: str, *, force: bool = False) -> None:
    """Write a file for the user alone; `force` overwrites one that is there. Raises UsageError."""
    create = os.O_TRUNC if force else os.O_EXCL
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | create, 0o600)
        with open(file, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123 - it is open already
            os.fchmod(file, 0o600)
            stream.write(document)
    except FileExistsError:
        raise UsageError(f"{path} is there already; another name, or --force, will do.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None


def _as_json(loaded: Loaded) -> str:
    """Return one array with the events in their public form, an event a line."""
    lines = (line_of(event).decode("utf-8").rstrip("\n") for event in closed(loaded.events))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _as_html(loaded: Loaded) -> str:
    from chatbot.render.picture import page

    return page(closed(loaded.events), _title(loaded))


def _as_svg(loaded: Loaded) -> str:
    from chatbot.render.picture import svg

    return svg(closed(loaded.events), _title(loaded))


def _title(loaded: Loaded) -> str:
    return f"chatbot · {loaded.session} · {loaded.started}"


FORMS: Mapping[Form, Callable[[Loaded], str]] = {
    "markdown": as_markdown,
    "html": _as_html,
    "svg": _as_svg,
    "json": _as_json,
    "script": as_script,
}
