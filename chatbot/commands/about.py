"""Commands that tell what there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chatbot.commands import Answer, command, registered, usage

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation

KEYS = """Enter sends; Alt-Enter or Ctrl-J begins a new line; Up, Down and Ctrl-R find what was said before.
Tab completes; Ctrl-X Ctrl-E opens the line in $EDITOR.
Ctrl-C clears the line, or stops the assistant; Ctrl-D on an empty line leaves."""


@command
def help(_conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """List the commands and the keys."""
    width = max(map(len, registered()))
    commands = [f"/{name:<{width}}  {usage(name)}" for name in sorted(registered())]
    return Answer("\n".join([*commands, "", KEYS]))


@command
def tools(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """List the tools that the assistant can call."""
    from chatbot.listing import as_text

    return Answer(as_text(conversation().session.packs))


@command
def usage_(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Tell what the conversation has come to: turns, tokens, tool calls."""
    tally = conversation().tally
    return Answer(
        f"{tally.turns} turns, {tally.replies} replies\n"
        f"{tally.input_tokens} tokens read, {tally.output_tokens} written (as far as the server counts them)\n"
        f"{tally.calls} tool calls, {tally.failures} of them failed or refused, {tally.seconds:.1f} s"
    )


@command
def exit(_conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Leave, as Ctrl-D, exit and quit do."""
    return Answer(leave=True)
