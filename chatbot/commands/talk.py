"""Commands about what was said."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatbot.commands import Answer, command
from chatbot.types import SUMMARY, Assistant

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation
    from chatbot.session import Session

NOTHING_SAID = "Nothing was said yet."


@command
def undo(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Take the latest turn back: the assistant forgets it."""
    said = conversation().session.mask.text(_undone(conversation()))
    return Answer(f"Taken back: {said}" if said else NOTHING_SAID)


@command
def retry(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Say the latest turn again, and get another answer."""
    from chatbot.masking import MASK

    said = _undone(conversation())
    if MASK in said:  # the session goes on from a transcript, which has no secrets
        return Answer(f"Put the secret in where {MASK} stands: it was not kept.", draft=said)
    return Answer(say=said) if said else Answer(NOTHING_SAID)


@command
def edit(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Take the latest turn back into the input line, to say it otherwise."""
    said = _undone(conversation())
    return Answer(draft=said) if said else Answer(NOTHING_SAID)


@command
def last(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Show the latest tool result whole; with a number, the one so many before it."""
    results = conversation().tally.results
    back = int(rest) if rest.isdecimal() and len(rest) < 4 else len(results) if rest else 0
    if back >= len(results):
        return Answer("There is no such tool result.")
    result = results[-1 - back]
    failure = f" ({result.failure})" if result.failure else ""
    return Answer(f"{result.name}{failure}:", result.content)


@command
def copy(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Copy the latest answer to the clipboard, where the terminal can (OSC 52)."""
    answer = conversation().tally.answer or _still_known(conversation().session)
    if not answer:
        return Answer("There is no answer yet.")
    octets = base64.b64encode(answer.encode("utf-8", "replace")).decode()
    return Answer(f"Copied {len(answer)} characters.", control=f"\x1b]52;c;{octets}\x07")


@command
def clear(_conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Clear the screen; the conversation goes on."""
    return Answer(control="\x1b[H\x1b[2J")


@command
def new(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Begin a new conversation; nobody is verified in it."""
    talk = conversation()
    talk.start_anew()
    return Answer("A new conversation.", steps=talk.beginning)


@command
def compact(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Let the assistant's own summary stand for all that was said, so that there is room again."""
    session = conversation().session
    if not session.history:
        return Answer(NOTHING_SAID)
    return Answer(steps=lambda interrupt: session.compact(interrupt))


def _still_known(session: Session) -> str:
    """Return the latest answer that the assistant has not forgotten, masked."""
    said = (message.text for message in reversed(session.history) if isinstance(message, Assistant))
    return session.mask.text(next((text for text in said if text and not text.startswith(SUMMARY)), ""))


def _undone(conversation: Conversation) -> str:
    from chatbot.session import drive

    return drive(conversation.session.undo(), conversation)
