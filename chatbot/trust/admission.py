"""May this call run? What is asked of every call before its tool sees it; nothing happens here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatbot.arguments import parsed
from chatbot.limits import Limits
from chatbot.pack import InvalidArguments, Pack, Tool
from chatbot.trust.guards import Ask, Deny, Guard, Invocation, enough, judge
from chatbot.trust.ledger import Ledger
from chatbot.trust.standing import Standing
from chatbot.types import Failure, ToolCall, ToolResult

NOT_SUPPORTED = "This function is not supported."


@dataclass(frozen=True, slots=True)
class Refused:
    """The call does not run; this is its result. `notice`: what people should know about it."""

    result: ToolResult
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The call may run: at once, or once the user has agreed (`ask`) and has given its hidden secrets.

    arguments: as the tool takes them; None while secrets are missing.
    """

    pack: Pack
    tool: Tool
    call: ToolCall
    standing: Standing
    arguments: dict[str, Any] | None = None
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """What a session's calls are held against. fields: the trusted context."""

    guards: Sequence[Guard]
    limits: Limits = field(default_factory=Limits)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, found: tuple[Pack, Tool] | None, call: ToolCall, standing: Standing, ledger: Ledger) -> "Verdict":
        """Return whether the call may run; `standing` is its pack's when the call's turn has come."""
        if not found:
            return refused(call, "unknown", NOT_SUPPORTED)
        pack, tool = found
        arguments = parsed(call.arguments)
        if excess := self.limits.excess(call.arguments, arguments):
            return refused(call, "invalid", f"The arguments of {tool.name} are too much: {excess}")
        verdict = None
        if isinstance(arguments, dict):  # else the tool's own check says what is wrong
            invocation = Invocation(tool, arguments, standing, pack.name, self.fields, ledger.ground)
            verdict = judge(self.guards, invocation)
        if (failed := ledger.failed(call)) >= self.limits.repeats:
            verdict = enough(tool, failed, verdict)
        if isinstance(verdict, Deny):
            return refused(call, "denied", verdict.reason, verdict.notice)
        try:
            ready = checked(tool, call.arguments)
            if not isinstance(arguments, dict):  # what no guard has seen does not run
                raise InvalidArguments("they are no JSON object that can be read")
        except InvalidArguments as error:
            return invalid(tool, call, error)
        return Admitted(pack, tool, call, standing, ready, None if tool.name in ledger.approved else verdict)


Verdict = Refused | Admitted


def checked(tool: Tool, arguments: str) -> dict[str, Any] | None:
    """Return the arguments as the tool takes them; None where secrets are missing, and the others are right.

    Raises InvalidArguments.
    """
    if not tool.hidden:
        return tool.parse(arguments)
    from chatbot.schema.declared import parser_for  # late: a validator takes its time

    parser_for(dict(tool.parameters), tool.secrets)(arguments)
    return None


def refused(call: ToolCall, failure: Failure, reason: str, notice: str = "") -> Refused:
    """Return the call's refusal."""
    return Refused(ToolResult(call.id, call.name, reason, failure), notice)


def invalid(tool: Tool, call: ToolCall, error: InvalidArguments) -> Refused:
    """Return the refusal of arguments that do not fit."""
    return refused(call, "invalid", f"The arguments of {tool.name} are not valid: {error}")
