"""The JSON schema of scripts, for editors: what it takes is what the form takes, but for what no schema can say."""

import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from chatbot.scripts.form import Script
from chatbot.scripts.schema import made, schema_text

SCHEMA = json.loads(schema_text())
TURNS = {"turns": [{"user": "hi"}]}
RICH = {
    "description": "All of it.",
    "pack": ["support", "./packs/desk.py"],
    "model": "offline",
    "system": "Be kind.",
    "instructions": "@more.txt",
    "context": {"customer": {"name": "Ann"}},
    "show_context": ["customer.name"],
    "secrets": {"key": "SUPPORT_KEY"},
    "approvals": {"cancel_*": "too late", "*": True},
    "grounded": True,
    "confirm": False,
    "ask_secrets": True,
    "max_steps": 3,
    "greeting": {"answer": {"contains": "Hello"}},
    "turns": [
        {"user": "${key}", "interrupt_at": "answer"},
        {
            "user": "go",
            "expect": {
                "calls": ["a", {"tool": "b", "arguments": {}, "result": {"json_schema": {"type": "object"}}}],
                "calls_in_any_order": [{"tool": "c", "arguments_match": {"id": "^1"}, "failure": "any"}],
                "calls_include": [{"tool": "d", "arguments_types": {"id": "string"}, "result": {"equals": "x"}}],
                "never_called": "*",
                "never_before": {"a": "b"},
                "answer": {"equals": "x", "matches": ["a", "b"], "lacks": "c"},
                "stop": "limit",
                "max_model_calls": 0,
                "max_tokens": 10,
                "max_seconds": 0.5,
            },
        },
    ],
    "expect": {},
}


def by_schema(data) -> bool:
    return Draft202012Validator(SCHEMA).is_valid(data)


def by_form(data) -> bool:
    try:
        Script.model_validate(data)
    except ValidationError:
        return False
    return True


def at(path, value):
    """The rich script with another value somewhere."""
    whole = json.loads(json.dumps(RICH))
    *above, last = path.split("/")
    node = whole
    for step in above:
        node = node[int(step) if step.isdecimal() else step]
    node[int(last) if last.isdecimal() else last] = value
    return whole


def test_the_file_is_what_the_form_makes():
    assert schema_text() == made(), "python -c 'from chatbot.scripts.schema import *; SCHEMA.write_text(made())'"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "data",
    [
        TURNS,
        RICH,
        {"user": {"goal": "x", "facts": {"a": "b"}, "max_turns": 100, "seed": -1}},
        TURNS | {"greeting": False},
        TURNS | {"greeting": None},
        TURNS | {"pack": "support"},
        TURNS | {"approvals": {"a": ""}},
    ],
    ids=lambda data: ",".join(data)[:40],
)
def test_both_take_a_script(data):
    assert (by_form(data), by_schema(data)) == (True, True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("trns", []),
        ("turns", "hi"),
        ("turns/0", "hi"),
        ("turns/0/user", 5),
        ("turns/0/usr", "hi"),
        ("turns/0/interrupt_at", ""),
        ("turns/1/expect/calls", "a"),
        ("turns/1/expect/calls/0", ""),
        ("turns/1/expect/calls/1/tool", None),
        ("turns/1/expect/calls/1/arguments", []),
        ("turns/1/expect/calls/1/result", "x"),
        ("turns/1/expect/calls/1/result/json_schema", True),
        ("turns/1/expect/calls_in_any_order/0/failure", "late"),
        ("turns/1/expect/calls_in_any_order/0/arguments_match", {"id": 1}),
        ("turns/1/expect/calls_include/0/arguments_types", {"id": "text"}),
        ("turns/1/expect/never_before", {"a": ""}),
        ("turns/1/expect/answer", "x"),
        ("turns/1/expect/answer/contains", [""]),
        ("turns/1/expect/stop", "finished"),
        ("turns/1/expect/max_model_calls", -1),
        ("turns/1/expect/max_tokens", 0.5),
        ("turns/1/expect/max_seconds", 0),
        ("greeting", "yes"),
        ("approvals/*", 1),
        ("grounded", "yes"),
        ("max_steps", 0),
        ("pack", 5),
        ("secrets/key", ""),
        ("user", {"model": "offline"}),
        ("user", {"goal": "x", "max_turns": 101}),
    ],
)
def test_both_refuse_what_is_none(path, value):
    data = at(path, value)
    assert (by_form(data), by_schema(data)) == (False, False)


@pytest.mark.parametrize(
    "data",
    [
        {},
        TURNS | {"user": {"goal": "x"}},
        {"turns": [{"user": "${nobody}"}]},
        at("turns/1/expect/answer/matches", "("),
        at("turns/1/expect/calls/1/result/json_schema", {"type": "strng"}),
        at("turns/1/expect/max_tokens", 1.0),
    ],
    ids=["neither", "both", "secret", "regex", "schema", "1.0"],
)
def test_what_no_schema_can_say_the_form_alone_refuses(data):
    assert (by_form(data), by_schema(data)) == (False, True)
