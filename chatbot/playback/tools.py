"""What a session goes by when it is played: tools that give what is recorded, and a user who answers what they did.

What a call carries masked cannot be judged again: there the recorded verdict stands. All else is enforced anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chatbot.asking import Approval
from chatbot.interrupt import Interrupt
from chatbot.masking import MASK
from chatbot.pack import Context, InvalidArguments, NoOutput, Pack, Tool, ToolFailed, Verified
from chatbot.playback.reel import Reel
from chatbot.playback.tape import Ended
from chatbot.trust.guards import Ask, Deny, Guard, Invocation, judge
from chatbot.types import ToolCall

NOT_RUN = ("unknown", "invalid", "denied")
"""How calls fail that do not run."""


def played(pack: Pack, reel: Reel) -> Pack:
    """Return the pack with tools that run nothing: each call ends as it is recorded."""
    return replace(pack, tools=tuple(_played(tool, reel) for tool in pack.tools))


def _played(tool: Tool, reel: Reel) -> Tool:
    def parse(text: str) -> dict[str, Any]:
        ended = reel.read(tool.name, text, tool.hidden)
        if ended is None or not (ended.is_given or MASK in text):
            return tool.parse(text)
        if ended.result.failure == "invalid":
            raise InvalidArguments(ended.result.content.removeprefix(f"The arguments of {tool.name} are not valid: "))
        return {}

    def run(_arguments: dict[str, Any], context: Context) -> Any:
        ended = reel.run(context.call, tool.name)
        if ended is None or ended.result.failure in NOT_RUN:
            raise ToolFailed(f"{tool.name} did not run when {reel.tape.path} was recorded.")
        if failure := ended.result.failure:
            raise NoOutput(ended.notice, ended.result.content, failure)
        return _value(ended)

    return replace(tool, parse=parse, run=run)


def _value(ended: Ended) -> Any:
    """Return what a tool returned, as the model read it; "null" was None, which is a success."""
    content = ended.result.content
    if ended.user is not None:
        return Verified(content, ended.user)
    return None if content == "null" else content


class RecordedVerdict:
    """Judges every call by these guards, but for one that cannot be judged again: that has its recorded verdict."""

    def __init__(self, guards: Sequence[Guard], reel: Reel) -> None:
        self._guards = guards
        self._reel = reel

    def before(self, invocation: Invocation) -> Deny | Ask | None:
        """Return why the call may not run, or not without the user's word; None where it may."""
        ended = self._reel.judged(invocation.tool.name, invocation.arguments)
        if ended is None or not ended.is_given:
            return judge(self._guards, invocation)
        if ended.asked is not None:
            return Ask(ended.asked)
        if ended.result.failure == "denied" and not ended.secrets:
            return Deny(ended.result.content, ended.notice)
        return None


class PlayedUser:
    """An asker who answers as the user did. What a secret was, no tape tells: its mask will do, since nothing runs."""

    def __init__(self, reel: Reel) -> None:
        self._reel = reel

    def approve(self, call: ToolCall, reason: str, interrupt: Interrupt) -> Approval:  # noqa: ARG002
        """Return the recorded word; a yes is for always where the user was never asked about this tool again."""
        ended = self._reel.asked(call)
        if ended is None or ended.asked is None:
            return Approval(False, f"{self._reel.tape.path} has no answer to this")
        return ended.answer._replace(always=ended.answer.approved and not self._reel.is_asked_again(call.name))

    def secret(self, call: ToolCall, argument: str, interrupt: Interrupt) -> str | None:  # noqa: ARG002
        """Return a mask where the user gave the secret."""
        return MASK if self._reel.gave(call, argument) else None
