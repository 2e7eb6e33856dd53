"""Tools and packs as values, and the names a pack author uses. Nothing slow is imported here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, overload

from chatbot.types import Failure

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Effect = Literal["read", "write"]


class SecretMark:
    """Marks an argument whose value is never shown; in its JSON schema that is called `writeOnly`."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(core_schema), "writeOnly": True}


class GroundedMark:
    """Marks an argument that nobody may make up; in its JSON schema that is `x-grounded`."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(core_schema), "x-grounded": True}


if TYPE_CHECKING:
    Secret = Annotated[T, SecretMark]
    Grounded = Annotated[T, GroundedMark]
else:

    class Secret:
        """`Secret[str]`: an argument never shown on screen, in JSON or on disk; the tool gets the plain value."""

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[item, SecretMark]

    class Grounded:
        """`Grounded[str]`: an argument that the user said, or a tool returned; one that a model made up is refused."""

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[item, GroundedMark]


class ToolFailed(Exception):
    """Raise it in a tool to tell the model, in one sentence, what went wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the session, not the model, says about who is there. A tool asks for it by a parameter of this type.

    session: the session's id. call: the id of the call that runs. user: whom this pack's tools have verified, or None.
    fields: the trusted facts the session was started with. state: the pack's own scratch space for this session; it is
    shared by calls that run side by side.
    """

    session: str = ""
    call: str = ""
    user: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    state: MutableMapping[str, Any] = field(default_factory=dict)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        raise TypeError("the Context is given by the session, never by a model; take it by a parameter of its own")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verifying tool returns on success: the model reads `content`, the session learns `user`."""

    content: Any
    user: str


class NoOutput(ToolFailed):
    """A tool that answers over a wire gave no proper output: the model reads `content`, people read the notice."""

    def __init__(self, notice: str, content: str = "", failure: Failure = "failed") -> None:
        super().__init__(content)
        self.notice = notice
        self.failure = failure


class InvalidArguments(ValueError):
    """The arguments do not fit the tool's schema; the text says what to fix, so that the model can."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as a value.

    parameters: JSON schema of an object, as the model gets it. parse: the arguments' JSON text (valid JSON, an
    object) to keyword arguments; raises InvalidArguments. run: the keyword arguments and the context to a value that
    JSON can hold, a Verified, or an exception. requires: names of tools of the same pack that must have succeeded in
    this session. timeout: seconds. secrets, grounded: names of properties, at any depth, whose values are never shown,
    or that nobody may make up. injected: names that the session gives and no model may. hidden: those of them that the
    user is asked for, with their schemas. unanswered: what the model reads when the time is over (None: a sentence that
    says so).
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    parse: Callable[[str], dict[str, Any]]
    run: Callable[[dict[str, Any], Context], Any]
    effect: Effect = "read"
    requires: tuple[str, ...] = ()
    timeout: float = 10.0
    secrets: frozenset[str] = frozenset()
    grounded: frozenset[str] = frozenset()
    injected: frozenset[str] = frozenset()
    hidden: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unanswered: str | None = None


def function_schema(tool: Tool) -> dict[str, Any]:
    """Return the tool in the form that the Chat Completions API takes in its list `tools`."""
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Pack:
    """Tools that belong together, with their system prompt. `greets`: the assistant speaks first."""

    name: str
    tools: tuple[Tool, ...]
    instructions: str = ""
    greets: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """What `@tool` notes on a function; it becomes a Tool when its pack is opened."""

    name: str
    requires: tuple[str, ...]
    effect: Effect
    timeout: float


DECLARED = "__chatbot_tool__"


@overload
def tool(function: F, /) -> F: ...
@overload
def tool(
    *, name: str = "", requires: str | tuple[str, ...] = (), effect: Effect = "read", timeout: float = 10.0
) -> Callable[[F], F]: ...
def tool(
    function: F | None = None,
    /,
    *,
    name: str = "",
    requires: str | tuple[str, ...] = (),
    effect: Effect = "read",
    timeout: float = 10.0,
) -> F | Callable[[F], F]:
    """Offer a function to the model; it stays an ordinary function.

    name: what the model calls it (default: the function's own name). requires: tools of this pack that must have
    succeeded first. effect: "write" where it changes something. timeout: seconds until the call is given up.
    """

    if effect not in get_args(Effect):
        raise ValueError(f"effect should be one of {', '.join(get_args(Effect))}, not {effect!r}")
    if not timeout > 0:
        raise ValueError(f"timeout should be more than 0 seconds, not {timeout!r}")

    def declare(target: F) -> F:
        needs = (requires,) if isinstance(requires, str) else tuple(requires)
        setattr(target, DECLARED, Declared(name or target.__name__, needs, effect, timeout))
        return target

    return declare(function) if function is not None else declare
