"""Slash commands: what the user tells the program, not the model. A command's help is its docstring."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.session import Session

_COMMAND = re.compile(r"/([A-Za-z][\w-]*)(?:\s+(.*))?", re.DOTALL)


class Answer(NamedTuple):
    """What a command has to say; `leave` ends the chat."""

    text: str = ""
    leave: bool = False


Command: TypeAlias = "Callable[[Callable[[], Session], str], Answer]"
"""Gets the session, when it asks for it (that may wait until it is open), and what stands behind its name."""
COMMANDS: dict[str, Command] = {}


def command(function: Command) -> Command:
    """Register a function as the command of its name; underscores become hyphens."""
    COMMANDS[function.__name__.replace("_", "-")] = function
    return function


def is_command(line: str) -> bool:
    """Return whether a line is for us: a slash and a word. A path such as /usr/bin is not."""
    return _COMMAND.fullmatch(line.strip()) is not None


def run(line: str, session: Callable[[], Session]) -> Answer:
    """Run a command's line; what we do not know is answered with the nearest that we do."""
    match = _COMMAND.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"not a command: {line!r}")
    name, rest = match[1].lower(), match[2] or ""
    if known := COMMANDS.get(name):
        return known(session, rest)
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    hint = f"Did you mean /{near[0]}?" if near else "/help lists the commands."
    return Answer(f"There is no command /{name}. {hint}")


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


@command
def help(_session: Callable[[], Session], _rest: str) -> Answer:
    """List the commands and the keys."""
    width = max(map(len, COMMANDS))
    commands = [f"/{name:<{width}}  {_first_line(function.__doc__)}" for name, function in sorted(COMMANDS.items())]
    return Answer("\n".join([*commands, "", KEYS]))


@command
def tools(session: Callable[[], Session], _rest: str) -> Answer:
    """List the tools that the assistant can call."""
    from chatbot.listing import as_text

    return Answer(as_text(session().packs))


@command
def exit(_session: Callable[[], Session], _rest: str) -> Answer:
    """Leave, as Ctrl-D, exit and quit do."""
    return Answer(leave=True)


KEYS = """Enter sends; Alt-Enter or Ctrl-J begins a new line; Up, Down and Ctrl-R find what was said before.
Ctrl-C clears the line, or stops the assistant; Ctrl-D on an empty line leaves."""
