"""Who answers for the user while a script runs: what it says under `approvals` and `secrets`."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from chatbot.asking import Approval, Unattended
from chatbot.interrupt import Interrupt
from chatbot.types import ToolCall

YES, NO = ("yes", "true"), ("no", "false", "")
UNSAID = "the script says nothing of it under approvals"


class ScriptedUser(Unattended):
    """Answers by the tool's name, the first pattern that fits: yes, no, or a no with its reason."""

    def __init__(self, approvals: Mapping[str, bool | str], secrets: Mapping[str, str]) -> None:
        super().__init__(secrets)
        self._approvals = approvals

    def approve(self, call: ToolCall, reason: str, interrupt: Interrupt) -> Approval:  # noqa: ARG002 - nobody waits
        """Return what the script says."""
        fitting = (answer for pattern, answer in self._approvals.items() if fnmatchcase(call.name, pattern))
        said = str(next(fitting, UNSAID)).strip()
        if said.casefold() in YES:
            return Approval(True)
        return Approval(False, "" if said.casefold() in NO else said)
