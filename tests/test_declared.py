"""JSON schemas that people wrote: arguments in; values or complaints out."""

import pytest

from chatbot.pack import InvalidArguments
from chatbot.schema.declared import BadSchema, check_schema, parser_for

WEATHER = {
    "properties": {"location": {"type": "string"}, "unit": {"enum": ["c", "f"], "type": "string"}},
    "required": ["location"],
    "type": "object",
}


def taking(part, **more):
    return {"type": "object", "properties": {"a": part}, **more}


def complaint(schema, text, *secrets):
    check_schema(schema)
    with pytest.raises(InvalidArguments) as raised:
        parser_for(schema, frozenset(secrets))(text)
    assert "hidden" not in str(raised.value)
    return str(raised.value)


def parsed(schema, text):
    check_schema(schema)
    return parser_for(schema, frozenset())(text)


def test_arguments_that_fit_are_taken_as_they_are():
    assert parsed(WEATHER, '{"location":"Zürich"}') == {"location": "Zürich"}
    assert parsed(WEATHER, '{"unit":"c","location":""}') == {"unit": "c", "location": ""}
    assert parsed(taking({"type": "string", "format": "date"}), '{"a":"no date"}') == {"a": "no date"}
    assert parsed(taking({"$ref": "#/$defs/d"}, **{"$defs": {"d": {"type": "null"}}}), '{"a":null}') == {"a": None}
    assert parsed({"type": "object"}, "{}") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "location: missing"),
        ('{"location":5}', "location: should be a string"),
        ('{"location":"","unit":"k"}', "unit: should be 'c' or 'f'"),
        ('{"location":"","city":1}', "city: there is no such argument (only location, unit)"),
        ('{"unit":5}', "unit: should be 'c' or 'f' or a string; location: missing"),
        ("[]", "should be an object"),
        ("null", "should be an object"),
        ("", "they are not a JSON object: Expecting value: line 1 column 1 (char 0)"),
        ('{"location":NaN}', "they are not a JSON object: NaN is not JSON"),
        ('{"location":1e999}', "they are not a JSON object: a number is too big"),
        ('{"location":"a","location":"b"}', "they are not a JSON object: a name is given twice"),
    ],
)
def test_a_complaint_names_the_argument_and_what_to_fix(text, says):
    assert complaint(WEATHER, text) == says


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ({"type": "integer"}, "1.0", "a: should be a whole number"),
        ({"type": "integer"}, "true", "a: should be a whole number"),
        ({"type": ["number", "null"]}, '"x"', "a: should be a number or null"),
        ({"type": "boolean"}, "1", "a: should be true or false"),
        ({"type": "array", "items": {"type": "string"}}, '["x",1]', "a.1: should be a string"),
        ({"const": "x"}, "1", "a: should be 'x'"),
        ({"enum": [1, None, "x"]}, "2", "a: should be 1, null or 'x'"),
        ({"minimum": 3}, "2", "a: should be greater than or equal to 3"),
        ({"maxLength": 2}, '"hidden"', "a: should have at most 2 characters"),
        ({"pattern": "^x$"}, '"hidden"', "a: should match the pattern '^x$'"),
        ({"uniqueItems": True}, "[1,1]", "a: should hold nothing twice"),
        ({"not": {"const": 1}}, "1", "a: is not allowed"),
        ({"propertyNames": {"maxLength": 1}}, '{"kk":1}', "a: should have at most 1 characters"),
        ({"contains": {"const": 1}}, "[2]", "a: is not valid (contains)"),
        ({"anyOf": [{"type": "integer"}, {"type": "array"}]}, '"x"', "a: should be a whole number or a list"),
        ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, "3", "a: fits more than one of the forms of which it should"),
        ({"properties": {"k": {}}, "required": ["k"]}, "{}", "a.k: missing"),
        ({"properties": {"k": {}}, "additionalProperties": False}, '{"l":1}', "a.l: there is no such argument (only k"),
        ({"dependentRequired": {"k": ["l"]}}, '{"k":1}', "a.l: missing"),
    ],
    ids=str,
)
def test_every_keyword_has_its_words(part, value, says):
    assert complaint(taking(part), f'{{"a":{value}}}').startswith(says)


