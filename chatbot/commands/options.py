"""Commands that change what the conversation goes by, while it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chatbot.commands import Answer, command
from chatbot.config.model import PLAYBACK

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.conversation import Conversation


@command
def model(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Tell which model answers, or go on with another one: /model provider:model."""
    if rest:
        _change(conversation(), model=rest)
    talk = conversation()
    chosen = talk.settings.model
    played = f", played from {chosen.name}" if chosen.provider == PLAYBACK else ""
    return Answer(f"The model is {talk.session.model.name}{played}.")


@command
def pack(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Tell which packs are open, or go on with others: /pack support,minecraft (or none)."""
    if rest:
        _change(conversation(), pack=[rest])
    names = ", ".join(pack.name for pack in conversation().session.packs)
    return Answer(f"The packs are {names}." if names else "No packs are open.")


@command
def system(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Show the whole system prompt, or replace the packs' own: /system TEXT, or @FILE."""
    if rest:
        _change(conversation(), system=rest)
    prompt = conversation().session.instructions
    return Answer(document=prompt) if prompt else Answer("There is no system prompt.")


@command
def instructions(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Show what is added to the system prompt, or add: /instructions TEXT, or @FILE."""
    if rest:
        _change(conversation(), instructions=rest)
    added = conversation().settings.instructions
    return Answer(document=added) if added else Answer("Nothing is added to the system prompt.")


@command
def context(conversation: Callable[[], Conversation], rest: str) -> Answer:
    """Show the trusted context, or add to it: /context name=text, or a JSON file."""
    talk = conversation()
    if rest == "-":
        return Answer("Standard input is what you type here: give name=text, or a JSON file.")
    if rest:
        _change(talk, context=[*talk.flags.get("context", ()), rest])
    fields = talk.settings.trusted.context
    shown = talk.session.mask.text(json.dumps(fields, indent=2, ensure_ascii=False))
    return Answer(document=shown) if fields else Answer("There is no context. Give some: /context name=text")


@command
def verbose(conversation: Callable[[], Conversation], _rest: str) -> Answer:
    """Show results whole and reasoning as it comes, or fold them again."""
    talk = conversation()
    talk.verbose = not talk.verbose
    said = "Everything is shown whole." if talk.verbose else "Long results and reasoning are folded."
    return Answer(said, verbose=talk.verbose)


def _change(conversation: Conversation, **flags: Any) -> None:
    conversation(conversation.change(**flags))
