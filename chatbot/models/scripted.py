"""A model that answers from a list: for tests, and for pack authors who want to try their tools without a model."""

import re
from collections.abc import Callable, Iterator

from chatbot.errors import ModelError
from chatbot.events import Delta, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.types import Assistant

Reply = str | Assistant | Exception | Callable[[Prompt], str | Assistant]
"""A text, a whole message, an exception to raise, or a function that makes one of the first two of the prompt."""

_WORDS = re.compile(r"\s*\S+|\s+$")


class Scripted:
    """Gives one reply after another; `prompts` holds what it was told, in order. Raises ModelError after the last."""

    def __init__(self, *replies: Reply) -> None:
        self.name = "scripted"
        self.notice = ""
        self.prompts: list[Prompt] = []
        self._replies = iter(replies)
        self._count = len(replies)

    def warm(self) -> None:
        """Do nothing: there is nothing to load."""

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Yield the next reply, word by word, then as a whole; raises it where it is an exception."""
        self.prompts.append(prompt)
        reply = next(self._replies, None)
        if reply is None:
            raise ModelError(f"The scripted model has no reply left after {self._count}. Give it one more.")
        if isinstance(reply, Exception):
            raise reply
        yield StatusChanged("in_progress")
        made = reply(prompt) if callable(reply) else reply
        message = Assistant(made) if isinstance(made, str) else made
        for word in _WORDS.findall(message.text):
            if interrupt.is_set:
                return
            yield TextDelta(word)
        yield message

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
