"""What can be called now, with which values, and what is missing for the rest: as the guards of the session have it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from chatbot.arguments import leaves
from chatbot.models import Prompt
from chatbot.models.grounded.grammar import Arguments, Path, Schema
from chatbot.models.grounded.past import Past, arguments_of
from chatbot.models.grounded.values import Values
from chatbot.models.offline.words import stems
from chatbot.pack import Pack, Tool
from chatbot.trust.admission import Admission
from chatbot.trust.guards import Deny, Guard, Identity, Invocation, judge
from chatbot.trust.ledger import Ledger

NEVER_GIVEN = "nobody-has-ever-said-7f3a9c"
"""What guards refuse as an argument where not any value will do."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool that can be called. arguments: their GBNF. due: the same, with what the user has just given; or ""."""

    tool: Tool
    arguments: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """A tool that cannot be called yet, and why: other tools come first, or the user has to give something."""

    tool: Tool
    first: tuple[str, ...] = ()
    ask_for: tuple[str, ...] = ()


def asked_for(offers: Iterable[Offer | Lack], prompt: Prompt) -> tuple[str, ...]:
    """Return what is missing for what the user has just said; it names the tool, or one that waits for it."""
    words = set(stems(Past(prompt.history).asked))
    lacks = [offer for offer in offers if isinstance(offer, Lack)]
    wanted = {lack.tool.name for lack in lacks if words & set(stems(lack.tool.name))}
    wanted |= {name for lack in lacks if lack.tool.name in wanted for name in lack.first}
    return tuple(dict.fromkeys(name for lack in lacks if lack.tool.name in wanted for name in lack.ask_for))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the session knows, and its guards go by."""

    packs: Sequence[Pack]
    ledger: Ledger
    admission: Admission

    def offers(self, prompt: Prompt) -> Iterator[Offer | Lack]:
        """Yield the tools as they stand; those are left out that the rules refuse, or for which there is nothing new.

        A gate that is open is closed again by a call that fails: nothing but a new value opens it anew.
        """
        values, past = Values(prompt.tools), Past(prompt.history)
        gates = {name for tool in prompt.tools for name in tool.requires}
        for tool in prompt.tools:
            desk = _Desk(self, tool, values, past)
            missing = tuple(name for name in tool.requires if name not in desk.standing.succeeded)
            if desk.refuses({}):
                yield from [Lack(tool, first=missing)] if missing else []
                continue
            offer = desk.offer()
            is_open = tool.name in gates & desk.standing.succeeded
            if isinstance(offer, Lack) or offer.due or (desk.has_news and not is_open):
                yield offer


class _Desk:
    """Where one tool is prepared to be offered."""

    def __init__(self, known: Knowledge, tool: Tool, values: Values, past: Past) -> None:
        self._known = known
        self._tool = tool
        self._values = values
        self._past = past
        self._pack = next((pack.name for pack in known.packs if tool in pack.tools), "")
        self.standing = known.ledger.standing(self._pack)
        self._closed: dict[str, list[Any] | None] = {}

    @property
    def has_news(self) -> bool:
        """Whether it has not been called in this turn, or there are values that it has not had."""
        had = self._past.had(self._tool.name)
        closed = [values for values in self._closed.values() if values is not None]
        return not had or not closed or any(repr(value) not in had for values in closed for value in values)

    def refuses(self, arguments: dict[str, Any], guards: Sequence[Guard] = ()) -> bool:
        """Return whether a call with these arguments would be denied, by these guards or the session's."""
        admission, ground = self._known.admission, self._known.ledger.ground
        invocation = Invocation(self._tool, arguments, self.standing, self._pack, admission.fields, ground)
        return isinstance(judge(guards or admission.guards, invocation), Deny)

    def offer(self) -> Offer | Lack:
        """Return the tool with its arguments; what changes something is never due."""
        arguments = Arguments(self._tool.parameters, self._given)
        rule = arguments.rule()
        if rule is None:
            return Lack(self._tool, ask_for=tuple(".".join(path) for path in arguments.missing))
        news: set[Path] = set()
        due = Arguments(self._tool.parameters, partial(self._newest, news)).rule() or ""
        return Offer(self._tool, rule, due if news and self._tool.effect == "read" else "")

    def _given(self, path: Path, schema: Schema) -> list[Any] | None:
        """Return what may stand there, as far as it was given; None where any value would be taken."""
        key = repr((path, schema))
        if key not in self._closed:
            is_closed = self.refuses(_nested(path, NEVER_GIVEN))
            self._closed[key] = list(self._candidates(path, schema)) if is_closed else None
        return self._closed[key]

    def _candidates(self, path: Path, schema: Schema) -> Iterator[Any]:
        fields = self._known.admission.fields
        certain = [self.standing.user, *(value for _, value in leaves(fields, fields))]
        texts = [text for text, _ in reversed(self._known.ledger.ground.texts())]
        texts += [f'"{value}"' for value in certain if value is not None]
        for candidate in self._values.of(path, schema, texts, self._past.answers):
            if not self.refuses(_nested(path, candidate.value)) and not self._opened(path, candidate.value):
                yield candidate.value

    def _opened(self, path: Path, value: Any) -> bool:
        """Return whether the value opened the tool's gate, under another name: a key is no ticket."""
        if self.refuses(_nested(path, NEVER_GIVEN), [Identity()]):
            return False  # it names the user, as the gate did
        gates = [call for _, call in self._past.calls if call.name in self._tool.requires]
        return any(given == value and name != path[-1] for call in gates for name, given in arguments_of(call))

    def _newest(self, news: set[Path], path: Path, schema: Schema) -> list[Any] | None:
        """Return what the user has surely said for it and no call has had since, noting the path; else what is given.

        Where the user gives an argument by its name, what stands alone is meant for another one.
        """
        given = self._given(path, schema)
        if given is None:
            return None
        texts, answers = self._past.said, self._past.answers
        said = [(at, each) for at, text in texts for each in self._values.of(path, schema, [text], answers)]
        by_name = any(each.named for _, each in said)
        sure = [(at, each.value) for at, each in said if each.named or (each.alone and not by_name)]
        fresh = [value for at, value in sure if value in given and not self._past.is_spent(value, at)]
        if fresh:
            news.add(path)
        return list(dict.fromkeys(fresh)) or given


def _nested(path: Path, value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return {**value}
