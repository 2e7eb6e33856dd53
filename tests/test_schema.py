"""Hints and docstrings in; schemas, checked arguments and complaints out."""

import datetime
import enum
import json
import typing
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel, SecretStr, field_validator

from chatbot import Context, Secret
from chatbot.errors import UsageError
from chatbot.pack import InvalidArguments
from chatbot.schema import signature_of


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    y: int = 0


class Login(BaseModel):
    user: str
    token: Secret[str] = Field("built-in", alias="apiToken")

    @field_validator("user")
    @classmethod
    def check(cls, value):
        if value == "bug":
            raise TypeError(value)
        if value == "bad":
            raise ValueError(f"what is {value}")
        return value


class Old(typing.TypedDict):
    q: int
    r: typing.NotRequired[str]


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    inside: T


@dataclass
class Bag(Generic[T]):
    inside: T


class Key(RootModel[Secret[str]]): ...


class Pair(NamedTuple):
    left: int
    right: Secret[str]


class Chain(BaseModel):
    link: Secret[str] = ""
    rest: "Chain | None" = None


@dataclass
class Holder:
    inner: Context


def taking(hint, default=...):
    def function(a): ...

    function.__annotations__ = {"a": hint}
    if default is not ...:
        function.__defaults__ = (default,)
    return signature_of(function, "pack.py, function()")


@pytest.mark.parametrize(
    ("hint", "schema", "text", "value"),
    [
        (str, {"type": "string"}, '"x"', "x"),
        (int, {"type": "integer"}, "5", 5),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}, '"b"', "b"),
        (list[int], {"type": "array", "items": {"type": "integer"}}, "[1]", [1]),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}, '{"k":1}', {"k": 1}),
        (datetime.date, {"type": "string", "format": "date"}, '"2026-01-31"', datetime.date(2026, 1, 31)),
        (str | None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "null", None),
        (
            Annotated[int, Field(ge=1, description="Own")],
            {"type": "integer", "minimum": 1, "description": "Own"},
            "2",
            2,
        ),
        (Colour, {"$ref": "#/$defs/Colour"}, '"red"', Colour.RED),
        (Point, {"$ref": "#/$defs/Point"}, '{"x":1}', Point(1)),
        (Old, {"$ref": "#/$defs/Old"}, '{"q":1}', {"q": 1}),
        (list[Old] | None, None, '[{"q":1,"r":"s"}]', [{"q": 1, "r": "s"}]),
    ],
    ids=str,
)
def test_hints(hint, schema, text, value):
    signature = taking(hint)
    if schema:
        assert signature.parameters["properties"] == {"a": schema}
    assert (signature.parameters["type"], signature.parameters["additionalProperties"]) == ("object", False)
    assert signature.parameters["required"] == ["a"]
    assert signature.parse(f'{{"a":{text}}}') == {"a": value}


@pytest.mark.parametrize(
    ("hint", "text", "complaint"),
    [
        (str, "{}", "a: missing"),
        (str, '{"a":5}', "a: should be a string"),
        (int, '{"a":"5"}', "a: should be a whole number"),
        (int, '{"a":1,"b":2}', "b: there is no such argument (only a)"),
        (Literal["x", "y"], '{"a":"z"}', "a: should be 'x' or 'y'"),
        (int | list[str], '{"a":{}}', "a: should be a whole number or a list"),
        (dict[str, int], '{"a":{"k":"hidden"}}', "a.k: should be a whole number"),
        (Secret[dict[str, int]], '{"a":{"hidden":"x"}}', "a: should be a whole number"),
        (Login, '{"a":{"user":"bad"}}', "a.user: is not valid (value error)"),
        (Login, '{"a":{"user":"bug"}}', "they cannot be checked (TypeError)"),
        (int, "[]", "should be an object"),
        (bool, '{"a":1}', "a: should be true or false"),
        (datetime.date, '{"a":"soon"}', "a: should be a date, YYYY-MM-DD"),
        (Point, '{"a":{"x":1,"z":2}}', "a.z: there is no such argument"),
        (list[int], '{"a":["x"]}', "a.0: should be a whole number"),
        (Annotated[str, Field(pattern="^[a-z]+$")], '{"a":"abc\\n"}', "a: String should match pattern '^[a-z]+$'"),
        (float, '{"a":NaN}', "they are not a JSON object: NaN is not JSON"),
        (float, '{"a":1e999}', "they are not a JSON object: a number is too big"),
        (int, '{"a":1,"a":2}', "they are not a JSON object: a name is given twice"),
    ],
)
def test_complaints(hint, text, complaint):
    with pytest.raises(InvalidArguments) as raised:
        taking(hint).parse(text)
    assert str(raised.value) == complaint