def test_undeclared_arguments_are_refused_unless_the_schema_allows_them():
    assert complaint({"type": "object"}, '{"a":1}') == "a: there is no such argument"
    assert parsed({"type": "object", "additionalProperties": True}, '{"a":1}') == {"a": 1}
    assert parsed({"type": "object", "patternProperties": {"^a": {}}}, '{"ab":1}') == {"ab": 1}
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert parsed(counts, '{"a":1}') == {"a": 1}
    assert complaint(counts, '{"a":"x"}') == "a: should be a whole number"
    assert parsed(taking({}), '{"a":{"what":"ever"}}') == {"a": {"what": "ever"}}


def test_properties_may_be_declared_in_the_branches_of_a_schema():
    schema = taking({"const": 1}, allOf=[{"$ref": "#/$defs/b"}], **{"$defs": {"b": {"properties": {"b": {}}}}})
    assert parsed(schema, '{"a":1,"b":2}') == {"a": 1, "b": 2}
    assert complaint(schema, '{"a":1,"c":2}') == "c: there is no such argument (only a)"
    optional = taking({}, **{"if": {"required": ["a"]}, "then": {"properties": {"b": {}}}})
    assert parsed(optional, '{"a":1,"b":2}') == {"a": 1, "b": 2}
    assert complaint(optional, '{"b":2}') == "some of them do not go together"


def test_no_complaint_leads_into_a_secret():
    schema = taking({"type": "object", "additionalProperties": {"type": "integer"}})
    assert complaint(schema, '{"a":{"hidden":"x"}}', "a") == "a: should be a whole number"


def test_a_long_list_of_complaints_is_cut():
    schema = {"type": "object", "properties": {f"p{number}": {"type": "null"} for number in range(10)}}
    text = "{" + ",".join(f'"p{number}":1' for number in range(10)) + "}"
    assert complaint(schema, text).endswith("p7: should be null; and 2 more")


def test_what_is_too_deep_is_a_complaint_too():
    assert complaint(WEATHER, "[" * 100_000).startswith("they are not a JSON object: maximum recursion")
    circle = {"type": "object", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    assert complaint(circle, "{}") == "they cannot be checked (RecursionError)"


def test_a_schema_that_was_never_checked_still_fetches_nothing():
    with pytest.raises(InvalidArguments, match="they cannot be checked"):
        parser_for(taking({"$ref": "http://127.0.0.1:9/schema.json"}), frozenset())('{"a":1}')


@pytest.mark.parametrize(
    ("schema", "path", "says"),
    [
        (taking({"type": "strin"}), "properties.a.type", "should be 'array', 'boolean'"),
        (taking({"pattern": "("}), "properties.a.pattern", "is no regular expression"),
        (taking({"minLength": -1}), "properties.a.minLength", "should be greater than or equal to 0"),
        (taking(5), "properties.a", "should be an object or true or false"),
        ({"required": "a"}, "required", "should be a list"),
        (taking({"$ref": "http://x.test/y"}), "properties.a.$ref", "refers to 'http://x.test/y', which is not in"),
        (taking({"$ref": "other.json#/a"}), "properties.a.$ref", "which is not in this schema"),
        (taking({"$ref": "#/$defs/gone"}), "properties.a.$ref", "which is not in this schema"),
        (taking({"$dynamicRef": "#a"}), "properties.a.$dynamicRef", "which is not in this schema"),
        (taking({"$id": "http://x.test/"}), "properties.a.$id", "is not supported"),
        ({"anyOf": [{"$ref": "#/anyOf/1"}]}, "anyOf.0.$ref", "which is not in this schema"),
    ],
    ids=str,
)
def test_a_bad_schema_is_told_with_the_path_in_it(schema, path, says):
    with pytest.raises(BadSchema, match=says.replace("$", r"\$")) as raised:
        check_schema(schema)
    assert ".".join(map(str, raised.value.path)) == path
