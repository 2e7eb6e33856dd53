"""A model that plays the user: it is told the conversation from the other side."""

from collections.abc import Mapping, Sequence

from chatbot.beside import streamed
from chatbot.errors import ModelError
from chatbot.interrupt import Interrupt
from chatbot.masking import Mask
from chatbot.models import Model, Prompt
from chatbot.simulation.tidying import END, said
from chatbot.types import Assistant, Message, User

INSTRUCTIONS = """\
You play a person who talks to an assistant. You are the user, not the assistant: you want its help, and give none.

What you want: {goal}

{facts}

- Write only what the user says next: one message, short and plain, as a person types it.
- Say what you want first. Tell what you know when you are asked for it.
- What stands above is all you know. Never invent ids, keys, names or numbers: say that you do not know.
- Never write what the assistant says, and nothing about this role.
- When you have got what you want, or see that you cannot get it, say a short goodbye, and then write this line:
{end}"""
OPENING = "[The conversation begins: you speak first.]"
SILENCE = "[The assistant said nothing.]"
ONCE_MORE = "[Write only what the user says next.]"
"""Stage directions, where there are no words of the assistant's, or where the model wrote none of the user's."""


class ModelUser:
    """Any model as a user with a goal and facts. What it tells beside its answer, such as notices, is dropped.

    The facts' values go to the model and nowhere else: an error of its server that repeats one is masked.
    """

    def __init__(self, model: Model, goal: str, facts: Mapping[str, str]) -> None:
        self._model = model
        self._instructions = instructions(goal, facts)
        self._mask = Mask()
        for name, value in facts.items():
            self._mask.learn(value, name)
        self._history: tuple[Message, ...] = ()
        self._is_done = False

    def speak(self, heard: Sequence[str], interrupt: Interrupt) -> str | None:
        """Ask the model what the user says; see Simulated. Raises ModelError."""
        if self._is_done:
            return None
        told = "\n\n".join(text for text in heard if text.strip()) or (SILENCE if self._history else OPENING)
        for asked in (told, f"{told}\n\n{ONCE_MORE}"):
            written = self._written(asked, interrupt)
            if interrupt.is_set:
                return None
            words, self._is_done = said(written)
            if words or self._is_done:
                break
        self._is_done = self._is_done or not words
        self._history += (User(told), Assistant(words))
        return words or None

    def close(self) -> None:
        """Let go of the model."""
        self._model.close()

    def _written(self, asked: str, interrupt: Interrupt) -> str:
        """Return what the model writes. Raises ModelError."""
        stream = self._model.stream(Prompt(self._instructions, (*self._history, User(asked))), interrupt)
        try:
            replies = [item for item in streamed(stream, interrupt) if isinstance(item, Assistant)]
        except ModelError as error:
            raise type(error)(self._mask.text(str(error))) from None
        return "".join(reply.text for reply in replies)


def instructions(goal: str, facts: Mapping[str, str]) -> str:
    """Return the system prompt."""
    known = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    told = f"What you know:\n{known}" if known else "You know nothing else."
    return INSTRUCTIONS.format(goal=goal, facts=told, end=END)
