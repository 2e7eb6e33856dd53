"""Chats for tests in Python: packs, a model that says what the test wants, and all that happens.

pytest gives them by the fixture `chatbot_session`, and closes them at the end of the test. How a pack is tested:

    from chatbot.testing import Chats, call

    def test_a_ticket_is_for_its_owner_alone(chatbot_session: Chats) -> None:
        chat = chatbot_session(
            pack="tickets.py",
            replies=[call("status", ticket="7"), "Who are you?", call("verify", name="ann"), "Welcome, Ann!"],
        )
        assert chat.say("What about ticket 7?").results[0].failure == "denied"
        turn = chat.say("I am ann.")
        assert turn.calls == [call("verify", name="ann")]
        assert turn.answer == "Welcome, Ann!"
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from types import ModuleType
from typing import Any, Generic, TypedDict, TypeVar, Unpack, overload

from chatbot.arguments import parsed
from chatbot.chat import compose
from chatbot.config import Settings, load_settings
from chatbot.config.model import OFFLINE
from chatbot.errors import UsageError
from chatbot.events import Event, Steps, Stop
from chatbot.interrupt import Interrupt
from chatbot.models import Model, Prompt
from chatbot.models.scripted import Reply as Scriptable
from chatbot.models.scripted import Scripted
from chatbot.pack import DECLARED, Pack
from chatbot.packs import open_packs
from chatbot.packs.python import pack_of
from chatbot.replay.answers import ScriptedUser
from chatbot.replay.happened import Happened, Watch
from chatbot.session import Outcome, Session, drive
from chatbot.types import Assistant, ToolCall, ToolResult

M = TypeVar("M", bound=Model)
NO_PACK = "none"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. arguments: by name; what is no JSON object stays the text that the model wrote."""

    tool: str
    arguments: Mapping[str, Any] | str


def call(tool: str, /, **arguments: Any) -> Call:
    """Return a call, for a model to make, or to hold against one that was made."""
    return Call(tool, arguments)


Part = str | Call
Made = Part | Sequence[Part] | Assistant
Reply = Made | Exception | Callable[[Prompt], Made]
"""A text, a call, a list of both, a whole message, an exception to raise, or a function that makes one of a prompt."""
PackSource = str | Pack | ModuleType | Callable[..., Any]
"""A pack by its name or path, opened already or as a module; or one of its functions, with `@tool` above it."""


