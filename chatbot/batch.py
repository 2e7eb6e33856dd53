"""The calls of one reply side by side: admitted in turn, run in threads, told in the order asked."""

import time
from collections.abc import Generator, Iterator, Sequence
from functools import partial

from chatbot.beside import Interrupted, Mailbox, start
from chatbot.events import ApprovalAnswered, ApprovalAsked, Event, Notice, SecretAnswered, SecretAsked, ToolReturned
from chatbot.interrupt import Interrupt
from chatbot.pack import InvalidArguments, Pack, Tool
from chatbot.runtime import Done, Runtime, invoke, late
from chatbot.trust.admission import Admitted, Refused, invalid, refused
from chatbot.trust.hidden import with_secrets
from chatbot.trust.standing import Ran, Standing, after
from chatbot.types import ToolCall, interrupted


def run(runtime: Runtime, calls: Sequence[ToolCall], interrupt: Interrupt) -> Iterator[Event]:
    """Run the calls side by side; yield their results in the order asked. Never raises for what a tool does."""
    batch = _Batch(runtime, calls, interrupt)
    told = 0
    try:
        with interrupt.calling(lambda: batch.mailbox.put(Interrupted())):
            while told < len(calls):
                yield from batch.start_ready()
                if told in batch.done:
                    yield from batch.tell(told)
                    told += 1
                elif interrupt.is_set or not batch.wait():
                    break
    finally:
        batch.interrupt_rest()
        batch.settle()
    for index in range(told, len(calls)):
        yield from batch.tell(index)


