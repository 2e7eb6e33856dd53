"""Lists of functions: JSON in, functions or one line of complaint out, and JSON again."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import UsageError
from chatbot.listing import as_text
from chatbot.pack import Tool
from chatbot.packs import open_packs
from chatbot.packs.functions import functions_of, listed, read_functions

WEATHER = Path(__file__).parent.parent.parent / "examples" / "weather.json"
TICKET = {
    "name": "get_ticket",
    "description": "Tell the status.",
    "strict": True,
    "parameters": {
        "type": "object",
        "title": "Ticket",
        "x-requires": ["verify_user"],
        "x-effect": "write",
        "x-other": 1,
        "properties": {
            "title": {"type": "string", "title": "Title", "x-grounded": True},
            "login": {
                "type": "object",
                "properties": {"pin": {"type": "string", "writeOnly": True, "default": "0000"}},
                "patternProperties": {"title": {"type": "string"}, "x-.*": {"maxLength": 5}},
            },
            "key": {"$ref": "#/$defs/title"},
        },
        "$defs": {"title": {"type": "string", "writeOnly": True}},
    },
}
VERIFY = {"name": "verify_user", "description": "Verify."}


def function(**parameters):
    return {"name": "f", "description": "d", "parameters": {"type": "object", **parameters}}


def read(*items):
    return functions_of(json.dumps(items), "list.json")


def tools(functions):
    return [
        Tool(f.name, f.description, f.parameters, f.parse, print, f.effect, f.requires, 10.0, f.secrets, f.grounded)
        for f in functions
    ]


def values(functions):
    """The functions without what cannot be compared."""
    return [
        (f.name, f.description, f.parameters, f.effect, f.requires, f.secrets, f.grounded) for f in tools(functions)
    ]


def test_the_formats_own_list_is_read_and_given_back():
    (weather,) = read_functions(WEATHER)
    assert (weather.name, weather.effect, weather.requires) == ("get_weather", "read", ())
    assert weather.parse('{"location":"Rome"}') == {"location": "Rome"}
    text = json.dumps(listed(tools([weather])))
    assert text == json.dumps(json.loads(WEATHER.read_text("utf-8")))  # the order of keys, too


def test_marks_are_for_us_and_the_rest_is_for_the_model():
    ticket, verify = read(TICKET, VERIFY)
    assert (ticket.effect, ticket.requires) == ("write", ("verify_user",))
    assert (ticket.secrets, ticket.grounded) == ({"pin", "key"}, {"title"})
    assert ticket.parameters == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "login": {
                "type": "object",
                "properties": {"pin": {"type": "string"}},
                "patternProperties": {"title": {"type": "string"}, "x-.*": {"maxLength": 5}},
            },
            "key": {"$ref": "#/$defs/title"},
        },
        "$defs": {"title": {"type": "string"}},
    }
    assert verify.parameters == {"type": "object", "properties": {}}
    assert ticket.parse('{"title":"x","login":{"pin":"1"}}') == {"title": "x", "login": {"pin": "1"}}


def test_marks_are_put_back_into_the_schema():
    ticket = listed(tools(read(TICKET, VERIFY)))[0]["parameters"]
    assert (ticket["x-requires"], ticket["x-effect"]) == (["verify_user"], "write")
    assert ticket["properties"]["title"] == {"type": "string", "x-grounded": True}
    assert ticket["properties"]["login"]["properties"]["pin"] == {"type": "string", "writeOnly": True}
    assert ticket["properties"]["key"] == {"$ref": "#/$defs/title", "writeOnly": True}


def test_openais_wrapping_and_a_bom_are_taken(tmp_path):
    path = tmp_path / "list.json"
    items = [{"type": "function", "function": TICKET}, VERIFY]
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(items).encode())
    assert values(read_functions(path)) == values(read(TICKET, VERIFY))


def test_the_packs_that_come_along_can_be_listed_and_read():
    for pack in open_packs(["support", "minecraft", "weather"]):
        again = tools(functions_of(json.dumps(listed(pack.tools)), pack.name))
        for before, after in zip(pack.tools, again, strict=True):
            assert dict(before.parameters) == dict(after.parameters)
            assert (before.name, before.requires, before.effect) == (after.name, after.requires, after.effect)
            assert (before.secrets, before.grounded) == (after.secrets, after.grounded)


names = st.sampled_from(["a", "b", "title", "x-c", "writeOnly", "properties", "$defs", "default", "ü"])
leaves = st.sampled_from(
    [
        {"type": "string"},
        {"enum": [1, {"title": "kept"}]},
        {"$ref": "#"},
        {"$ref": "#/$defs/one"},
        {"type": "string", "title": "T", "default": "d", "x-vendor": {"a": 1}},
    ]
)


def marked(schemas):
    marks = st.dictionaries(st.sampled_from(["writeOnly", "x-grounded"]), st.booleans())
    return st.builds(lambda schema, extra: {**schema, **extra}, schemas, marks)


def nested(schemas):
    properties = st.dictionaries(names, marked(schemas), max_size=3)
    return (
        properties.map(lambda inner: {"type": "object", "properties": inner})
        | schemas.map(lambda inner: {"type": "array", "items": inner})
        | st.lists(schemas, min_size=1, max_size=2).map(lambda inner: {"anyOf": inner})
        | st.dictionaries(names, schemas, max_size=2).map(lambda inner: {"patternProperties": inner})
    )


@given(
    properties=st.dictionaries(names, marked(st.recursive(leaves, nested, max_leaves=8)), max_size=4),
    one=marked(leaves),
    effect=st.sampled_from(["read", "write"]),
    requires=st.lists(st.just("f"), max_size=1),
)
def test_what_was_read_is_the_same_after_it_was_listed(properties, one, effect, requires):
    schema = function(properties=properties, **{"$defs": {"one": one}, "x-effect": effect, "x-requires": requires})
    once = read(schema)
    assert values(read(*listed(tools(once)))) == values(once)
    for word in ("writeOnly", "x-grounded", "x-effect", "x-requires", "x-vendor"):
        assert word not in [key for part in _schemas(once[0].parameters) for key in part]


def _schemas(schema):
    from chatbot.schema.declared import parts

    return [part for _, part in parts(schema)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON: line 1, column 1: Expecting value."),
        ('[\n {"name": }]', "not JSON: line 2, column 11: Expecting value."),
        ("[NaN]", "not JSON: NaN is not JSON."),
        ("[" * 100_000, "not JSON: maximum recursion depth exceeded"),
        ("{}", "should be a list of functions, with at least one in it."),
        ("[]", "should be a list of functions, with at least one in it."),
        ('["f"]', "function 1: should be an object."),
        ([VERIFY, {}], "function 2, name: should be 1 to 64 of A-Z, a-z, 0-9, _ and -."),
        ([{"name": "a\nb"}], "function 1, name: should be 1 to 64"),
        ([{"name": "f"}], "f, description: should be a text that tells the model when to call the function."),
        ([VERIFY, VERIFY], "verify_user, name: is the name of an earlier function, too."),
        ([VERIFY | {"parameters": None}], "verify_user, parameters: should be a JSON schema, an object."),
        ([VERIFY | {"parameters": {}}], 'verify_user, parameters.type: should be "object".'),
        ([function(properties={"a": {"type": "strin"}})], "f, parameters.properties.a.type: should be 'array', "),
        (
            [function(properties={"a": {"pattern": "("}})],
            "f, parameters.properties.a.pattern: is no regular expression",
        ),
        ([function(properties={"a": {"$ref": "http://x.test"}})], "f, parameters.properties.a.$ref: refers to 'http"),
        ([{"type": "function", "function": function(required=5)}], "f, function.parameters.required: should be a list"),
        ([{"type": "function", "function": 5}], "function 1, function: should be an object."),
        ([function(required=["q"])], 'f, parameters.required: names "q", which is none of the properties.'),
        ([function(properties={"a\n\u001b b": 5})], 'f, parameters.properties."a\\n\\u001b b": should be an object'),
        ([function(**{"x-effect": "wirte"})], "f, parameters.x-effect: should be one of read, write."),
        ([function(**{"x-requires": "g"})], "f, parameters.x-requires: should be a list of names of functions."),
        ([function(**{"x-requires": ["g"]})], 'f, parameters.x-requires: names "g", which is no function of this list'),
        (
            [function(properties={"a": {"writeOnly": 1}})],
            "f, parameters.properties.a.writeOnly: should be true or false",
        ),
        ([function(properties={"a": {"x-grounded": 1}})], "f, parameters.properties.a.x-grounded: should be true or"),
        ([function(writeOnly=True)], "f, parameters: writeOnly marks a property"),
        ([function(additionalProperties={"x-grounded": True})], "f, parameters: x-grounded marks a property"),
        (
            [function(properties={"a": {"writeOnly": True}, "b": {"$ref": "#/properties/a"}})],
            "f, parameters.properties.b.$ref: should be #/$defs/NAME in a schema with writeOnly or x-grounded.",
        ),
        ([function(**{"$defs": {"a": True}})], "f, parameters.$defs.a: should be an object."),
    ],
    ids=str,
)
def test_a_bad_list_is_told_in_one_line_with_file_function_and_place(text, says):
    with pytest.raises(UsageError) as raised:
        functions_of(text if isinstance(text, str) else json.dumps(text), "list.json")
    assert str(raised.value).startswith(f"list.json: {says}")
    assert str(raised.value).isprintable()


def test_a_schema_that_is_too_deep_is_told():
    deep = {}
    for _ in range(300):
        deep = {"type": "array", "items": deep}
    with pytest.raises(UsageError, match=r"^list\.json: f: is nested too deep\.$"):
        read(function(properties={"a": deep}))


def test_files_that_are_no_lists_are_told(tmp_path):
    (tmp_path / "latin.json").write_bytes(b'["\xe4"]')
    for path, says in ((tmp_path / "latin.json", "is not UTF-8"), (tmp_path, "cannot be read"), (Path("\0"), "cannot")):
        with pytest.raises(UsageError, match=says):
            read_functions(path)


def test_a_schema_that_allows_anything_can_be_listed(tmp_path):
    schema = {"type": "object", "properties": {"p": True, "q": {}}}
    path = tmp_path / "any.json"
    path.write_text(json.dumps([{"name": "f", "description": "d", "parameters": schema}]))
    assert "- p (any, optional)\n  - q (any, optional)" in as_text(open_packs([str(path)]))
