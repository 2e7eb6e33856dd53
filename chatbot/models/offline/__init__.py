"""The offline model: plays the assistant for any pack by fitting the user's words to the tools' schemas.

english, words -> schemas, moments, values -> named, distinctive, unnamed, replies -> intent, talk -> state, hearing ->
dialogue, which decides and words it by phrases and outcomes.
"""

import re
from collections.abc import Iterator

from chatbot.events import Delta, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.offline.dialogue import decide
from chatbot.models.offline.phrases import NOTICE
from chatbot.types import Assistant

__all__ = ["OfflineModel"]


class OfflineModel:
    """Answers at once, without a key or a network; everything is decided from the prompt alone."""

    name = "offline"
    notice = NOTICE

    def warm(self) -> None:
        """Nothing is slow here."""

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Yield the reply word by word, then whole."""
        yield StatusChanged("in_progress")
        reply = decide(prompt)
        for piece in re.findall(r"\s*\S+\s*?", reply.text):
            if interrupt.is_set:
                return
            yield TextDelta(piece)
        yield reply

    def close(self) -> None:
        """Nothing is held."""
