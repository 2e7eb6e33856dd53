"""Models that write their calls and their reasoning as plain text, as small and local ones do.

Reasoning between tags at a message's beginning becomes reasoning. Calls become calls, in the forms of forms.py (marks
around them, at the message's end) and of bare.py (no marks: nothing but calls, and of tools on offer). The arguments
are what the model wrote, never repaired: what cannot be read for certain goes on as it is, and is refused as invalid.

A message either makes calls or quotes them. It quotes them where one stands in code, in the middle of a line (a
sentence may end directly before it) or has anything but calls behind it, and where a user or a tool has said the very
same before: a page that holds a call must not make it by being read aloud. Then all of the message is text.
"""

from collections.abc import Iterator

from chatbot.events import Delta
from chatbot.interrupt import Interrupt
from chatbot.models import Model, Prompt
from chatbot.models.written.reading import read
from chatbot.types import Assistant

__all__ = ["Written", "read"]


class Written:
    """A model whose calls and reasoning may come as text."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.notice = model.notice

    def warm(self) -> None:
        """Load what the model loads."""
        self._model.warm()

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Yield the model's stream with its writing read; see Model. Raises ModelError."""
        return read(self._model.stream(prompt, interrupt), prompt.tools, self._model.name, prompt.history)

    def close(self) -> None:
        """Let go of what the model holds."""
        self._model.close()
