"""Schemas in, GBNF out; where llama.cpp is there, it reads every grammar that we make."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.interrupt import Interrupt
from chatbot.models.grounded.grammar import JSON, Arguments, literal
from chatbot.models.grounded.offers import Offer
from chatbot.models.grounded.patterns import pattern_rule
from chatbot.models.grounded.wording import grammar
from tests.conversation import tool

STRING = {"type": "string"}


def rule(properties, required=(), closed=lambda path, schema: None, **more):
    return Arguments({"type": "object", "properties": properties, "required": list(required), **more}, closed).rule()


def test_properties_stand_in_the_order_of_the_schema_as_json_dumps_writes_them():
    made = rule({"name": STRING, "age": {"type": "integer"}}, ["name", "age"])
    assert made == r'"{" "\"name\": " string ", " "\"age\": " integer "}"'


def test_optional_properties_bring_their_comma_along():
    parts = {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}
    assert rule(parts, ["b"]) == r'"{" ("\"a\": " "1" ", ")? "\"b\": " "2" (", " "\"c\": " "3")? "}"'
    assert rule({"a": {"const": 1}, "b": {"const": 2}}) == (
        r'"{" ("\"a\": " "1" (", " "\"b\": " "2")? | "\"b\": " "2")? "}"'
    )


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"enum": ["c", "f", None]}, r'("\"c\"" | "\"f\"" | "null")'),
        ({"type": "boolean"}, '("true" | "false")'),
        ({"type": ["string", "null"]}, '(string | "null")'),
        ({"type": "integer", "minimum": 1, "maximum": 3}, '("1" | "2" | "3")'),
        ({"type": "integer", "minimum": 0}, '("0" | [1-9] [0-9]{0,17})'),
        ({"type": "string", "minLength": 2, "maxLength": 4}, r'"\"" char{2,4} "\""'),
        ({"type": "string", "pattern": r"^\d{3}-[A-Z]+$"}, r'"\"" ([0-9]{3} "-" [A-Z]+) "\""'),
        ({"type": "array", "items": {"const": 1}, "maxItems": 2}, '"[" ("1" (", " "1"){0,1})? "]"'),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 1}, '"[" integer (", " integer)* "]"'),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, '(number | "null")'),
        ({"$ref": "#/$defs/Unit"}, r'("\"m\"" | "\"km\"")'),
        ({"type": "object", "properties": {"x": {"const": 0}}, "required": ["x"]}, r'"{" "\"x\": " "0" "}"'),
        ({"not": {"type": "string"}}, "value"),
    ],
)
def test_a_schema_is_spelled_out(schema, expected):
    made = rule({"v": schema}, ["v"], **{"$defs": {"Unit": {"enum": ["m", "km"]}}})
    assert made == rf'"{{" "\"v\": " {expected} "}}"'


def test_a_closed_argument_is_one_of_its_values_and_nothing_else():
    made = rule({"id": STRING}, ["id"], lambda path, schema: ["12345", 'a "quoted" one'])
    assert made == r'"{" "\"id\": " ("\"12345\"" | "\"a \\\"quoted\\\" one\"") "}"'


def test_without_a_value_an_optional_argument_is_left_out_and_a_required_one_leaves_nothing():
    nothing = Arguments(
        {
            "properties": {"who": {"type": "object", "properties": {"id": STRING}, "required": ["id"]}},
            "required": ["who"],
        },
        lambda path, schema: [] if path[-1] == "id" else None,
    )
    assert nothing.rule() is None
    assert nothing.missing == [("who", "id")]
    assert rule({"id": STRING, "n": {"const": 1}}, ["n"], lambda path, schema: []) == r'"{" "\"n\": " "1" "}"'


def test_a_schema_that_holds_itself_ends_in_any_json():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    made = rule({"first": {"$ref": "#/$defs/Node"}}, ["first"], **{"$defs": {"Node": node}})
    assert "object" in made
    assert len(made) < 2000


@pytest.mark.parametrize(
    "pattern", ["", "abc", "^a", "a$", "^(?!x)a$", r"^\w+?$", "^a|b$", r"^\bfoo$", "^(a$", "^[^a]$", "^+a$"]
)
def test_a_pattern_that_cannot_be_said_for_certain_is_not_said(pattern):
    assert pattern_rule(pattern) == ""


def test_what_is_due_is_the_only_thing_that_can_be_written():
    offers = [Offer(tool("look", print), '"{}"', due=r'"{\"id\": 1}"'), Offer(tool("other", print), '"{}"')]
    root, call, *rest = grammar(offers).splitlines()
    assert root == "root ::= call-1"
    assert call == r'call-1 ::= "<tool_call>{\"name\": \"look\", \"arguments\": " "{\"id\": 1}" "}</tool_call>"'
    assert [line.partition(" ")[0] for line in rest] == list(JSON)


def test_what_is_missing_is_asked_for():
    root = grammar([Offer(tool("other", print), '"{}"')], ["api_key", "ticket_id"]).splitlines()[0]
    assert root == 'root ::= "Could you please give me the api key and the ticket id?"'


SCALARS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": "^[A-Za-z0-9_]{1,16}$"},
        {"type": "string", "pattern": r"^(a|b-)?\d+\.x$"},
        {"type": "string", "minLength": 3, "maxLength": 5000},
        {"type": "integer", "minimum": -3, "maximum": 3},
        {"type": "number"},
        {"type": ["boolean", "null"]},
        {},
        {"$ref": "#/$defs/Node"},
        {"enum": ["ä\n\u2028\x7f", '"\\', 1.5, None, {"a": [1]}]},
    ]
)
NAMES = st.text(st.characters(codec="utf-8"), max_size=4)
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: (
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2))
        | st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(
            lambda parts, count: {"type": "object", "properties": parts, "required": list(parts)[:count]},
            st.dictionaries(NAMES, inner, max_size=3),
            st.integers(0, 3),
        )
    ),
    max_leaves=6,
)


def written(model, rules, most):
    """Return what the model writes by a grammar; one that llama.cpp cannot read is an error."""
    *_, reply = model.generate([{"role": "user", "content": "Hi"}], Interrupt(), grammar=rules, most=most)
    return reply.text


@settings(max_examples=30)
@given(SCHEMAS, st.sampled_from([None, ["12345", 'say "hi"\\', 7]]))
def test_llama_cpp_reads_the_grammar_of_any_schema(model, schema, values):
    definitions = {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}
    made = rule({"v": schema}, ["v"], lambda path, schema: values, **{"$defs": definitions})
    written(model, grammar([Offer(tool("f", print), made or literal("{}"))]), 1)


def test_a_model_that_is_held_to_a_grammar_writes_what_fits(model):
    properties = {"id": STRING, "unit": {"enum": ["c", "f"]}, "day": {"type": "string", "format": "date"}}
    made = rule(properties, properties, lambda path, schema: ["12345"] if path == ("id",) else None)
    offer = Offer(tool("look", print), made, due=made)
    call = re.fullmatch("<tool_call>(.*)</tool_call>", written(model, grammar([offer]), 100))
    assert call
    match json.loads(call[1]):
        case {"name": "look", "arguments": {"id": "12345", "unit": "c" | "f", "day": str(day)}}:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)
        case other:
            pytest.fail(str(other))
