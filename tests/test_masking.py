import base64
import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.masking import MASK, Mask, MaskedStream
from chatbot.types import ToolCall
from tests.conversation import tool

LOG_IN = tool("log_in", None, secrets=frozenset({"api_key"}))
SECRET = 'p"ss wörd/9+x'


def mask_of(*secrets, name=""):
    mask = Mask([LOG_IN])
    for secret in secrets:
        mask.learn(secret, name)
    return mask


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        quote(SECRET),
        quote(SECRET, safe="").lower(),
        json.dumps(SECRET)[1:-1].replace("/", r"\/"),
        json.dumps(json.dumps(SECRET))[3:-3],
    ],
)
def test_a_secret_is_found_however_it_is_written(form):
    assert mask_of(SECRET).text(f"before {form} after") == f"before {MASK} after"


@pytest.mark.parametrize("before", ["", "a", "ab", "ann:"])
@pytest.mark.parametrize("behind", ["", "z", "zz", ":ann"])
def test_a_secret_is_found_in_the_base64_of_more_than_itself(before, behind):
    shown = mask_of(SECRET).text(base64.b64encode(f"{before}{SECRET}{behind}".encode()).decode())
    assert MASK in shown
    assert len(shown) <= len(MASK) + 16


def test_a_secret_is_found_as_javascript_and_go_escape_it():
    mask = mask_of("a(b)'c&<d>/x")
    assert mask.text("a(b)'c%26%3Cd%3E%2Fx") == MASK
    assert mask.text(r"a(b)\u0027c\u0026\u003cd\u003e/x") == MASK


def test_the_base64_of_a_short_secret_is_a_word_too():
    assert mask_of("4711").text("NDcxMQ== NDcxMQ xNDcxMQ") == f"{MASK} {MASK} xNDcxMQ"


def test_a_short_secret_is_masked_as_a_word_and_leaves_its_own_name_alone():
    mask = mask_of("key", name="api_key")
    assert mask.text('My API key is: "key", the api_key, monkey business; key.') == (
        f'My API key is: "{MASK}", the api_key, monkey business; {MASK}.'
    )


def test_a_secret_that_is_the_first_word_of_its_own_name_leaves_the_name_alone_too():
    assert mask_of("API", name="api_key").text("The API key is API.") == f"The API key is {MASK}."


def test_nothing_is_learned_from_nothing():
    assert mask_of("", "  ", None).text("all of it") == "all of it"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('my api key is "key"', f'my api key is "{MASK}"'),
        ("API-Key: s3same!", f"API-Key: {MASK}!"),
        ("my api key is wrong", "my api key is wrong"),
        ("the key is: wrong", f"the key is: {MASK}"),
        ("My key: s3same-open", f"My key: {MASK}"),
        ("in key west: sunny", "in key west: sunny"),
        ("user jane_roe key s3same-open", f"user jane_roe key {MASK}"),
        ("use s3same-open as my API key, I am jane_roe", f"use {MASK} as my API key, I am jane_roe"),
        ("I am jane_roe, my api key is opensesame", f"I am jane_roe, my api key is {MASK}"),
        ("api key (s3same-open), username jane_roe", f"api key ({MASK}), username jane_roe"),
        ("my API key's s3same-open", f"my API key's {MASK}"),
        ("my api key should be s3same-open", f"my api key should be {MASK}"),
        ("api_key -> s3same-open", f"api_key -> {MASK}"),
        ("my API key, s3same-open", f"my API key, {MASK}"),
        ("my API key is actually s3same-open", f"my API key is actually {MASK}"),
        ("my api key for support is open-sesame", f"my api key for support is {MASK}"),
        ("s3same-open is my API key", f"{MASK} is my API key"),
        ("api_key=abc123, thanks", f"api_key={MASK}, thanks"),
        ("apiKey 'two words'", f"apiKey '{MASK}'"),
        ("here: sk-abcdefghijklmnop1234", f"here: {MASK}"),
        ("what is an api key for?", "what is an api key for?"),
    ],
)
def test_what_the_user_calls_by_a_secrets_name_is_a_secret(said, shown):
    mask = mask_of()
    mask.learn_speech(said)
    assert mask.text(said) == shown


@pytest.mark.parametrize(
    ("asked", "said", "shown"),
    [
        ("Your API key, please?", "open-sesame", MASK),
        ("Your API key, please?", "'s3same'.", f"'{MASK}'."),
        ("Your API key, please?", "no idea", "no idea"),
        ("Your username and your API key?", "john_doe", "john_doe"),
        ("Your username and your API key?", "Hello there!", "Hello there!"),
        ("Your username and your API key?", "john_doe / open-sesame", f"john_doe / {MASK}"),
        ("Your username and your API key?", "john_doe and sesame", f"john_doe and {MASK}"),
        ("", "open-sesame", "open-sesame"),
    ],
)
def test_the_answer_to_a_question_for_a_secret_is_one(asked, said, shown):
    parameters = {"properties": {"username": {}, "api_key": {}}}
    mask = Mask([replace(LOG_IN, parameters=parameters)])
    mask.learn_speech(said, asked)
    assert mask.text(said) == shown


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ('{"user": "ann", "api_key": "x"}', '{"user": "ann", "api_key": "•••"}'),
        ('{"deep": [{"api_key": {"a": 1}}]}', '{"deep": [{"api_key": "•••"}]}'),
        ('{"api_key": "x"', MASK),
        ("[1]", MASK),
        ("", MASK),
    ],
)
def test_the_secret_arguments_of_a_call_are_masked_or_else_all_of_them(arguments, shown):
    assert mask_of().call(ToolCall("1", "log_in", arguments)).arguments == shown


@pytest.mark.parametrize(
    ("name", "arguments", "shown"),
    [
        ("note", '{"text":  "s3same-open"}', ("note", '{"text": "•••"}')),
        ("note", r'{"text": "s3same\u002dopen"}', ("note", '{"text": "•••"}')),
        ("note", '{"s3same-open": 1}', ("note", '{"•••": 1}')),
        ("note", r'{"text":  "\u0041"}', ("note", r'{"text":  "\u0041"}')),
        ("s3same-open", "{}", ("•••", "{}")),
        ("log_in", "{}", ("log_in", "{}")),
        ("log_in", '{"a": ' + "[" * 200_000 + "]" * 200_000 + "}", ("log_in", MASK)),
    ],
)
def test_a_call_shows_no_secret_whatever_it_is_written_with(name, arguments, shown):
    call = mask_of("s3same-open").call(ToolCall("1", name, arguments))
    assert (call.name, call.arguments) == shown


def test_the_values_of_a_calls_secret_arguments_become_secrets():
    mask = mask_of()
    mask.learn_call(ToolCall("1", "log_in", '{"api_key": "abc-123-def", "user": "ann"}'))
    assert mask.text("ann said abc-123-def") == f"ann said {MASK}"


@given(st.lists(st.sampled_from(["se", "cret", "-value", " ", "s", "x", "secret-value"]), max_size=12))
def test_a_secret_split_over_pieces_does_not_get_through(pieces):
    mask = mask_of("secret-value")
    stream = MaskedStream(mask)
    shown = "".join([stream.feed(piece) for piece in pieces]) + stream.flush()
    assert shown == mask.text("".join(pieces))
