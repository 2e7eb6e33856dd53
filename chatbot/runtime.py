"""The calls of one reply: each becomes events and exactly one result, whatever happens to it."""

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from chatbot.beside import Interrupted, Mailbox, start
from chatbot.events import ToolReturned
from chatbot.guards import Gate, Guard, Invocation, Ran, Standing, after, judge
from chatbot.interrupt import Interrupt
from chatbot.pack import Context, InvalidArguments, Pack, Tool, ToolFailed, Verified
from chatbot.types import Failure, ToolCall, ToolResult, interrupted

log = logging.getLogger(__name__)

NOT_SUPPORTED = "This function is not supported."


@dataclass(frozen=True, slots=True)
class Done:
    """A call that has ended: its result, how long it ran, and what it means for its pack's standing (None: nothing)."""

    result: ToolResult
    seconds: float = 0.0
    ran: Ran | None = None


@dataclass(slots=True)
class Runtime:
    """Runs tool calls for one session; keeps what each pack has achieved in it.

    fields: the trusted facts about the session, handed to tools as `Context.fields`.
    """

    packs: Sequence[Pack]
    session: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    guards: Sequence[Guard] = (Gate(),)
    standings: dict[str, Standing] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Every tool on offer."""
        return tuple(tool for pack in self.packs for tool in pack.tools)

    def run(self, calls: Sequence[ToolCall], interrupt: Interrupt) -> Iterator[ToolReturned]:
        """Run the calls side by side; yield their results in the order asked. Never raises for what a tool does."""
        batch = _Batch(self, calls)
        told = 0
        try:
            with interrupt.calling(lambda: batch.mailbox.put(Interrupted())):
                while told < len(calls):
                    batch.start_ready()
                    if told in batch.done:
                        yield batch.returned(told)
                        told += 1
                    elif interrupt.is_set or not batch.wait():
                        break
        finally:
            batch.interrupt()
            batch.settle()
        for index in range(told, len(calls)):
            yield batch.returned(index)

    def find(self, name: str) -> tuple[Pack, Tool] | None:
        """Return the tool of that name and the pack it belongs to."""
        return next(((pack, tool) for pack in self.packs for tool in pack.tools if tool.name == name), None)

    def context(self, pack: Pack, standing: Standing) -> Context:
        """Return what a tool of the pack may know; nothing it does to it reaches the session, but for `state`."""
        facts = MappingProxyType(deepcopy(dict(self.fields)))
        return Context(self.session, standing.user, facts, self.states.setdefault(pack.name, {}))


class _Batch:
    """The calls of one reply while they run."""

    def __init__(self, runtime: Runtime, calls: Sequence[ToolCall]) -> None:
        self.runtime = runtime
        self.calls = calls
        self.found = [runtime.find(call.name) for call in calls]
        self.mailbox: Mailbox[tuple[int, Done] | Interrupted] = Mailbox()
        self.waiting = list(range(len(calls)))
        self.running: dict[int, tuple[float, float]] = {}  # index -> started, deadline (monotonic seconds)
        self.done: dict[int, Done] = {}

    def start_ready(self) -> None:
        """Start every call that waits for no earlier one: a call waits for those that may meet its requirements."""
        for index in list(self.waiting):
            if all(earlier in self.done for earlier in self._awaited(index)):
                self.waiting.remove(index)
                self._start(index)

    def wait(self) -> bool:
        """Wait for the next call to end or to be late; False when interrupted."""
        deadline = min(deadline for _, deadline in self.running.values())
        match self.mailbox.get(deadline - time.monotonic()):
            case Interrupted():
                return False
            case (index, done):
                if self.running.pop(index, None):  # else: it was late, and has its result
                    self.done[index] = done
            case None:
                self._give_up_late()
        return True

    def interrupt(self) -> None:
        """Give every call that has not ended its result."""
        now = time.monotonic()
        for index in range(len(self.calls)):
            if index not in self.done:
                started, _ = self.running.get(index, (now, now))
                ran = Ran(failure="interrupted") if index in self.running else None
                self.done[index] = Done(interrupted(self.calls[index]), now - started, ran)

    def returned(self, index: int) -> ToolReturned:
        """Return the event that tells of an ended call."""
        done = self.done[index]
        return ToolReturned(done.result, done.seconds)

    def settle(self) -> None:
        """Note what the calls have achieved, in the order asked."""
        for pack in self.runtime.packs:
            self.runtime.standings[pack.name] = self._standing(pack, len(self.calls))

    def _awaited(self, index: int) -> Iterator[int]:
        if found := self.found[index]:
            pack, tool = found
            for earlier in range(index):
                if (other := self.found[earlier]) and other[0] is pack and other[1].name in tool.requires:
                    yield earlier

    def _standing(self, pack: Pack, before: int) -> Standing:
        """Return the pack's standing after the calls before that index that have ended, in the order asked."""
        standing = self.runtime.standings.get(pack.name, Standing())
        for index in range(before):
            found, done = self.found[index], self.done.get(index)
            if found and done and done.ran and found[0] is pack:
                standing = after(standing, found[1], done.ran)
        return standing

    def _start(self, index: int) -> None:
        call, found = self.calls[index], self.found[index]
        if not found:
            self.done[index] = Done(ToolResult(call.id, call.name, NOT_SUPPORTED, "unknown"))
            return
        pack, tool = found
        try:
            arguments = tool.parse(call.arguments)
        except InvalidArguments as error:
            reason = f"The arguments of {tool.name} are not valid: {error}"
            self.done[index] = Done(ToolResult(call.id, call.name, reason, "invalid"))
            return
        standing = self._standing(pack, index)
        if denial := judge(self.runtime.guards, Invocation(tool, arguments, standing)):
            self.done[index] = Done(ToolResult(call.id, call.name, denial.reason, "denied"))
            return
        now = time.monotonic()
        self.running[index] = (now, now + tool.timeout)
        work = partial(_invoke, tool, arguments, self.runtime.context(pack, standing), call)
        start(lambda: self.mailbox.put((index, work())), f"tool {tool.name}")

    def _give_up_late(self) -> None:
        now = time.monotonic()
        for index, (started, deadline) in list(self.running.items()):
            if now >= deadline:
                del self.running[index]
                call = self.calls[index]
                text = f"{call.name} did not answer within {deadline - started:g} seconds."
                self.done[index] = Done(
                    ToolResult(call.id, call.name, text, "timeout"), now - started, Ran(failure="timeout")
                )


