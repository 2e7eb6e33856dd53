"""Whether a text, a call's arguments or a result are as expected: both in, what is not out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.masking import Mask
from chatbot.replay.comparing import argument_misses, result_misses, text_misses
from chatbot.scripts.form import CallCheck, ResultCheck, TextCheck

NO_MASK = Mask()


def masking(*secrets):
    mask = Mask()
    for secret in secrets:
        mask.learn(secret, "key")
    return mask


def of_text(check, text, mask=NO_MASK):
    return [*text_misses(TextCheck.model_validate(check), text, mask)]


def of_result(schema, content):
    return [*result_misses(ResultCheck.model_validate({"json_schema": schema}), content, NO_MASK)]


def of_arguments(check, arguments, mask=NO_MASK):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return [*argument_misses(CallCheck.model_validate({"tool": "t"} | check), text, mask)]


@pytest.mark.parametrize(
    ("check", "text", "told"),
    [
        ({"equals": "a b"}, " a b\n", []),
        ({"equals": ""}, "", []),
        ({"equals": "a b"}, "a  b", [("equals", 'is "a b"')]),
        ({"equals": "a"}, "A", [("equals", 'is "a"')]),
        ({"contains": ["a", "\n", "é"]}, "a\nb", [("contains", 'contains "é"')]),
        ({"matches": ["^b$", r"\Aa"]}, "a\nb", []),
        ({"matches": ["^b", "(?i)^B$", "a.b"]}, "a\nb", [("matches", "matches a.b")]),
        ({"lacks": ["b", "c"]}, "a\nb", [("lacks", 'does not contain "b"')]),
        ({"contains": ['say "x"\n']}, "", [("contains", r'contains "say \"x\"\n"')]),
        ({"equals": "x", "contains": "y", "lacks": "a"}, "a", [
            ("equals", 'is "x"'), ("contains", 'contains "y"'), ("lacks", 'does not contain "a"')
        ]),
    ],
)  # fmt: skip
def test_a_text_is_held_against_what_is_expected_of_it(check, text, told):
    assert of_text(check, text) == told


def test_a_secret_may_be_expected_as_it_is_or_masked_as_a_recording_has_it():
    mask = masking("s3same-open")
    for wanted in ("It is s3same-open.", "It is •••."):
        for text in ("It is s3same-open.", "It is •••."):
            assert of_text({"equals": wanted, "contains": wanted[:-1]}, text, mask) == []
            assert of_arguments({"arguments": {"key": wanted}}, {"key": text}, mask) == []
            assert of_arguments({"arguments_include": {"key": wanted}}, {"key": text, "n": 1}, mask) == []
    assert of_text({"equals": "It is another."}, "It is •••.", mask) == [("equals", 'is "It is another."')]


@pytest.mark.parametrize(
    ("wanted", "given", "same", "within"),
    [
        ({}, {}, True, True),
        ({}, {"a": 1}, False, True),
        ({"a": 1}, {"a": 1.0}, True, True),
        ({"a": 1}, {"a": True}, False, False),
        ({"a": 0}, {"a": False}, False, False),
        ({"a": "1"}, {"a": 1}, False, False),
        ({"a": None}, {}, False, False),
        ({"a": None}, {"a": None}, True, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, False, True),
        ({"a": [1, {"b": 1}]}, {"a": [1, {"b": 1, "c": 2}]}, False, True),
        ({"a": [1]}, {"a": [1, 2]}, False, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False, False),
        ({"a": 10**400}, {"a": 10**400}, True, True),
        ({"a": 0.5}, {"a": 10**400}, False, False),
    ],
)
def test_arguments_are_exactly_or_at_least_what_is_expected(wanted, given, same, within):
    assert (of_arguments({"arguments": wanted}, given) == []) is same
    assert (of_arguments({"arguments_include": wanted}, given) == []) is within


@pytest.mark.parametrize("written", ["", "{}", "{broken", "[]", '"text"', "null", "[" * 100_000])
def test_arguments_that_are_no_object_have_nothing_in_them(written):
    told = [] if written in ("", "{}") else [("arguments", "has the arguments {}")]
    assert of_arguments({"arguments": {}}, written) == told
    assert of_arguments({"arguments_include": {"a": 1}}, written) == [
        ("arguments_include", 'has the arguments {"a": 1}, and perhaps more')
    ]
    assert of_arguments({"arguments_match": {"a": "."}, "arguments_types": {"a": "null"}}, written) == [
        ("arguments_match.a", "has a a that matches ."),
        ("arguments_types.a", "has a a of the type null"),
    ]


@pytest.mark.parametrize(
    ("pattern", "value", "holds"),
    [("^1+$", "11", True), ("^1$", "11", False), ("^12$", 12, True), ("true", True, True), (r'^\["é"\]$', ["é"], True)],
)
def test_an_argument_matches_as_a_text_or_as_json(pattern, value, holds):
    assert (of_arguments({"arguments_match": {"a": pattern}}, {"a": value}) == []) is holds


VALUES = {
    "string": ["", "a"], "integer": [0, -1, 10**400, 1.0], "number": [0.5, 1, 1.0], "boolean": [True, False],
    "array": [[], [1]], "object": [{}, {"a": 1}], "null": [None],
}  # fmt: skip
ALSO = {("integer", "number"), ("number", "integer")}


@pytest.mark.parametrize("kind", VALUES)
def test_an_argument_has_the_type_that_json_calls_it(kind):
    for other, values in VALUES.items():
        for value in values:
            holds = of_arguments({"arguments_types": {"a": kind}}, json.dumps({"a": value})) == []
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            assert holds is (other == kind or ((kind, other) in ALSO and (kind == "number" or whole)))


@pytest.mark.parametrize(
    ("schema", "content", "told"),
    [
        ({"type": "object", "required": ["id"]}, '{"id": 5}', None),
        ({"type": "object"}, "[]", "[] is not of type 'object'"),
        ({"required": ["id"]}, "{}", "'id' is a required property"),
        ({"properties": {"id": {"enum": ["a"]}}}, '{"id": "b"}', "'b' is not one of ['a']"),
        ({}, "plain text", "it is not JSON"),
        ({}, "", "it is not JSON"),
        ({}, "NaN", "it is not JSON"),
        ({}, "[" * 100_000, "it is not JSON"),
        ({"$ref": "#"}, "1", "the schema refers to itself without end"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}}, "1", "1 is not of type 'null'"),
        ({"multipleOf": 0.1}, "1" + "0" * 400, "a number is too large to be checked"),
        ({"const": "a\nb"}, '"x"', "'a\\nb' was expected"),
    ],
)
def test_a_result_fits_its_json_schema(schema, content, told):
    wanted = [("json_schema", f"fits its JSON schema ({told})")] if told else []
    assert of_result(schema, content) == wanted


def test_what_does_not_fit_is_told_shortly():
    [(_, told)] = of_result({"maxItems": 1}, json.dumps(["x" * 100] * 100))
    assert len(told) < 250


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abc", max_size=2), json_values, max_size=3), st.text("xyz", min_size=1, max_size=2))
def test_a_call_has_its_own_arguments_and_with_more_it_includes_them(arguments, more):
    whole = arguments | {more: 1}
    assert of_arguments({"arguments": arguments}, arguments) == []
    assert of_arguments({"arguments_include": arguments}, whole) == []
    assert of_arguments({"arguments": arguments}, whole) != []
    assert of_arguments({"arguments_include": whole}, arguments) != []