class _Batch:
    """The calls of one reply while they run."""

    def __init__(self, runtime: Runtime, calls: Sequence[ToolCall], interrupt: Interrupt) -> None:
        self.runtime = runtime
        self.calls = calls
        self.interrupt = interrupt
        self.found = [runtime.find(call.name) for call in calls]
        self.mailbox: Mailbox[tuple[int, Done] | Interrupted] = Mailbox()
        self.waiting = list(range(len(calls)))
        self.running: dict[int, tuple[float, float]] = {}  # index -> started, deadline (monotonic seconds)
        self.done: dict[int, Done] = {}

    def start_ready(self) -> Iterator[Event]:
        """Start every call that waits for no earlier one: a call waits for those that may meet its requirements.

        Those that the user is asked about come last: the others run meanwhile.
        """
        asking: list[tuple[int, Admitted]] = []
        for index in list(self.waiting):
            if all(earlier in self.done for earlier in self._awaited(index)):
                self.waiting.remove(index)
                match self._admit(index):
                    case Refused() as refusal:
                        self._refuse(index, refusal)
                    case Admitted(ask=None, arguments=dict(arguments)) as admitted:
                        self._start(index, admitted, arguments)
                    case Admitted() as admitted:
                        asking.append((index, admitted))
        for index, admitted in asking:
            if not self.interrupt.is_set:
                yield from self._ask(index, admitted)

    def wait(self) -> bool:
        """Wait for the next call to end or to be late; False when interrupted."""
        deadline = min(deadline for _, deadline in self.running.values())
        match self.mailbox.get(deadline - time.monotonic()):
            case Interrupted():
                return False
            case (index, done):
                self._end(index, done)
            case None:
                self._give_up_late()
        return True

    def interrupt_rest(self) -> None:
        """Give every call that has not ended its result."""
        while mail := self.mailbox.get(0):
            if not isinstance(mail, Interrupted):
                self._end(*mail)
        now = time.monotonic()
        for index in range(len(self.calls)):
            if index not in self.done:
                started, _ = self.running.get(index, (now, now))
                ran = Ran(failure="interrupted") if index in self.running else None
                self.done[index] = Done(interrupted(self.calls[index]), now - started, ran)

    def tell(self, index: int) -> Iterator[Event]:
        """Tell of an ended call."""
        done = self.done[index]
        if done.notice:
            yield Notice("warning", done.notice)
        yield ToolReturned(done.result, done.seconds)

    def settle(self) -> None:
        """Note how the calls have ended and what they have achieved, in the order asked."""
        for index, call in enumerate(self.calls):
            done, found = self.done[index], self.found[index]
            self.runtime.ledger.note(call, done.result)
            if found and done.ran:
                self.runtime.ledger.note_ran(found[0].name, found[1], call, done.ran)
                if done.ran.failure in (None, "failed"):
                    self.runtime.ledger.ground.learn(done.result.content, call.arguments)

    def _admit(self, index: int) -> Admitted | Refused:
        call, found = self.calls[index], self.found[index]
        most = self.runtime.trust.limits.calls
        if index >= most:
            return refused(call, "denied", f"{call.name} is refused: {most} calls in one reply are the most.")
        standing = self._standing(found[0], index) if found else Standing()
        return self.runtime.admission.judge(found, call, standing, self.runtime.ledger)

    def _awaited(self, index: int) -> Iterator[int]:
        if found := self.found[index]:
            pack, tool = found
            needed = _needed(pack, tool)
            for earlier in range(index):
                if (other := self.found[earlier]) and other[0] is pack and other[1].name in needed:
                    yield earlier

    def _standing(self, pack: Pack, before: int) -> Standing:
        """Return the pack's standing after the calls before that index that have ended, in the order asked."""
        standing = self.runtime.ledger.standing(pack.name)
        for index in range(before):
            found, done = self.found[index], self.done.get(index)
            if found and done and done.ran and found[0] is pack:
                standing = after(standing, found[1], done.ran, self.calls[index].arguments)
        return standing

    def _ask(self, index: int, admitted: Admitted) -> Iterator[Event]:
        """Ask the user for their word, then for the secrets; start the call, or refuse it."""
        call, tool = admitted.call, admitted.tool
        if admitted.ask and tool.name not in self.runtime.ledger.approved:
            yield ApprovalAsked(call, admitted.ask.reason)
            shown = self.runtime.mask.call(call)
            approval = self.runtime.trust.asker.approve(shown, admitted.ask.reason, self.interrupt)
            self.runtime.mask.learn_speech(approval.said)
            self.runtime.ledger.ground.hear(approval.said)
            yield ApprovalAnswered(call.id, approval.approved, approval.reason)
            if not approval.approved:
                why = f": {approval.reason}" if approval.reason else ""
                self._refuse(index, refused(call, "denied", f"The user did not allow {tool.name}{why}."))
                return
            if approval.always:
                self.runtime.ledger.approved.add(tool.name)
        arguments = admitted.arguments
        if arguments is None:
            secrets = yield from self._secrets(admitted)
            try:
                arguments = tool.parse(with_secrets(tool, call.arguments, secrets))
            except InvalidArguments as error:
                missing = [name for name in tool.hidden if name not in secrets]
                needs = f"{tool.name} needs {' and '.join(missing)}; the user was asked, and did not give it."
                self._refuse(index, refused(call, "denied", needs) if missing else invalid(tool, call, error))
                return
        if not self.interrupt.is_set:
            self._start(index, admitted, arguments)

    def _secrets(self, admitted: Admitted) -> Generator[Event, None, dict[str, str]]:
        """Ask the user for what the model shall not see; return what they gave."""
        call, secrets = admitted.call, {}
        for name in admitted.tool.hidden:
            if self.interrupt.is_set:
                break
            yield SecretAsked(call.id, call.name, name)
            value = self.runtime.trust.asker.secret(self.runtime.mask.call(call), name, self.interrupt)
            if value:
                self.runtime.mask.learn(value, name)
                secrets[name] = value
            yield SecretAnswered(call.id, name, bool(value))
        return secrets

    def _end(self, index: int, done: Done) -> None:
        if self.running.pop(index, None):  # else: it was late, and has its result
            self.done[index] = done

    def _refuse(self, index: int, refusal: Refused) -> None:
        self.done[index] = Done(refusal.result, notice=refusal.notice)

    def _start(self, index: int, admitted: Admitted, arguments: dict[str, object]) -> None:
        tool, call = admitted.tool, admitted.call
        now = time.monotonic()
        self.running[index] = (now, now + tool.timeout)
        work = partial(invoke, tool, arguments, self.runtime.context(admitted.pack, admitted.standing, call), call)
        start(lambda: self.mailbox.put((index, work())), f"tool {tool.name}")

    def _give_up_late(self) -> None:
        now = time.monotonic()
        for index, (started, deadline) in list(self.running.items()):
            found = self.found[index]
            if found and now >= deadline:
                del self.running[index]
                self.done[index] = late(found[1], self.calls[index], now - started)


def _needed(pack: Pack, tool: Tool) -> set[str]:
    """Return the tools that this one requires, and those that they require."""
    requires = {other.name: other.requires for other in pack.tools}
    needed: set[str] = set()
    waiting = [*tool.requires]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += requires.get(name, ())
    return needed
