"""The calls of one reply: each becomes events and exactly one result, whatever happens to it."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from chatbot.asking import Asker, Unattended
from chatbot.limits import Limits
from chatbot.masking import Mask
from chatbot.pack import Context, NoOutput, Pack, Tool, ToolFailed, Verified
from chatbot.trust.admission import Admission
from chatbot.trust.guards import AskFirst, Gate, Grounding, Guard, Identity, Injected
from chatbot.trust.ledger import Ledger
from chatbot.trust.standing import Ran, Standing
from chatbot.types import Failure, ToolCall, ToolResult

log = logging.getLogger(__name__)

LIMITS = Limits()
GUARDS: tuple[Guard, ...] = (Injected(), Gate(), Identity(), Grounding(), AskFirst())
"""What every session enforces."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a session goes by, whatever its model says. fields: the trusted context. asker: who can be asked."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    guards: Sequence[Guard] = GUARDS
    asker: Asker = field(default_factory=Unattended)
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True)
class Done:
    """A call that has ended: its result, how long it ran (seconds), what it means (None: it did not run), a notice."""

    result: ToolResult
    seconds: float = 0.0
    ran: Ran | None = None
    notice: str = ""


@dataclass(slots=True)
class Runtime:
    """What the tool calls of one session need to run."""

    packs: Sequence[Pack]
    session: str = ""
    trust: Trust = field(default_factory=Trust)
    ledger: Ledger = field(default_factory=Ledger)
    mask: Mask = field(default_factory=Mask)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Every tool on offer."""
        return tuple(tool for pack in self.packs for tool in pack.tools)

    @property
    def admission(self) -> Admission:
        """What calls are held against."""
        return Admission(self.trust.guards, self.trust.limits, self.trust.fields)

    def find(self, name: str) -> tuple[Pack, Tool] | None:
        """Return the tool of that name and the pack it belongs to."""
        return next(((pack, tool) for pack in self.packs for tool in pack.tools if tool.name == name), None)

    def context(self, pack: Pack, standing: Standing, call: ToolCall) -> Context:
        """Return what a tool of the pack may know; nothing it does to it reaches the session, but for `state`."""
        facts = MappingProxyType(deepcopy(dict(self.trust.fields)))
        return Context(self.session, call.id, standing.user, facts, self.ledger.state(pack.name))


def invoke(tool: Tool, arguments: dict[str, Any], context: Context, call: ToolCall) -> Done:
    """Run the tool; whatever it raises becomes a failed result."""
    started = time.monotonic()
    failure: Failure | None = None
    value: Any = None
    user = None
    notice = ""
    try:
        value = tool.run(arguments, context)
        if isinstance(value, Verified):
            value, user = value.content, value.user
        content = as_text(value)
    except NoOutput as error:
        content, failure, notice = str(error), error.failure, error.notice
    except ToolFailed as error:
        content, failure = str(error) or f"{tool.name} failed.", "failed"
    except BaseException as error:  # a tool may even call sys.exit; the chat goes on
        log.debug("%s raised", tool.name, exc_info=True)
        content, failure = f"{tool.name} failed: {type(error).__name__}: {error}", "failed"
    ran = Ran(failure=failure) if failure else Ran(value, user)
    return Done(ToolResult(call.id, call.name, _encodable(content), failure), time.monotonic() - started, ran, notice)


def late(tool: Tool, call: ToolCall, seconds: float) -> Done:
    """Return how a call ends that is not answered in time."""
    text = f"{tool.name} did not answer within {tool.timeout:g} seconds."
    if tool.unanswered is None:
        return Done(ToolResult(call.id, call.name, text, "timeout"), seconds, Ran(failure="timeout"))
    return Done(ToolResult(call.id, call.name, tool.unanswered, "timeout"), seconds, Ran(failure="timeout"), text)


def as_text(value: Any) -> str:
    """Return what the model reads: a string as it is, anything else as JSON. Raises TypeError or ValueError."""
    if isinstance(value, str):
        return value
    from pydantic_core import to_jsonable_python  # dates, models, dataclasses, enums ...; late, for the start's sake

    return json.dumps(to_jsonable_python(value, inf_nan_mode="strings"), ensure_ascii=False)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
