"""The offline model: plays the assistant for any pack by fitting the user's words to the tools' schemas.

english, words -> schemas, moments, values -> named, distinctive, unnamed, replies -> intent, talk -> state, hearing ->
dialogue, which decides and words it by phrases and outcomes.
"""

import re
from collections.abc import Iterator, Sequence

from chatbot.events import Delta, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import SUMMARISE, Prompt
from chatbot.models.offline.dialogue import decide
from chatbot.models.offline.phrases import NOTICE
from chatbot.types import SUMMARY, Assistant, Message, ToolResult, User

__all__ = ["OfflineModel"]


MOST = 200
"""Characters of a message that stand in a summary."""


def summary(history: Sequence[Message]) -> str:
    """Return what was said and found out, word for word: to choose what matters takes a language model."""
    lines = []
    for message in history:
        match message:
            case User(text=text):
                lines.append(f"The user said: {text[:MOST]}")
            case ToolResult(name=name, content=content, failure=None):
                lines.append(f"{name} returned: {content[:MOST]}")
            case Assistant(text=text) if text.startswith(SUMMARY):
                lines.append(text.removeprefix(SUMMARY))
    return "\n".join(lines)


class OfflineModel:
    """Answers at once, without a key or a network; everything is decided from the prompt alone."""

    name = "offline"
    notice = NOTICE

    def warm(self) -> None:
        """Nothing is slow here."""

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Yield the reply word by word, then whole."""
        yield StatusChanged("in_progress")
        asked = prompt.history[-1:]
        reply = Assistant(summary(prompt.history[:-1])) if asked == (User(SUMMARISE),) else decide(prompt)
        for piece in re.findall(r"\s*\S+\s*?", reply.text):
            if interrupt.is_set:
                return
            yield TextDelta(piece)
        yield reply

    def close(self) -> None:
        """Nothing is held."""
