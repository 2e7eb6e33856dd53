"""What counts as given: by the user, or by a tool; in other spellings, but never in part."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.schema.cleaning import inventable
from chatbot.trust.grounding import Ground, ungrounded

GIVEN = {
    "as it is": [
        ("12345", "the ticket 12345 please"),
        ("s3same-open", "it's s3same-open"),
        ("Dr. Smith", "Dr. Smith, ok"),
    ],
    "punctuation and quotes": [("12345", "#12345"), ("12345", "«12345»."), ("key", 'my API key is: "key"')],
    "case and width": [
        ("Momo", "MOMO"),
        ("straße", "STRASSE"),
        ("12345", "１２３４５"),
        ("3456", "٣٤٥٦"),
        ("٣٤٥٦", "3456"),
    ],
    "digits with separators": [
        *[("12345", text) for text in ("12 345", "12,345", "12-345", "12.345", "12'345")],
        ("4155550123", "415-555-0123"),
        ("415-555-0123", "4155550123"),
        ("12345", "12345,67890"),
        ("67890", "12345, 67890"),
    ],
    "numbers by value": [
        *[
            (22.0, "22"),
            (22, "22.0 degrees"),
            (10.5, "10.50"),
            (7, "007"),
            (15, "15%"),
            (5, "5kg"),
            (3, "3-5"),
            (5, "3-5"),
        ],
        *[(19.99, "$19.99"), (19.99, "19,99 €"), (1000, "1,000"), (1000, "1.000"), (1, "1.000"), (1000.0, "1 000")],
        *[("-5", "it is -5 today"), ("-5", "\u22125"), (-5, "minus five"), ("19.99", "19,99")],
    ],
    "numbers in words": [
        *[
            (5, "five dice"),
            (21, "twenty-one"),
            (200, "two hundred"),
            (105, "one hundred and five"),
            ("5", "ticket five"),
        ],
        *[
            (12, "a dozen"),
            (2, "a couple of"),
            (5, "five six"),
            (6, "five six"),
            (5, "five and six"),
            (6, "five and six"),
        ],
    ],
    "e-mail": [
        ("john@example.com", text)
        for text in (
            *("<John@Example.com>.", "mailto:john@example.com", "john[at]example.com", "john at example dot com"),
            *("john (at) example (dot) com", "Write to john@example.com, please"),
        )
    ],
    "telephone": [
        *[("+16506001008", text) for text in ("+1 (650) 600-1008", "0016506001008", "16506001008", "1-650-600-1008")],
        ("6506001008", "+1 (650) 600-1008"),
        ("+442079460000", "+44 (0)20 7946 0000"),
    ],
    "names": [
        *[("john_doe", text) for text in ("I am John Doe", "john-doe", "John  Doe")],
        *[("ABC-123", "abc 123"), ("ABC-123", "ABC123"), ("ABC123", "abc-123"), ("O'Brien", "o’brien")],
        ("San Francisco, CA", "weather in san francisco ca"),
    ],
    "scripts without spaces": [("北京", "北京天气怎么样"), ("กรุงเทพ", "อากาศกรุงเทพวันนี้")],
    "addresses on the web": [
        ("https://example.com/a?b=1", "see example.com/a?b=1."),
        ("https://example.com/", "example.com"),
    ],
    "days": [
        ("2024-05-12", text)
        for text in (
            "12 May 2024",
            "May 12th, 2024",
            "12/05/2024",
            "5/12/2024",
            "12.5.2024",
            "2024/05/12",
            "the 12th of may 2024",
        )
    ],
    "nothing at all": [("", "x"), (" ", "")],
}
NEVER_GIVEN = {
    "part of something longer": [("123", "12345"), ("ann", "banner"), ("2345", "12345"), (2, "a2b"), ("key", "monkey")],
    "two numbers": [
        ("12345", "12, 345"),
        ("12345", "12. 345"),
        ("12345", "12\n345"),
        ("12", "1 2"),
        (56, "five six"),
        (11, "five and six"),
    ],
    "a sign or a point": [
        *[
            ("1.5", "15"),
            ("15", "1.5"),
            ("5", "1.5"),
            (15, "1.5"),
            (5, "1.5"),
            ("3.11", "311"),
            (99, "99.5"),
            ("1-2", "12"),
        ],
        *[("-5", "5"), (-5, "3-5")],
    ],
    "zeros that matter": [("007", "7"), ("7", "007")],
    "another address": [
        ("john@example.com", text)
        for text in (
            "other@example.com",
            "xjohn@example.com",
            "ann.john@example.com",
            "john@example.com.au",
            "john@example.co",
        )
    ],
    "a country that nobody named": [("+16506001008", "650-600-1008")],
    "a longer path": [("https://example.com/a", "example.com/a/b")],
    "another day": [("2024-05-12", "tomorrow"), ("2024-05-12", "2024-05-13"), ("2024-05-12", "31/31/2024")],
    "nothing was said": [("12345", ""), (5, " ")],
}


def cases(table):
    return [
        pytest.param(value, said, id=f"{kind}: {value!r} in {said!r}")
        for kind, rows in table.items()
        for value, said in rows
    ]


def said(*texts):
    ground = Ground()
    for text in texts:
        ground.hear(text)
    return ground


@pytest.mark.parametrize(("value", "text"), cases(GIVEN))
def test_given(value, text):
    assert said(text).holds(value)


@pytest.mark.parametrize(("value", "text"), cases(NEVER_GIVEN))
def test_never_given(value, text):
    assert not said(text).holds(value)


def test_it_may_have_been_given_at_any_time():
    ground = said("I am john_doe", "and the key?", "it is 4711")
    assert ground.holds("john_doe")
    assert ground.holds("4711")


def test_what_a_tool_returns_is_given():
    ground = Ground()
    ground.learn('{"tickets": [{"id": "T-77", "price": 12.5, "title": "caf\\u00e9 \\"Momo\\""}], "98765": null}', "{}")
    assert all(map(ground.holds, ("T-77", 12.5, "café", 'café "Momo"', "98765")))
    assert not ground.holds("T-78")


def test_what_a_tool_only_echoes_is_not():
    ground = Ground()
    ground.learn('{"query": "99999", "hits": ["T-77"]}', '{"query": "99999"}')
    ground.learn("There is no ticket 88888.", '{"id": 88888}')
    assert ground.holds("T-77")
    assert not ground.holds("99999")
    assert not ground.holds("88888")
    ground.hear("99999, I said!")
    assert ground.holds("99999")


def test_the_oldest_is_forgotten_first():
    ground = Ground(limit=100)
    ground.hear("first 11111")
    for _ in range(30):
        ground.hear("then 22222 and so on")
    assert ground.holds("22222")
    assert not ground.holds("11111")


def test_the_marked_arguments_are_looked_at_at_any_depth():
    arguments = {
        "id": "1111",
        "note": "3333",
        "items": [{"id": "2222"}, {"id": "4444"}],
        "id2": True,
        "n": {"id": None},
    }
    assert list(ungrounded(arguments, frozenset({"id"}), said("2222"))) == ["id", "items.1.id"]
    assert list(ungrounded({"items": [["a", "bb"], 7]}, frozenset({"items"}), said("a 7"))) == ["items.0.1"]
    assert list(ungrounded(arguments, frozenset(), said(""))) == []


def test_only_what_is_free_can_be_made_up():
    node = {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}}}
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["c", "f"], "type": "string"},
            "days": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "loud": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": ["string", "null"]}},
            "node": {"$ref": "#/$defs/Node"},
            "id": {"$ref": "#/$defs/Id"},
            "kind": {"$ref": "#/$defs/Kind"},
            "pet": {"oneOf": [{"$ref": "#/$defs/Node"}], "discriminator": {"propertyName": "kind", "mapping": {}}},
            "any": {},
            "all": True,
            "more": {"type": "array", "items": {}},
        },
        "$defs": {"Node": node, "Id": {"type": "string"}, "Kind": {"enum": ["a", "b"]}},
    }
    assert inventable(schema) == {"city", "days", "tags", "name", "id", "any", "all", "more"}


@given(st.text(), st.text(alphabet="abc 1,.-@", max_size=40))
def test_what_is_said_word_for_word_is_given(before, value):
    words = value.split(",")[0].strip(" .-@")
    if words and "@" not in words and not words.replace(".", "").replace("-", "").isdigit():
        assert said(f"{before}\n{words}\n").holds(words)


@given(st.text(alphabet="0123456789 ,.-:\n#ab", max_size=60), st.integers(100_000, 999_999))
def test_digits_that_were_never_said_are_never_given(text, number):
    digits = "".join(character for character in text if character.isdigit())
    if str(number) not in digits:
        assert not said(text).holds(str(number))


@given(st.text(max_size=30), st.one_of(st.text(max_size=30), st.integers(), st.floats()))
def test_whatever_is_asked_has_an_answer(text, value):
    ground = said(text, "\ud800", "9" * 5000)
    assert ground.holds(value) in (True, False)
    assert ground.holds(10**5000) is False


@given(st.text(max_size=20))
def test_an_echo_never_gives(value):
    ground = Ground()
    ground.learn(json.dumps({"echo": value}), json.dumps({"echo": value}))
    assert not value.strip() or not ground.holds(value)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20))), st.text(max_size=5))
def test_a_ground_can_be_kept_as_json(results, value):
    ground = Ground()
    for result, arguments in results:
        ground.learn(result, arguments)
    kept = Ground.of(json.loads(json.dumps(ground.texts())))
    assert kept.holds(value) == ground.holds(value)


@pytest.mark.parametrize(
    "piece", ["9", "1,", "a", "(", "a@", "1 ", " at ", "five ", "1.1", "5/5/", "12 may ", "\u0e01"]
)
def test_a_hostile_text_takes_no_more_than_a_long_one(piece):
    ground = said(piece * (100_000 // len(piece)))
    for value in ("12345", 5, "x@y.de", "https://a.b", "2024-01-01", "1111111111", "aaaaab"):
        assert ground.holds(value) in (True, False)


@pytest.mark.parametrize("said_", ["my key is p@ss:w0rd!", "key=p@ss:w0rd!, thanks", '"p@ss:w0rd!"', "(P@SS:w0rd!)"])
def test_a_password_with_an_at_sign_is_given_as_it_is(said_):
    assert said(said_).holds("p@ss:w0rd!")
    assert not said(said_).holds("p@ss:w0")
    assert not said(said_).holds("s@ss:w0rd!")
