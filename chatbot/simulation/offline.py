"""A user without a model: states the goal, answers what is asked for, and says goodbye. For tests that need no key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from chatbot.interrupt import Interrupt
from chatbot.simulation import wording
from chatbot.simulation.hearing import asked

PATIENCE = 2
"""How often the same is said in a row before the user gives up."""


@dataclass(frozen=True, slots=True)
class Move:
    """What the user answers, whatever the words: facts by their names, a yes to a question, the wish once more.

    Nothing at all stands for not knowing.
    """

    facts: tuple[str, ...] = ()
    agreed: str = ""
    wish: bool = False


class OfflineUser:
    """A user by rules; `seed` picks the words, so that the same conversation goes the same way again.

    They have the goal reached as soon as an answer ends without a question to them, but perhaps whether there is more.
    """

    def __init__(self, goal: str, facts: Mapping[str, str], seed: int = 0) -> None:
        self._goal = goal
        self._facts = dict(facts)
        self._chance = Random(seed)
        self._latest: Move | None = None
        self._times = 0
        self._is_done = False

    def speak(self, heard: Sequence[str], interrupt: Interrupt) -> str | None:  # noqa: ARG002 - answers at once
        """Answer what was heard; see Simulated."""
        if self._is_done:
            return None
        if self._latest is None:
            self._latest, self._times = Move(wish=True), 1
            return wording.hello(self._chance) + wording.wish(self._goal, self._chance)
        move = self._move("\n".join(heard))
        if move is None:
            self._is_done = True
            return wording.thanks(self._chance)
        self._times = self._times + 1 if move == self._latest else 1
        self._latest = move
        if self._times > PATIENCE:
            self._is_done = True
            return wording.giving_up(self._chance)
        return self._worded(move)

    def close(self) -> None:
        """Nothing is held."""

    def _move(self, text: str) -> Move | None:
        """Return what to answer; None where an answer has come."""
        if not text.strip():
            return Move(wish=True)
        question = asked(text, self._facts, self._goal)
        if question.facts:
            return Move(question.facts, question.confirmation)
        if question.wish:
            return Move((), question.confirmation, True)
        if question.confirmation:
            return Move(agreed=question.confirmation)
        return Move() if question.other else None

    def _worded(self, move: Move) -> str:
        if move == Move():
            return wording.unknown(self._chance)
        words = f"{wording.yes(self._chance)} " if move.agreed else wording.lead(self._chance) if move.facts else ""
        if move.facts:
            words += wording.facts((name, self._facts[name]) for name in move.facts)
        if move.wish:
            words += wording.wish(self._goal, self._chance)
        return words.rstrip()