def test_a_number_without_fraction_is_a_float_too():
    value = taking(float).parse('{"a":1}')["a"]
    assert (value, type(value)) == (1.0, float)


def test_what_is_not_given_is_left_to_the_functions_own_default():
    nothing = object()

    def function(a: str, b: int = 2, c: Any = nothing, d: float = float("nan"), e: Colour = Colour.RED): ...

    signature = signature_of(function, "w")
    assert signature.parse('{"a":"x"}') == {"a": "x"}
    assert signature.parameters["required"] == ["a"]
    schemas = signature.parameters["properties"]
    assert {name: schema["default"] for name, schema in schemas.items() if "default" in schema} == {"b": 2, "e": "red"}


def test_names_that_mean_something_to_pydantic_or_python_are_names_like_any_other():
    names = ("title", "schema", "model_config", "self", "cls", "json", "copy", "validate", "argument_0", "properties")

    def function(title, schema, model_config, self, cls, json, copy, validate, argument_0, properties): ...

    function.__annotations__ = dict.fromkeys(names, int)
    signature = signature_of(function, "w")
    assert signature.parameters["properties"] == {name: {"type": "integer"} for name in names}
    given = {name: number for number, name in enumerate(names)}
    assert signature.parse(json.dumps(given)) == given


def test_many_complaints_and_long_names_are_cut_short():
    with pytest.raises(InvalidArguments) as raised:
        taking(list[int]).parse(json.dumps({"a": ["x"] * 999}))
    assert str(raised.value).count(";") == 8 and str(raised.value).endswith("; and 991 more")
    with pytest.raises(InvalidArguments) as raised:
        taking(int).parse(json.dumps({"a": 1, "n" * 9999: 1}))
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "text", ["", "[" * 99999, '{"a":' * 5000, '{"a":' + "9" * 5000 + "}", '{"a":"\ud800"}', '{"a":"\\ud800"}']
)
def test_hostile_json_is_only_ever_invalid(text):
    with pytest.raises(InvalidArguments):
        taking(Any).parse(text)


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_invalid(text):
    with suppress(InvalidArguments):
        ANY.parse(text)


ANY = taking(dict[str, Any])


@given(st.text(alphabet="qwxz", min_size=12, max_size=20))
def test_no_complaint_repeats_a_value(value):
    for hint in (int, datetime.date, datetime.datetime, Colour, list[int], Point, bool, Literal["a"], float, uuid.UUID):
        with pytest.raises(InvalidArguments) as raised:
            taking_once(hint).parse(f'{{"a":"{value}"}}')
        assert value not in str(raised.value)


@cache
def taking_once(hint):
    return taking(hint)


@pytest.mark.parametrize("hint", [Context, Context | None, Annotated[Context, "x"]])
def test_a_context_cannot_be_seen_or_set_by_the_model(hint):
    signature = taking(hint, None)
    assert (signature.context, signature.parameters["properties"]) == ("a", {})
    with pytest.raises(InvalidArguments):
        signature.parse('{"a":{"user":"jane_roe"}}')


