"""What is expected, and what happened, in; what is not as expected out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.masking import Mask
from chatbot.replay.checking import as_line, misses
from chatbot.scripts.form import CallCheck, Expect
from tests.replay.happening import called, happened

A, B, C = called("a"), called("b"), called("c")


def found(expect, turn, *, mask=None, stop="done"):
    """What is not as expected: where, what is said of it, and the place in the dialogue."""
    held = misses(Expect.model_validate(expect), turn, mask or Mask(), stop)
    return [(".".join(map(str, miss.path)), miss.said, miss.place) for miss in held]


def paths(expect, turn):
    return [path for path, _, _ in found(expect, turn)]


def test_nothing_expected_is_that_it_ends_as_usual():
    assert found({}, happened(A, "hello")) == []
    assert found({}, happened(stop="limit", detail="It is\nenough."), stop="done") == [
        ("stop", "it should end with done, and ended with limit (It is enough.)", ("end", 0))
    ]
    assert found({}, happened(stop="limit"), stop=None) == []
    assert found({"stop": "limit"}, happened(stop="limit")) == []


@pytest.mark.parametrize(
    ("wanted", "calls", "told"),
    [
        ([], [], []),
        ([], [A], [("calls", "call 1, a, is not expected", ("call", 0))]),
        (["a"], [], [("calls.0", "a should be called here, and is not", ("end", 0))]),
        (["a", "b"], [A, B], []),
        (["a", "c"], [A, B, C], [("calls", "call 2, b, is not expected", ("call", 1))]),
        (["a", "b", "c"], [A, C], [("calls.1", "b should be called here, and is not", ("call", 1))]),
        (
            ["a", "b"],
            [B, A],
            [
                ("calls", "call 1, b, is not expected", ("call", 0)),
                ("calls.1", "b should be called here, and is not", ("end", 0)),
            ],
        ),
        (["a", "a"], [A], [("calls.1", "a should be called here, and is not", ("end", 0))]),
    ],
)
def test_calls_are_these_in_this_order_and_no_others(wanted, calls, told):
    assert found({"calls": wanted}, happened(*calls)) == told


@pytest.mark.parametrize(
    ("wanted", "calls", "told"),
    [
        (["b", "a"], [A, B], []),
        (["a", "a"], [A], ["calls_in_any_order.1"]),
        (["a"], [A, B], ["calls_in_any_order"]),
        ([{"tool": "a"}, {"tool": "a", "failure": "failed"}], [called("a", failure="failed"), A], []),
        ([{"tool": "a", "arguments": {"n": 1}}], [called("a", {"n": 2})], ["calls_in_any_order.0.arguments"]),
    ],
)
def test_calls_in_any_order_are_paired_so_that_as_many_as_can_be_fit(wanted, calls, told):
    assert paths({"calls_in_any_order": wanted}, happened(*calls)) == told


@given(st.lists(st.integers(0, 3), max_size=5), st.randoms())
def test_calls_in_any_order_have_no_order(numbers, random):
    calls = [called("a", {"n": number}) for number in numbers]
    wanted = [{"tool": "a", "arguments_include": {"n": number}} for number in numbers]
    random.shuffle(wanted)
    assert found({"calls_in_any_order": wanted}, happened(*calls)) == []


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (["a", "c"], []),
        (["b"], []),
        (["c", "a"], ["calls_include.1"]),
        (["a", "a"], ["calls_include.1"]),
        ([{"tool": "b", "failure": "failed"}], ["calls_include.0.failure"]),
        (["nobody", "b"], ["calls_include.0"]),
    ],
)
def test_calls_that_are_included_come_in_order_with_others_between(wanted, told):
    assert paths({"calls_include": wanted}, happened(A, B, C)) == told


def test_the_next_call_that_fits_is_taken():
    turn = happened(called("a", {"n": 1}), called("a", {"n": 2}), called("a", {"n": 1}))
    one, two = ({"tool": "a", "arguments": {"n": number}} for number in (1, 2))
    assert paths({"calls_include": [one, two, one]}, turn) == []
    assert paths({"calls_include": [two, one]}, turn) == []
    assert paths({"calls_include": [two, two]}, turn) == ["calls_include.1.arguments"]


def test_what_is_wrong_with_a_call_is_told_with_what_it_has():
    check = {"tool": "pay", "arguments": {"to": "ann"}, "failure": "denied", "result": {"contains": ["ok", "done"]}}
    assert found({"calls": [check]}, happened(called("pay", {"to": "bob"}, "paid", "failed"))) == [
        (
            "calls.0.arguments",
            'call 1, pay, should be one that has the arguments {"to": "ann"}; it has {"to": "bob"}',
            ("call", 0),
        ),
        (
            "calls.0.failure",
            "call 1, pay, should end with the failure denied, and ended with failed: paid",
            ("result", 0),
        ),
        ("calls.0.result.contains", 'the result of call 1, pay, should be one that contains "ok"', ("result", 0)),
        ("calls.0.result.contains", 'the result of call 1, pay, should be one that contains "done"', ("result", 0)),
    ]


@pytest.mark.parametrize(
    ("wanted", "failure", "holds"),
    [
        (None, "failed", True),
        ("none", None, True),
        ("none", "failed", False),
        ("any", "failed", True),
        ("any", None, False),
        ("timeout", "timeout", True),
        ("timeout", "failed", False),
    ],
)
def test_a_failure_is_expected_by_its_kind_none_or_any(wanted, failure, holds):
    turn = happened(called("a", failure=failure))
    assert paths({"calls": [{"tool": "a", "failure": wanted}]}, turn) == ([] if holds else ["calls.0.failure"])


def test_a_tool_that_must_not_be_called_is_one_by_its_name_or_a_pattern():
    turn = happened(called("delete_all"), called("get"))
    told = "delete_all should never be called"
    assert found({"never_called": ["put", "delete_*"]}, turn) == [("never_called.1", told, ("call", 0))]
    assert paths({"never_called": "*"}, turn) == ["never_called.0", "never_called.0"]
    assert paths({"never_called": "Get"}, turn) == []


def test_a_tool_that_must_wait_for_another_waits_until_that_has_succeeded():
    wanted = {"never_before": {"get": "verify"}}
    assert found(wanted, happened(called("verify"), called("get"), called("get", after=["verify"]))) == [
        ("never_before.get", "get should not be called before verify has succeeded", ("call", 1))
    ]


def test_the_answer_is_all_replies_together():
    turn = happened("One.", A, "Two.")
    assert found({"answer": {"equals": "One.\nTwo.", "contains": ["One", "Two"], "matches": "^Two"}}, turn) == []
    assert found({"answer": {"lacks": "Two"}}, turn) == [
        ("answer.lacks", 'the answer should be one that does not contain "Two"', ("answer", 1))
    ]
    assert found({"answer": {"contains": "x"}}, happened()) == [
        ("answer.contains", 'the answer should be one that contains "x"', ("end", 0))
    ]


def test_what_was_used_is_held_against_what_is_allowed():
    limits = {"max_model_calls": 2, "max_tokens": 1_000, "max_seconds": 0.5}
    assert found(limits, happened(model_calls=2, tokens=1_000, seconds=0.5)) == []
    assert found(limits, happened(model_calls=3, tokens=123_456_789, seconds=0.50149)) == [
        ("max_model_calls", "at most 2 model calls are allowed, and 3 were used", ("end", 0)),
        ("max_tokens", "at most 1000 tokens are allowed, and 123456789 were used", ("end", 0)),
        ("max_seconds", "at most 0.5 seconds are allowed, and 0.501 were used", ("end", 0)),
    ]
    assert paths({"max_tokens": int("9" * 190)}, happened(tokens=1)) == []


def test_secrets_are_masked_in_all_that_is_told():
    mask = Mask()
    mask.learn("s3same-open", "key")
    expect = Expect.model_validate(
        {
            "calls": [{"tool": "verify", "arguments": {"key": "s3same-open", "user": "x"}, "failure": "none"}],
            "answer": {"contains": "s3same-open!"},
        }
    )
    turn = happened(called("verify", {"key": "s3same-open"}, "not s3same-open", "failed"), "No.")
    told = misses(expect, turn, mask)
    assert len(told) == 3
    assert "s3same" not in repr(told)
    assert told[1].said == "call 1, verify, should end with the failure none, and ended with failed: not •••"


def test_what_a_model_wrote_is_told_on_one_line_without_control_characters():
    turn = happened(called("x\x1b[2J\ny", '"\\ud800\x1b[31m"', "a\nb\x07", "failed"))
    told = [said for _, said, _ in found({"calls": ["a"], "never_called": "x*"}, turn)]
    assert told == [
        "a should be called here, and is not",
        "call 1, x y, is not expected",
        "x y should never be called",
    ]


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ({}, "call function pay"),
        ({"arguments": {}}, "call function pay, with arguments {}"),
        (
            {"arguments_include": {"to": "é"}, "arguments_match": {"n": "^1"}, "arguments_types": {"n": "string"}},
            'call function pay, with among its arguments {"to": "é"}, with a n that matches ^1, with a n of the type '
            "string",
        ),
    ],
)
def test_an_expected_call_is_a_line_of_the_dialogue(check, line):
    assert as_line(CallCheck.model_validate({"tool": "pay"} | check)) == f"assistant: {line}"
