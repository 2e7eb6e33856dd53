"""A function call becomes an output: through the same guards and the same runtime as a call in the chat."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatbot.batch import run
from chatbot.events import ToolReturned
from chatbot.interrupt import Interrupt
from chatbot.pack import Pack, Tool
from chatbot.runtime import Runtime, Trust
from chatbot.serve.calls import FunctionCall, said_in, values_in
from chatbot.serve.contacts import ContactLedger, Contacts
from chatbot.serve.store import StoreUnreachable
from chatbot.trust.admission import NOT_SUPPORTED
from chatbot.trust.guards import Grounding
from chatbot.types import ToolCall, ToolResult

SESSION = 12  # characters of a contact's key, which is what a tool learns as its session


@dataclass(frozen=True, slots=True)
class Answer:
    """The output that a model reads, and for the log: "ok" or why it is none, and whose call it was."""

    output: str
    outcome: str = "ok"
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that answering takes. said: paths into a context. always: what cannot be heard is made up."""

    packs: Sequence[Pack]
    trust: Trust
    contacts: Contacts
    said: Sequence[str] = ()
    always: bool = False

    @property
    def grounded(self) -> tuple[Tool, ...]:
        """The tools with arguments that nobody may make up."""
        tools = (tool for pack in self.packs for tool in pack.tools)
        return tuple(tool for tool in tools if tool.grounded)

    def answer(self, call: FunctionCall, deadline: float) -> Answer:
        """Return the output of a call. deadline: when the tool must have answered (monotonic seconds)."""
        found = Runtime(self.packs).find(call.name)
        if found is None:
            return Answer(NOT_SUPPORTED, "unknown")
        pack, tool = found
        try:
            key = self.contacts.key(call.contact)
            ledger = self.contacts.ledger(key)
        except StoreUnreachable:
            return Answer(_unknown_contact(tool), "store")
        seconds = math.floor((deadline - time.monotonic()) * 10) / 10
        if seconds <= 0:
            return Answer(f"{tool.name} was not run: the server is too busy. Try again in a moment.", "busy", key)
        capped = replace(tool, timeout=min(tool.timeout, seconds))
        runtime = Runtime((replace(pack, tools=(capped,)),), key[:SESSION], self._trust(tool, call, ledger), ledger)
        result = _run(runtime, ToolCall(call.id, call.name, call.arguments))
        if self.grounded and result.failure in (None, "failed"):
            ledger.keep_result(tool, ToolCall(call.id, call.name, call.arguments), result)
        outcome = result.failure or "ok"
        try:
            self.contacts.keep(key, ledger)
        except StoreUnreachable:
            return Answer(f"{result.content}\n{_not_kept(tool)}", "store", key)
        return Answer(result.content, outcome, key)

    def _trust(self, tool: Tool, call: FunctionCall, ledger: ContactLedger) -> Trust:
        """Return what this call goes by; what the contact said counts where the context tells it."""
        guards = self.trust.guards
        said = said_in(call.fields, self.said) if self.grounded else None
        ledger.keep_said(said or ())
        if tool.grounded:
            ledger.recall("\n".join(values_in(call.fields, self.said)))
            if said is None and not self.always:
                guards = [guard for guard in guards if not isinstance(guard, Grounding)]
        return replace(self.trust, fields=call.fields, guards=guards)


def _run(runtime: Runtime, call: ToolCall) -> ToolResult:
    told = [event.result for event in run(runtime, [call], Interrupt()) if isinstance(event, ToolReturned)]
    return told[0]


def _unknown_contact(tool: Tool) -> str:
    return f"{tool.name} was not run: what this user has verified cannot be looked up now. Try again in a minute."


def _not_kept(tool: Tool) -> str:
    return f"(The server could not note this: what requires {tool.name} stays refused for now.)"
