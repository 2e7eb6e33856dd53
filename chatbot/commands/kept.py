"""Commands about conversations that are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.commands import Answer, command
from chatbot.errors import UsageError
from chatbot.paths import expanded

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation
    from chatbot.export import Form

FORM_OF: dict[str, Form] = {".md": "markdown", ".html": "html", ".svg": "svg", ".json": "json", ".yaml": "script"}
"""What `/save` makes of a file, by how its name ends."""
MOST = 20


@command
def sessions(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """List the latest conversations, or those in which words occur: /sessions WORDS."""
    from chatbot.transcript.listing import found, rows, summaries, table

    paths = conversation().archive.paths()
    shown = found(paths, rest.split(), MOST) if rest else rows(summaries(paths[:MOST])[0])
    return Answer(table(shown) or "No such conversation was kept.")


@command
def resume(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Go on with a conversation that was kept: /resume ID, or the latest other one."""
    talk = conversation()
    others = [session for session in talk.archive.ids() if session != talk.session.id]
    if not (rest or others):
        return Answer("No other conversation was kept.")
    talk.resume(rest or others[0])
    return Answer(past=talk.past, steps=lambda _interrupt: talk.opening())


@command
def save(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Save the conversation: /save FILE, whose name ends in .md, .html, .svg, .json or .yaml."""
    form = FORM_OF.get(Path(rest).suffix.lower())
    if not form:
        return Answer(f"Give a file whose name ends in {', '.join(FORM_OF)}.")
    return _saved(conversation(), form, Path(rest))


@command
def export(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Show, or save, it as markdown, html, svg, json or script: /export FORM [FILE]."""
    name, _, file = rest.partition(" ")
    form = next((form for form in FORM_OF.values() if form == name.lower()), None)
    if not form:
        return Answer(f"Give one of {', '.join(FORM_OF.values())}, and a file if you like.")
    if file.strip():
        return _saved(conversation(), form, Path(file.strip()))
    return Answer(document=conversation().exported(form))


def _saved(conversation: Conversation, form: Form, path: Path) -> Answer:
    from chatbot.export import save

    try:
        save(expanded(path), conversation.exported(form))
    except UsageError as error:
        return Answer(str(error))
    except ValueError:  # a null character
        return Answer("No file can have that name.")
    return Answer(f"Saved in {path}.")
