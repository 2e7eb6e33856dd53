"""Grounded decoding: a model that can only call what may run, and only write values that were given.

grammar and patterns turn schemas into GBNF; values and past find what was given; offers asks the guards about it;
wording puts all of it into words, and back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from chatbot.events import Delta, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.grounded.offers import Knowledge, Offer, asked_for
from chatbot.models.grounded.past import Past
from chatbot.models.grounded.wording import OPEN, call_in, grammar, messages
from chatbot.pack import Pack, Tool
from chatbot.trust.admission import Admission
from chatbot.trust.ledger import Ledger
from chatbot.types import Assistant

__all__ = ["Generates", "GroundedDecoding"]


class Generates(Protocol):
    """A model on llama.cpp, which can be held to a grammar; see Model for what is not said here."""

    name: str
    notice: str

    def warm(self) -> None:
        """Load whatever is slow."""

    def generate(
        self,
        messages: list[dict[str, Any]],
        interrupt: Interrupt,
        *,
        tools: Sequence[Tool] = (),
        grammar: str = "",
        most: int | None = None,
    ) -> Iterator[Delta | Assistant]:
        """Go on with chat messages, in nothing but what the GBNF describes; yields as Model.stream does."""

    def close(self) -> None:
        """Let go of the weights."""


class GroundedDecoding:
    """Stands between a session and a small model, which does not see the tools but is held to a grammar of them.

    What the user has just given the values for is called; what the user wants and lacks values is asked for; everything
    else is the model's choice. ledger and admission are the session's own, so that what they know is never out of date.
    """

    def __init__(self, model: Generates, packs: Sequence[Pack], ledger: Ledger, admission: Admission) -> None:
        self.name = model.name
        self.notice = model.notice
        self._model = model
        self._knowledge = Knowledge(packs, ledger, admission)

    def warm(self) -> None:
        """Load the model."""
        self._model.warm()

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Answer; see Model. Where the model repeats a call of this turn, it has to say something instead.

        Raises ModelError.
        """
        offers = list(self._knowledge.offers(prompt))
        said = messages(prompt.system, offers, prompt.history)
        rules = grammar([offer for offer in offers if isinstance(offer, Offer)], asked_for(offers, prompt))
        for delta in self._written(said, rules, interrupt):
            if isinstance(delta, Assistant) and any(map(Past(prompt.history).is_again, delta.calls)):
                yield from self._written(said, grammar([]), interrupt)
            else:
                yield delta

    def _written(self, said: list[dict[str, Any]], rules: str, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Yield what the model writes; no call is told as text, and no text begins like a call."""
        is_call = None
        for delta in self._model.generate(said, interrupt, grammar=rules):
            if isinstance(delta, TextDelta):
                is_call = delta.text.startswith(OPEN[0]) if is_call is None else is_call
                if is_call:
                    continue
            if isinstance(delta, Assistant) and delta.text.startswith(OPEN):
                delta = replace(delta, text="", calls=(call_in(delta.text),))
            yield delta

    def close(self) -> None:
        """Let go of the model."""
        self._model.close()
