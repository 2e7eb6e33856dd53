"""What a prompt can only ask for, a guard enforces: pure functions of the call, its tool and what the session knows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chatbot.arguments import leaves
from chatbot.pack import Tool
from chatbot.rules import Rule
from chatbot.trust.grounding import Ground, ungrounded
from chatbot.trust.standing import Standing

CHANGES = "it changes something"
SPOKEN_FOR = frozenset({"user", "username", "user_id"})
"""Arguments that name the user, whatever a verifying tool calls them, and however they are spelled."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call that wants to run.

    arguments: as the model wrote them. standing: what its pack has achieved. fields: the trusted context. ground: what
    was given in the session.
    """

    tool: Tool
    arguments: Mapping[str, Any]
    standing: Standing = field(default_factory=Standing)
    pack: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    ground: Ground = field(default_factory=Ground)


@dataclass(frozen=True, slots=True)
class Deny:
    """The call does not run; the model reads the reason and can act on it, people read the notice."""

    reason: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """The call runs if the user agrees; the reason says why they are asked."""

    reason: str


class Guard(Protocol):
    """Judges a call before it runs."""

    def before(self, invocation: Invocation) -> Deny | Ask | None:
        """Return why the call may not run, or not without the user's word; None where it may."""


def judge(guards: Iterable[Guard], invocation: Invocation) -> Deny | Ask | None:
    """Return the first refusal; else the first wish to ask; else None."""
    ask = None
    for guard in guards:
        match guard.before(invocation):
            case Deny() as denial:
                return denial
            case Ask() as wish:
                ask = ask or wish
    return ask


def enough(tool: Tool, failed: int, verdict: Deny | Ask | None) -> Deny:
    """Return the refusal of a call that has failed too often in this turn; it keeps what the model was told before."""
    before = verdict.reason if isinstance(verdict, Deny) else f"{tool.name} is refused."
    notice = verdict.notice if isinstance(verdict, Deny) else ""
    return Deny(
        f"{before} This very call has failed {failed} times in this turn: do not repeat it, tell the user what is "
        "missing or went wrong.",
        notice,
    )


class Injected:
    """Refuses a call that carries what only the session gives: the context, or a field of it with another value."""

    def before(self, invocation: Invocation) -> Deny | None:
        """Deny arguments named like injected ones; one that the tool declares may repeat what the context says."""
        tool = invocation.tool
        declared = tool.parameters.get("properties", {})
        given = {_bare(name): name for name in (*tool.injected, *invocation.fields)}
        for name, value in invocation.arguments.items():
            injected = given.get(_bare(name))
            if injected is None:
                continue
            if name in declared and injected in invocation.fields and str(invocation.fields[injected]) == str(value):
                continue
            return Deny(
                f"{tool.name} is refused: {name[:64]} is given by the session, never by you. Call without it.",
                f"{tool.name} was refused: the model wrote {name[:64]}, which only the session gives.",
            )
        return None


class Gate:
    """Refuses a tool until the tools it requires have succeeded in this session."""

    def before(self, invocation: Invocation) -> Deny | None:
        """Deny while a requirement is not met."""
        missing = [name for name in invocation.tool.requires if name not in invocation.standing.succeeded]
        if not missing:
            return None
        return Deny(
            f"{invocation.tool.name} is refused until {' and '.join(missing)} has succeeded in this session. "
            f"Call {missing[0]} first, with what the user tells you; ask the user for what it needs."
        )


class Identity:
    """Refuses a call that names somebody else than whom the pack has verified; verifying anew is not refused."""

    def before(self, invocation: Invocation) -> Deny | None:
        """Deny where an argument that names the user names another one."""
        tool, standing = invocation.tool, invocation.standing
        if standing.user is None or not tool.requires or tool.name == standing.verified_by:
            return None
        for name, value in leaves(invocation.arguments, _Spelled(SPOKEN_FOR | standing.named)):
            if value is not None and str(value).strip() != standing.user:
                return Deny(
                    f"{tool.name} is refused: {name} names somebody else than the verified user. "
                    f"Only what belongs to the verified user may be asked for.",
                    f"{tool.name} was refused: {name} names somebody else than the verified user.",
                )
        return None


class Grounding:
    """Refuses values that nobody gave: a marked argument must occur in the user's words or in a tool's result."""

    def before(self, invocation: Invocation) -> Deny | None:
        """Deny what was made up."""
        invented = list(ungrounded(invocation.arguments, invocation.tool.grounded, invocation.ground))
        if not invented:
            return None
        was, it = ("was", "it") if len(invented) == 1 else ("were", "them")
        names = " and ".join(invented)
        return Deny(f"{invocation.tool.name} is refused: {names} {was} never given: ask the user for {it}.")


class AskFirst:
    """Asks the user before a tool changes something; where a rule fits the tool, the first one decides instead."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules = rules

    def before(self, invocation: Invocation) -> Deny | Ask | None:
        """Ask for the user's word, or deny."""
        tool = invocation.tool
        rule = next((rule for rule in self._rules if rule.fits(invocation.pack, tool.name)), None)
        if rule is None:
            return self._without_rule(tool)
        if rule.decision == "deny":
            return Deny(f"{tool.name} is refused: the rules of this session do not allow it. Do without it.")
        if rule.decision == "ask":
            return Ask(CHANGES if tool.effect == "write" else "the rules say so")
        return None

    def _without_rule(self, tool: Tool) -> Ask | None:
        return Ask(CHANGES) if tool.effect == "write" else None


class AskAlways(AskFirst):
    """Asks the user before every call for which no rule decides otherwise (`--confirm`)."""

    def _without_rule(self, tool: Tool) -> Ask:
        return super()._without_rule(tool) or Ask("every call is to be confirmed")


class _Spelled:
    """Names, however they are spelled: user_id is userId, too."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(map(_bare, names))

    def __contains__(self, name: object) -> bool:
        return _bare(str(name)) in self._names


def _bare(name: str) -> str:
    from chatbot.trust.spoken import normal  # late: it is not needed before a call is

    return re.sub(r"[\W_]", "", normal(name))
