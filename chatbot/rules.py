"""Who decides whether a tool runs: rules by the tools' names, the first that fits counts."""

from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

Decision = Literal["allow", "ask", "deny"]


class Rule(NamedTuple):
    """What is decided for the tools that the pattern fits: `get_*`, or with the pack's name, `support.*`."""

    pattern: str
    decision: Decision

    def fits(self, pack: str, tool: str) -> bool:
        """Return whether the rule is about that tool."""
        return fnmatchcase(tool, self.pattern) or fnmatchcase(f"{pack}.{tool}", self.pattern)
