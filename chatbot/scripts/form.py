"""A test script's form: one conversation, and what is expected of it. Its JSON schema is in the package."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chatbot.events import Stop
from chatbot.schema.declared import BadSchema, check_schema
from chatbot.types import Failure

JsonType = Literal["string", "integer", "number", "boolean", "array", "object", "null"]
PLACEHOLDER = re.compile(r"\$(\$?)\{(\w+)\}")
"""How a turn says a secret: ${name}, by its name under `secrets`; $${name} is said as ${name}."""


def _wrong(text: str, *below: str | int) -> PydanticCustomError:
    """Return an error in what stands `below` the value that is checked; the steps are in its context."""
    return PydanticCustomError("wrong", "{text}", {"text": text, "below": below})


def literal(text: str) -> str:
    """Return how a turn has to be written for exactly this to be said."""
    return re.sub(r"\$(?=\{\w+\})", "$$", text)


def _many(value: Any) -> Any:
    """Take one thing for a list of one."""
    return [value] if isinstance(value, str) else value


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    except RecursionError:
        raise ValueError("not a regular expression: it is nested too deep") from None
    return value


def _json_schema(value: dict[str, Any]) -> dict[str, Any]:
    try:
        check_schema(value)
    except BadSchema as error:
        raise _wrong(f"not a JSON schema: it {error}", *error.path) from None
    except (RecursionError, OverflowError):  # of a pattern in it
        raise ValueError("not a JSON schema: something in it is too large, or nested too deep") from None
    return value


Switch = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0)]
Name = Annotated[str, StringConstraints(min_length=1)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_many, json_schema_input_type=Name | tuple[Name, ...])]
Texts = Names
Regex = Annotated[str, AfterValidator(_regex)]
Regexes = Annotated[tuple[Regex, ...], BeforeValidator(_many, json_schema_input_type=str | tuple[str, ...])]
Schema = Annotated[dict[str, Any], AfterValidator(_json_schema)]
Answers = Annotated[
    Switch | str, Field(description="true or yes: allowed. Anything else is a no, and the reason for it.")
]


class Form(BaseModel):
    """A table of the file: nothing that it does not know, and nothing taken for something else."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _knows(cls, value: Any) -> Any:
        known = {field.alias or name for name, field in cls.model_fields.items()}
        for key in value if isinstance(value, dict) else ():
            if key not in known:
                nearest = get_close_matches(str(key), known, 1)
                hint = f"did you mean {nearest[0]}" if nearest else f"known here: {', '.join(sorted(known))}"
                raise _wrong(f"nothing is called so here ({hint})", key)
        return value


class TextCheck(Form):
    """What a text is to be; each line of it counts on its own, and case counts."""

    equals: str | None = None
    """The whole text."""
    contains: Texts = ()
    """What stands in it, each."""
    matches: Regexes = ()
    """Regular expressions that are found in it, each; one like `(a+)+$` may take for ever, whatever --timeout says."""
    lacks: Texts = ()
    """What does not stand in it."""


class ResultCheck(TextCheck):
    """What a result is to be, as the user is shown it."""

    json_schema: Schema | None = None
    """A JSON schema that it fits, read as JSON."""


class CallCheck(Form):
    """A tool call, and what came of it. A bare name expects nothing but the tool."""

    tool: Name
    arguments: dict[str, Any] | None = None
    """Exactly these."""
    arguments_include: dict[str, Any] | None = None
    """At least these, at any depth."""
    arguments_match: dict[str, Regex] = {}
    """Regular expressions that are found in arguments, by name; what is no text is read as JSON."""
    arguments_types: dict[str, JsonType] = {}
    """The JSON types of arguments, by name."""
    result: ResultCheck | None = None
    failure: Literal[Failure, "none", "any"] | None = None
    """Why it has no proper result: unknown, invalid, denied (a guard refused), failed, timeout, interrupted; or any."""


def _named(value: Any) -> Any:
    return {"tool": value} if isinstance(value, str) else value


Call = Annotated[CallCheck, BeforeValidator(_named, json_schema_input_type=Name | CallCheck)]


class Expect(Form):
    """What is expected of a turn, or of the whole conversation."""

    calls: tuple[Call, ...] | None = None
    """These calls in this order, and no others."""
    calls_in_any_order: tuple[Call, ...] | None = None
    """These calls, and no others."""
    calls_include: tuple[Call, ...] = ()
    """These calls in this order; others may stand between them."""
    never_called: Names = ()
    """Tools that the model does not even try to call; `*` stands for any."""
    never_before: dict[Name, Name] = {}
    """Tools that are not called before another has succeeded in this conversation: `get_ticket_status: verify_user`."""
    answer: TextCheck | None = None
    """What the assistant says, all its replies together."""
    stop: Stop | None = None
    """How it ends: done (what is expected where nothing is said), limit, error or interrupted."""
    max_model_calls: Count | None = None
    max_tokens: Count | None = None
    max_seconds: Annotated[float, Strict(), Field(gt=0)] | None = None


class Turn(Form):
    """What the user says, and what is expected to happen then."""

    user: str
    """The words; ${name} stands for a secret."""
    interrupt_at: Name | None = None
    """Ctrl-C is pressed as soon as this tool is called, or at the first words of the `answer`."""
    expect: Expect = Expect()


class SimulatedUser(Form):
    """Another model that plays the user, with a goal and what it knows."""

    model: Name = "offline"
    goal: Name
    facts: dict[Name, str] = {}
    """What the user knows, by name; ${name} stands for a secret."""
    max_turns: Annotated[int, Strict(), Field(ge=1, le=100)] = 10
    seed: Annotated[int, Strict()] = 0
    """What chance begins with: the same is said again, as far as the model can (the Responses API knows no seed)."""


class Script(Form):
    """One conversation as a test. What it does not say, the configuration and the command line do."""

    description: str = ""
    pack: Names | None = None
    """Packs, by name or path (from here), or none."""
    model: Name | None = None
    """As for --model; paths begin where this file is."""
    system: str | None = None
    instructions: str | None = None
    context: dict[str, Any] | None = None
    """What is known of the user, for certain."""
    show_context: Names = ()
    secrets: dict[Name, Name] = {}
    """Names of secrets, and of the environment variables that hold them."""
    approvals: dict[Name, Answers] = {}
    """What the user answers when a tool needs their word, by tool; `*` stands for any."""
    grounded: Switch | None = None
    confirm: Switch | None = None
    ask_secrets: Switch | None = None
    max_steps: Annotated[int, Strict(), Field(ge=1)] | None = None
    greeting: Switch | Expect | None = None
    """Whether the assistant speaks first, or what is expected of it then."""
    turns: tuple[Turn, ...] = ()
    user: SimulatedUser | None = None
    expect: Expect = Expect()
    """What is expected of the whole conversation."""

    @model_validator(mode="after")
    def _somebody_speaks(self) -> "Script":
        if bool(self.turns) == (self.user is not None):
            raise ValueError("a script has turns, or a simulated user, and not both")
        for steps, text in self._words():
            for escaped, name in PLACEHOLDER.findall(text):
                if not escaped and name not in self.secrets:
                    raise _wrong(f"${{{name}}} is said, but there is no such name under secrets", *steps)
        return self

    def _words(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield what the user may say, and where it stands."""
        yield from ((("turns", number, "user"), turn.user) for number, turn in enumerate(self.turns))
        yield from ((("user", "facts", name), fact) for name, fact in (self.user.facts.items() if self.user else ()))
