"""What has happened in a session, as far as its guards need to know it."""

import json
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from chatbot.arguments import parsed
from chatbot.pack import Tool
from chatbot.trust.grounding import Ground
from chatbot.trust.standing import Ran, Standing, after
from chatbot.types import ToolCall, ToolResult


@dataclass(slots=True)
class Ledger:
    """Kept for as long as the session lasts, and no longer.

    standings, states: by pack; a state is the pack's own scratch space. approved: tools that need no more asking.
    failures, refusals: of this turn, by call; a refused call did not run.
    """

    standings: dict[str, Standing] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    ground: Ground = field(default_factory=Ground)
    approved: set[str] = field(default_factory=set)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)

    def adopt(self, other: "Ledger", packs: Set[str]) -> None:
        """Go on with another one: with all that was given, and with what its packs of these names have achieved."""
        self.standings = {name: standing for name, standing in other.standings.items() if name in packs}
        self.states = {name: state for name, state in other.states.items() if name in packs}
        self.ground.adopt(other.ground)

    def standing(self, pack: str) -> Standing:
        """Return what the pack has achieved."""
        return self.standings.get(pack, Standing())

    def state(self, pack: str) -> dict[str, Any]:
        """Return the pack's scratch space."""
        return self.states.setdefault(pack, {})

    def hear(self, text: str) -> None:
        """Note what the user said; a turn begins."""
        self.ground.hear(text)
        self.failures.clear()
        self.refusals.clear()

    def failed(self, call: ToolCall) -> int:
        """Return how often this very call has failed in this turn."""
        return self.failures[_key(call)] + self.refusals[_key(call)]

    def note(self, call: ToolCall, result: ToolResult) -> None:
        """Note how a call ended, whether it ran or not. After a success, what was refused before may be right."""
        if result.failure == "denied":
            self.refusals[_key(call)] += 1
        elif result.failure:
            self.failures[_key(call)] += 1
        else:
            self.failures[_key(call)] = 0
            self.refusals.clear()

    def note_ran(self, pack: str, tool: Tool, call: ToolCall, ran: Ran) -> None:
        """Note what a call that ran has achieved."""
        self.standings[pack] = after(self.standing(pack), tool, ran, call.arguments)


def _key(call: ToolCall) -> tuple[str, str]:
    arguments = parsed(call.arguments)
    try:
        return call.name, call.arguments if arguments is None else json.dumps(arguments, sort_keys=True)
    except RecursionError:  # too deep to be written, though not to be read
        return call.name, call.arguments
