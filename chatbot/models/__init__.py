"""What a model is: it takes the conversation and the tools, yields deltas, then exactly one Assistant message."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from chatbot.config import ModelChoice
from chatbot.config.model import LOCAL, OFFLINE
from chatbot.events import Delta
from chatbot.interrupt import Interrupt
from chatbot.pack import Tool
from chatbot.providers import AZURE, is_openai
from chatbot.types import Assistant, Message

SUMMARISE = (
    "Summarise our conversation so far, for yourself: who the user is, what they want, what was found out and done, "
    "and what is open. Keep names, numbers and ids exactly. Write only the summary."
)
"""The last message of a prompt that asks for a summary of all before it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a model is told: the system prompt, the history (every call has its result) and the tools on offer."""

    system: str
    history: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()


class Model(Protocol):
    """Anything that can answer.

    name: as shown to people. notice: what a user must know before the first word, or "".
    """

    name: str
    notice: str

    def warm(self) -> None:
        """Load whatever is slow, beside the user's typing. May be called from any thread; must not raise."""

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Yield deltas, then exactly one Assistant, last. Runs in a thread of its own.

        StatusChanged("in_progress") is yielded when the model has begun. When `interrupt` is set it ends soon, with
        or without an Assistant. Raises ModelError.
        """

    def close(self) -> None:
        """Let go of connections."""


def open_model(choice: ModelChoice, *, timeout: float, temperature: float | None, seed: int | None = None) -> Model:
    """Return the chosen model; nothing is loaded or connected yet. timeout: seconds it may stay silent.

    seed: what chance begins with, where that can be said: of models in this process, and over Chat Completions, whose
    servers do with it what they can.
    """
    if choice.provider == OFFLINE:
        from chatbot.models.offline import OfflineModel

        return OfflineModel()
    if choice.provider == LOCAL:
        from chatbot.models.local import Local

        return Local(choice.name, temperature=temperature, seed=seed, label=f"{LOCAL}:{choice.name}")
    served = _kind(choice)(
        choice.name,
        base_url=choice.base_url,
        api_key=choice.api_key,
        timeout=timeout,
        temperature=temperature,
        seed=seed,
        label=f"{choice.provider}:{choice.name}",
        key_name=choice.key_env or "the API key",
    )
    if is_openai(choice.base_url) or choice.provider == AZURE:
        return served
    from chatbot.models.written import Written

    return Written(served)


def _kind(choice: ModelChoice) -> Callable[..., Model]:
    """Return what a server is asked with."""
    if choice.api == "chat":
        from chatbot.models.chat_completions import ChatCompletions

        return ChatCompletions
    from chatbot.models.responses import BackgroundResponses, Responses

    return partial(BackgroundResponses if choice.background else Responses, store=choice.store)