def _invoke(tool: Tool, arguments: dict[str, Any], context: Context, call: ToolCall) -> Done:
    """Run the tool, in its own thread; whatever it raises becomes a failed result."""
    started = time.monotonic()
    failure: Failure | None = None
    value: Any = None
    user = None
    try:
        value = tool.run(arguments, context)
        if isinstance(value, Verified):
            value, user = value.content, value.user
        content = as_text(value)
    except ToolFailed as error:
        content, failure = str(error) or f"{tool.name} failed.", "failed"
    except BaseException as error:  # a tool may even call sys.exit; the chat goes on
        log.debug("%s raised", tool.name, exc_info=True)
        content, failure = f"{tool.name} failed: {type(error).__name__}: {error}", "failed"
    ran = Ran(failure=failure) if failure else Ran(value, user)
    return Done(ToolResult(call.id, call.name, _encodable(content), failure), time.monotonic() - started, ran)


def as_text(value: Any) -> str:
    """Return what the model reads: a string as it is, anything else as JSON. Raises TypeError or ValueError."""
    if isinstance(value, str):
        return value
    from pydantic_core import to_jsonable_python  # dates, models, dataclasses, enums ...; late, for the start's sake

    return json.dumps(to_jsonable_python(value, inf_nan_mode="strings"), ensure_ascii=False)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
