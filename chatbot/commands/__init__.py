"""Slash commands: what the user tells the program, not the model. A command's help is its docstring."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from chatbot.errors import UsageError

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation
    from chatbot.events import Event, Steps
    from chatbot.interrupt import Interrupt

_COMMAND = re.compile(r"/([A-Za-z][\w-]*)(?:\s+(.*))?", re.DOTALL)


class Answer(NamedTuple):
    """What a command has to say, and what is to be done.

    text: words for people. document: shown as it is, to be copied. leave: end the chat. say: a turn, as if the user had
    said it. draft: what stands in the input line next. steps: work that yields events. past: events of another time, to
    be shown. verbose: show everything whole, or fold it, from now on. control: what is sent to the terminal as it is.
    """

    text: str = ""
    document: str = ""
    leave: bool = False
    say: str = ""
    draft: str = ""
    steps: Callable[[Interrupt], Steps[object]] | None = None
    past: Sequence[Event] = ()
    verbose: bool | None = None
    control: str = ""


Command: TypeAlias = "Callable[[Callable[[], Conversation], str], Answer]"
"""Gets the conversation, when it asks for it (that may wait until it is open), and what stands behind its name."""
_COMMANDS: dict[str, Command] = {}


def command(function: Command) -> Command:
    """Register a function as the command of its name; underscores become hyphens, the last one goes."""
    _COMMANDS[function.__name__.rstrip("_").replace("_", "-")] = function
    return function


def is_command(line: str) -> bool:
    """Return whether a line is for us: a slash and a word. A path such as /usr/bin is not."""
    return _COMMAND.fullmatch(line.strip()) is not None


def run(line: str, conversation: Callable[[], Conversation]) -> Answer:
    """Run a command's line; raises ChatbotError, for what we do not know with the nearest that we do."""
    match = _COMMAND.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"not a command: {line!r}")
    name, rest = match[1].lower(), match[2] or ""
    if known := registered().get(name):
        return known(conversation, rest.strip())
    from difflib import get_close_matches

    near = get_close_matches(name, registered(), n=1, cutoff=0.5)
    hint = f"Did you mean /{near[0]}?" if near else "/help lists the commands."
    raise UsageError(f"There is no command /{name}. {hint}")


@cache
def registered() -> Mapping[str, Command]:
    """Return the commands by their names; they are loaded when the first is asked for."""
    from chatbot.commands import about, kept, options, talk  # noqa: F401 - each registers its own

    return _COMMANDS


def usage(name: str) -> str:
    """Return what a command does, in a line: the first of its docstring."""
    return (registered()[name].__doc__ or "").strip().partition("\n")[0]
