"""The form of scripts, key by key: what may stand there, what is left out, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chatbot.replay.tasks import said
from chatbot.scripts.form import CallCheck, Expect, Script, SimulatedUser, Turn, literal

HI = [{"user": "hi"}]


def script(**fields) -> Script:
    return Script.model_validate({"turns": HI} | fields)


def turn(**fields) -> Turn:
    return Turn.model_validate({"user": "hi"} | fields)


def expect(**fields) -> Expect:
    return Expect.model_validate(fields)


def call(**fields) -> CallCheck:
    return CallCheck.model_validate({"tool": "pay"} | fields)


def user(**fields) -> SimulatedUser:
    return SimulatedUser.model_validate({"goal": "a refund"} | fields)


def test_a_script_needs_turns_and_says_nothing_else_where_it_does_not():
    assert script().model_dump() == {
        "description": "",
        "pack": None,
        "model": None,
        "system": None,
        "instructions": None,
        "context": None,
        "show_context": (),
        "secrets": {},
        "approvals": {},
        "grounded": None,
        "confirm": None,
        "ask_secrets": None,
        "max_steps": None,
        "greeting": None,
        "turns": ({"user": "hi", "interrupt_at": None, "expect": NOTHING},),
        "user": None,
        "expect": NOTHING,
    }


NOTHING = {
    "calls": None,
    "calls_in_any_order": None,
    "calls_include": (),
    "never_called": (),
    "never_before": {},
    "answer": None,
    "stop": None,
    "max_model_calls": None,
    "max_tokens": None,
    "max_seconds": None,
}


def test_a_simulated_user_needs_a_goal():
    assert script(turns=[], user={"goal": "a refund"}).user.model_dump() == {
        "model": "offline",
        "goal": "a refund",
        "facts": {},
        "max_turns": 10,
        "seed": 0,
    }


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        (script(pack="support"), script(pack=["support"])),
        (script(show_context="a"), script(show_context=["a"])),
        (expect(never_called="pay"), expect(never_called=["pay"])),
        (expect(calls=["pay"]), expect(calls=[{"tool": "pay"}])),
        (expect(calls_include=["pay"]), expect(calls_include=[{"tool": "pay"}])),
        (expect(calls_in_any_order=["pay"]), expect(calls_in_any_order=[{"tool": "pay"}])),
        (expect(answer={"contains": "a"}), expect(answer={"contains": ["a"]})),
        (expect(answer={"lacks": "a"}), expect(answer={"lacks": ["a"]})),
        (expect(answer={"matches": "a"}), expect(answer={"matches": ["a"]})),
    ],
)
def test_one_thing_stands_for_a_list_of_one(short, whole):
    assert short == whole


def test_what_is_said_of_nothing_is_not_what_is_said_of_none():
    assert expect().calls is None
    assert expect(calls=[]).calls == ()
    assert call().arguments is None
    assert call(arguments={}).arguments == {}


@pytest.mark.parametrize(
    ("form", "fields", "told"),
    [
        (script, {"turns": []}, "a script has turns, or a simulated user, and not both"),
        (script, {"user": {"goal": "x"}}, "a script has turns, or a simulated user, and not both"),
        (script, {"greeting": "yes"}, "valid boolean"),
        (script, {"greeting": {"call": []}}, "did you mean calls"),
        (script, {"approvals": {"pay": 1}}, "valid string"),
        (script, {"max_steps": 0}, "greater than or equal to 1"),
        (script, {"secrets": {"key": ""}}, "at least 1 character"),
        (script, {"secrets": {"": "KEY"}}, "at least 1 character"),
        (script, {"pack": []}, None),
        (script, {"grounded": 1}, "valid boolean"),
        (script, {"context": "{}"}, "valid dictionary"),
        (turn, {"user": None}, "valid string"),
        (turn, {"interrupt_at": ""}, "at least 1 character"),
        (turn, {"expects": {}}, "nothing is called so here (did you mean expect)"),
        (expect, {"stop": "finished"}, "'done', 'limit', 'error' or 'interrupted'"),
        (expect, {"max_model_calls": 1.0}, "valid integer"),
        (expect, {"max_model_calls": True}, "valid integer"),
        (expect, {"max_tokens": -1}, "greater than or equal to 0"),
        (expect, {"max_seconds": 0}, "greater than 0"),
        (expect, {"max_seconds": 1}, None),
        (expect, {"max_seconds": "1"}, "valid number"),
        (expect, {"never_before": {"a": ["b"]}}, "valid string"),
        (expect, {"answer": "yes"}, "valid dictionary"),
        (expect, {"answer": {"matches": ["a", "(b"]}}, "not a regular expression: missing ), unterminated subpattern"),
        (expect, {"answer": {"matches": "a{99999999999}"}}, "not a regular expression: the repetition number is too"),
        (expect, {"answer": {"matches": "(" * 9_000 + ")" * 9_000}}, "not a regular expression: it is nested too deep"),
        (expect, {"answer": {"json_schema": {}}}, "nothing is called so here"),
        (expect, {"calls": [""]}, "at least 1 character"),
        (expect, {"calls": "pay"}, "valid tuple"),
        (call, {"arguments": []}, "valid dictionary"),
        (call, {"arguments_match": {"a": "["}}, "not a regular expression"),
        (call, {"arguments_types": {"a": "text"}}, "'string', 'integer', 'number', 'boolean'"),
        (call, {"failure": "late"}, "'unknown', 'invalid', 'denied', 'failed', 'timeout', 'interrupted', 'none' or 'a"),
        (call, {"failure": None}, None),
        (call, {"result": {"json_schema": {"type": "strng"}}}, "not a JSON schema: it should be 'array', 'boolean'"),
        (
            call,
            {"result": {"json_schema": {"pattern": "(" * 9_000}}},
            "not a JSON schema: something in it is too large",
        ),
        (call, {"result": {"json_schema": {"pattern": "a{99999999999}"}}}, "not a JSON schema: something in it is too"),
        (call, {"result": {"json_schema": {"pattern": "("}}}, "not a JSON schema: it is no regular expression"),
        (
            call,
            {"result": {"json_schema": {"$ref": "http://127.0.0.1:9/a"}}},
            "refers to 'http://127.0.0.1:9/a', which",
        ),
        (call, {"result": {"json_schema": {"$ref": "file:///etc/passwd"}}}, "which is not in this schema"),
        (user, {"goal": ""}, "at least 1 character"),
        (user, {"max_turns": 0}, "greater than or equal to 1"),
        (user, {"max_turns": 101}, "less than or equal to 100"),
        (user, {"seed": "7"}, "valid integer"),
        (user, {"facts": {"name": 5}}, "valid string"),
    ],
)
def test_what_is_no_such_thing_is_refused(form, fields, told):
    if told is None:
        form(**fields)
        return
    with pytest.raises(ValidationError) as caught:
        form(**fields)
    assert told in "; ".join(error["msg"] for error in caught.value.errors())


def test_a_schema_that_is_wrong_is_told_with_the_part_to_blame():
    with pytest.raises(ValidationError) as caught:
        call(result={"json_schema": {"properties": {"a": {"type": "strng"}}}})
    [error] = caught.value.errors()
    assert (*error["loc"], *error["ctx"]["below"]) == ("result", "json_schema", "properties", "a", "type")


def test_a_secret_is_said_by_its_name_and_has_to_be_there():
    whole = script(secrets={"key": "SUPPORT_KEY"}, turns=[{"user": "It is ${key}, not $${key} or $key or ${a b}."}])
    assert said(whole.turns[0].user, {"key": "s3same"}) == "It is s3same, not ${key} or $key or ${a b}."
    for words in ({"turns": [*HI, {"user": "${ky}"}]}, {"turns": [], "user": {"goal": "x", "facts": {"a": "${ky}"}}}):
        with pytest.raises(ValidationError, match=r"\$\{ky\} is said, but there is no such name under secrets"):
            script(**{"secrets": {"key": "SUPPORT_KEY"}} | words)


def test_what_stands_in_a_secret_is_not_looked_at_again():
    assert said("${a}${b}", {"a": "${b}", "b": "$${a}"}) == "${b}$${a}"


@given(st.text("$${}ab_ \n", max_size=20))
def test_any_words_can_be_said_as_they_are(words):
    assert said(literal(words), {}) == words
    assert script(turns=[{"user": literal(words)}]).turns[0].user == literal(words)
