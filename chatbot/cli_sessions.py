"""`chatbot sessions`: what was said before, to be found, read, passed on or deleted."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from chatbot.config import data_path
from chatbot.errors import UsageError
from chatbot.paths import expanded
from chatbot.render.clean import clean, one_line

if TYPE_CHECKING:  # it is slow, and a prompt comes first
    from chatbot.export import Form
    from chatbot.transcript import Transcripts
    from chatbot.transcript.summary import Summary

T = TypeVar("T")
MOST = 20  # sessions to choose from

sessions = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="List, show, search, export and delete the sessions that are kept. An ID may be its beginning, or last.",
)
Session = Annotated[str, typer.Argument(metavar="ID", help="A session's id, the beginning of it, or last.")]
Limit = Annotated[int, typer.Option(metavar="N", min=1, help="How many at most, the latest first.")]


@sessions.callback(invoke_without_command=True)
def default(ctx: typer.Context) -> None:
    """List the latest sessions where no command is given."""
    if not ctx.invoked_subcommand:
        list_()


@sessions.command("list")
def list_(
    limit: Limit = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the latest sessions: id, when something was last said, turns, model, packs, and the first words."""
    from chatbot.transcript.listing import rows, summaries, table

    found, problems = summaries(_transcripts().paths()[:limit])
    _write("".join(map(_fields, found)) if as_json else _lines(table(rows(found))))
    _tell(problems)


@sessions.command()
def show(session: Session) -> None:
    """Show a session: as it looked in a terminal, or as plain text in a pipe."""
    from chatbot.events import StatusChanged
    from chatbot.render import pick
    from chatbot.transcript import closed

    loaded = _transcripts().find(session)
    _tell(loaded.problems)
    sink = pick("rich" if sys.stdout.isatty() else "plain", echo_user=True)
    for event in closed(loaded.events):
        if not isinstance(event, StatusChanged):
            sink(event)


@sessions.command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="All must be in one message, anywhere.")],
    limit: Limit = 20,
) -> None:
    """Find the sessions in which something was said, called or returned that holds all the words, in any case."""
    from chatbot.transcript.listing import found, table

    rows = found(_transcripts().paths(), words, limit)
    _write(_lines(table(rows)))
    if not rows:
        _tell(["nothing was found"])


@sessions.command()
def export(
    session: Session = "last",
    to: Annotated[str, typer.Option(metavar="FORM", help="markdown, html, svg, json or script.")] = "markdown",
    script: Annotated[bool, typer.Option("--script", help="As --to script: a test for chatbot replay.")] = False,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to (default: standard output).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a session in another form; what was secret stays masked."""
    from chatbot.export import export, save

    loaded = _transcripts().find(session)
    _tell(loaded.problems)
    document = export(loaded, "script" if script else _form(to))
    if output is None:
        _write(document)
    else:
        save(expanded(output), document, force=force)


@sessions.command()
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Sessions, by their ids or the beginnings.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete sessions for good; asks before it does."""
    from chatbot.transcript.loading import session_id_of

    transcripts = _transcripts()
    paths = list(dict.fromkeys(map(transcripts.locate, ids)))
    named = one_line(", ".join(map(session_id_of, paths)))
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(f"Nobody is there to be asked whether to delete {named}: say --yes.")
        if not typer.confirm(f"Delete {named} for good?", err=True):
            return
    for path in paths:
        transcripts.delete(path)
    _tell([f"deleted {named}"])


def choose() -> str:
    """Let the user choose one of the latest sessions; return its id. Raises UsageError where there is none."""
    from chatbot.transcript.listing import rows, summaries, table

    found, _ = summaries(_transcripts().paths()[:MOST])
    if not found:
        raise UsageError("No session is kept yet.")
    listed = table((str(number), *row) for number, row in enumerate(rows(found), 1))
    _write(_lines(listed))
    answer = str(typer.prompt("Which one (number or id)", default="1"))
    chosen = int(answer) if answer.isdecimal() and len(answer) < 3 else 0
    return found[chosen - 1].session if 0 < chosen <= len(found) else answer


def _transcripts() -> "Transcripts":
    from chatbot.transcript import kept

    return kept(data_path())


def _fields(session: "Summary") -> str:
    fields = {
        "session": session.session,
        "started": session.started,
        "ended": session.ended.astimezone(UTC).isoformat(timespec="seconds"),
        "turns": session.turns,
        "model": session.model,
        "packs": list(session.packs),
        "said": session.said,
    }
    return json.dumps(fields) + "\n"


def _lines(text: str) -> str:
    return f"{text}\n" if text else ""


def _form(given: str) -> "Form":
    from chatbot.export import FORMS

    for form in FORMS:
        if form == given.lower():
            return form
    raise UsageError(f"There is no form {given!r}: {', '.join(FORMS)}.")


def _write(text: str) -> None:
    """Write a document as UTF-8, whatever the locale."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(f"chatbot: {clean(line)}\n")