def test_secrets_are_named_at_any_depth_and_their_defaults_stay_home():
    def function(login: Login, pins: list[Secret[str]], own: SecretStr, key: Secret[str] = "hunter2"): ...

    signature = signature_of(function, "w")
    assert signature.secrets == {"token", "apiToken", "pins", "own", "key"}
    assert "hunter2" not in str(signature.parameters) and "built-in" not in str(signature.parameters)


@pytest.mark.parametrize(
    ("hint", "names"),
    [
        (Secret[str], {"a"}),
        (Secret[str] | None, {"a"}),
        (Secret[str | None], {"a"}),
        (dict[str, Secret[str]], {"a"}),
        (tuple[int, Secret[str]], {"a"}),
        (Box[Secret[str]], {"inside"}),
        (list[Bag[Secret[str]]], {"inside"}),
        (Key, {"a"}),
        (list[Key] | None, {"a"}),
        (Pair, {"a"}),
        (Chain, {"link"}),
        (Box[str], set()),
    ],
    ids=str,
)
def test_a_secret_is_named_by_the_property_that_shows_it(hint, names):
    signature = taking(hint)
    assert signature.secrets == names
    assert "writeOnly" not in str(signature.parameters)


def test_a_default_that_holds_a_secret_stays_home_as_a_whole():
    schema = taking(Chain, Chain(link="hunter2")).parameters
    assert "hunter2" not in str(schema)


@pytest.mark.parametrize(
    "doc",
    [
        "Do it.\n\nAt length.\n\nArgs:\n    title: The a: of it.\n",
        "Do it.\n\nAt length.\n\nParameters\n----------\ntitle : str\n    The a: of it.\n",
        "Do it.\n\nAt length.\n\n:param title: The a: of it.\n",
    ],
    ids=["google", "numpy", "rest"],
)
def test_docstrings(doc):
    def function(title: str): ...

    function.__doc__ = doc
    signature = signature_of(function, "w")
    assert signature.parameters["properties"] == {"title": {"type": "string", "description": "The a: of it."}}
    assert [line for line in signature.description.splitlines() if line] == ["Do it.", "At length."]


@given(
    st.lists(st.sampled_from(["Args:", ":param", "a", ":", "---", "Parameters", "\n", "    ", "@param"]), max_size=12)
)
def test_no_docstring_breaks_a_tool(parts):
    def function(a: int): ...

    function.__doc__ = " ".join(parts)
    signature_of(function, "w")


def test_a_field_as_default_and_names_that_pydantic_would_not_take():
    def function(model_config: int = Field(3, ge=1), _json: str = "x"): ...

    signature = signature_of(function, "w")
    assert signature.parameters["properties"]["model_config"] == {"type": "integer", "default": 3, "minimum": 1}
    assert signature.parse("{}") == {"model_config": 3}
    assert signature.parse('{"_json":"y"}') == {"model_config": 3, "_json": "y"}


def bare(a): ...
def many(*a: int): ...
def first(a: int, /): ...
def unknown(a: "Nowhere"): ...  # noqa: F821
def callback(a: Callable[[], int]): ...
def holder(a: list[Holder]): ...
def contexts(a: list[Context]): ...
def twice(a: Context, b: Context): ...
def pattern(a: Annotated[str, Field(pattern="(")]): ...
def half(a: "int |"): ...  # noqa: F722
async def later(a: int): ...


@pytest.mark.parametrize(
    "function", [bare, many, first, unknown, callback, holder, later, contexts, twice, pattern, half]
)
def test_what_a_model_cannot_call_is_refused_in_one_line(function):
    with pytest.raises(UsageError) as raised:
        signature_of(function, "pack.py, f()")
    assert str(raised.value).startswith("pack.py, f()") and "\n" not in str(raised.value)


def test_the_parameter_that_is_to_blame_is_named():
    def function(good: int, bad: Callable[[], int], fine: str): ...

    with pytest.raises(UsageError, match="type hint of bad: "):
        signature_of(function, "w")