class Terms(TypedDict, total=False):
    """What a chat goes by, as in a script; only secrets are given as they are, by name.

    Nothing is taken from the user's configuration, and of the environment only what names a model, and its key.
    """

    pack: PackSource | Sequence[PackSource]
    context: Mapping[str, Any]
    show_context: Sequence[str]
    secrets: Mapping[str, str]
    approvals: Mapping[str, bool | str]
    system: str
    instructions: str
    grounded: bool
    confirm: bool
    ask_secrets: bool
    max_steps: int
    webhook_url: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn.

    answer: all that the assistant said, a line for each reply. calls: as the model wrote them. results: in their order,
    as the user saw them. stop: how it ended, and detail: why, in one line. events: the durable ones, secrets masked.
    """

    answer: str
    calls: list[Call]
    results: list[ToolResult]
    stop: Stop
    detail: str = ""
    events: tuple[Event, ...] = field(default=(), repr=False)


class Chat(Generic[M]):
    """One conversation. Whoever is asked for approvals and secrets answers what the test has given."""

    def __init__(self, session: Session, model: M) -> None:
        self.session = session
        self.model = model
        self._watch = Watch(session)
        drive(session.opening(), self._watch)

    @property
    def events(self) -> tuple[Event, ...]:
        """All durable events from the beginning, secrets masked."""
        return tuple(step.event for step in self._watch.steps)

    def say(self, text: str) -> Turn:
        """Say something to the assistant; return what came of it."""
        return self._held(self.session.turn(text, Interrupt()))

    def greet(self) -> Turn:
        """Let the assistant speak first."""
        return self._held(self.session.greet(Interrupt()))

    def _held(self, steps: Steps[Outcome]) -> Turn:
        drive(steps, self._watch)
        return _turn(self._watch.turns[-1])


class Chats:
    """Opens chats; `close` lets go of their models, but for those that were open already."""

    def __init__(self) -> None:
        self._opened = ExitStack()

    @overload
    def __call__(self, *, replies: Sequence[Reply], **terms: Unpack[Terms]) -> Chat[Scripted]: ...
    @overload
    def __call__(self, *, model: M, **terms: Unpack[Terms]) -> Chat[M]: ...
    @overload
    def __call__(self, *, model: str = OFFLINE, **terms: Unpack[Terms]) -> Chat[Model]: ...
    def __call__(
        self, *, replies: Sequence[Reply] | None = None, model: str | Model = OFFLINE, **terms: Unpack[Terms]
    ) -> Chat[Any]:
        """Open a chat with a model that gives these replies, or with one that is given as for --model, or open.

        Raises UsageError, ConfigError.
        """
        if replies is not None:
            if model != OFFLINE:
                raise UsageError("A chat has replies, or a model, and not both.")
            model = scripted(replies)
        session = _session(model, terms)
        if isinstance(model, str):
            model = session.model
            self._opened.callback(model.close)
        return Chat(session, model)

    def close(self) -> None:
        """Let go of what was opened."""
        self._opened.close()


def scripted(replies: Sequence[Reply]) -> Scripted:
    """Return a model that gives these replies; `prompts` holds what it was told."""
    numbers = count(1)

    def made(reply: Made) -> Assistant:
        if isinstance(reply, Assistant):
            return reply
        parts = (reply,) if isinstance(reply, str | Call) else reply
        calls = [part for part in parts if isinstance(part, Call)]
        text = "\n".join(part for part in parts if isinstance(part, str))
        return Assistant(text, tuple(ToolCall(f"call_{next(numbers)}", one.tool, _written(one)) for one in calls))

    def scriptable(reply: Reply) -> Scriptable:
        if isinstance(reply, Exception):
            return reply
        return lambda prompt: made(reply(prompt) if callable(reply) else reply)

    return Scripted(*map(scriptable, replies))


def _session(model: str | Model, terms: Terms) -> Session:
    sources = terms.get("pack", ())
    several = [sources] if isinstance(sources, str | Pack | ModuleType) or callable(sources) else sources
    spec, given = (model, None) if isinstance(model, str) else (OFFLINE, model)
    settings = _settings(spec, [source for source in several if isinstance(source, str)], terms)
    packs = [*open_packs(settings.packs.specs, settings.endpoints), *_packs(several)]
    secrets = terms.get("secrets", {})
    session = compose(settings, packs, ScriptedUser(terms.get("approvals", {}), secrets), model=given)
    for name, secret in secrets.items():
        session.mask.learn(secret, name)
    return session


def _settings(spec: str, packs: Sequence[str], terms: Terms) -> Settings:
    """Return the settings, the same on every machine but for what the environment says of models."""
    flags = {name: value for name, value in terms.items() if name not in ("approvals", "secrets")}
    flags |= {"model": spec, "pack": packs or [NO_PACK], "context": [json.dumps(terms.get("context", {}))]}
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    return load_settings(flags, env | {"CHATBOT_CONFIG": os.devnull})


def _packs(sources: Sequence[PackSource]) -> Iterator[Pack]:
    """Yield what is no name of a pack as packs; functions of one module make one."""
    homes: dict[str, ModuleType] = {}
    for source in sources:
        if isinstance(source, Pack):
            yield source
        elif isinstance(source, ModuleType):
            yield pack_of(source, source.__name__.rpartition(".")[2])
        elif callable(source):
            if not hasattr(source, DECLARED):
                raise UsageError(f"{source!r} is no tool: write @tool above it (from chatbot import tool).")
            home = homes.setdefault(source.__module__, ModuleType(source.__module__))
            setattr(home, f"tool_{len(vars(home))}", source)
    for name, home in homes.items():
        yield pack_of(home, name.rpartition(".")[2])


def _written(one: Call) -> str:
    return one.arguments if isinstance(one.arguments, str) else json.dumps(dict(one.arguments), ensure_ascii=False)


def _turn(happened: Happened) -> Turn:
    return Turn(
        answer="\n".join(happened.answers),
        calls=[_read(called.call) for called in happened.calls],
        results=[called.result for called in happened.calls if called.result],
        stop=happened.stop,
        detail=happened.detail,
        events=tuple(step.event for step in happened.steps),
    )


def _read(made: ToolCall) -> Call:
    value = parsed(made.arguments or "{}")
    return Call(made.name, value if isinstance(value, dict) else made.arguments)
