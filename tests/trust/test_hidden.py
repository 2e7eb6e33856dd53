import json
from dataclasses import replace

import pytest

from chatbot.errors import UsageError
from chatbot.models.scripted import Scripted
from chatbot.pack import InvalidArguments, Pack, function_schema
from chatbot.packs import open_packs
from chatbot.runtime import Trust
from chatbot.session import Session
from chatbot.trust.hidden import hide, with_secrets
from chatbot.types import User
from tests.answers import NO, Answers
from tests.conversation import calling, pack, say, told, tool

VAULT = '''
from chatbot import Grounded, Secret, ToolFailed, tool

@tool
def unlock(door: Grounded[str], pin: Secret[int], hint: Secret[str] = "none") -> dict:
    """Unlock a door."""
    if pin == 13:
        raise ToolFailed(f"{pin} is an unlucky PIN.")
    return {"door": door, "pin": pin, "hint": hint}

@tool
def log_in(key: Secret[str]) -> dict:
    """Log in."""
    return {"echo": key}

@tool
def greet(name: str) -> str:
    """Greet."""
    return f"Hello {name}"
'''


@pytest.fixture
def vault(tmp_path):
    (tmp_path / "vault.py").write_text(VAULT, "utf-8")
    return hide(open_packs([str(tmp_path / "vault.py")])[0])


def session_of(vault, user, *replies):
    return Session(Scripted(*replies, "Well."), [vault], trust=Trust(asker=user))


def durable(events):
    kinds = ("call:", "result:", "notice:")
    return [line for line in told(events) if line.startswith(kinds)]


def test_the_schema_that_the_model_gets_does_not_have_the_secrets(vault):
    unlock, log_in, greet = (function_schema(tool)["function"]["parameters"] for tool in vault.tools)
    assert list(unlock["properties"]) == ["door"]
    assert unlock["required"] == ["door"]
    assert log_in["properties"] == {}
    assert log_in["required"] == []
    assert list(greet["properties"]) == ["name"]
    assert "pin" not in json.dumps(unlock)


def test_the_user_is_asked_and_the_tool_gets_what_they_gave_while_the_model_never_does(vault):
    user = Answers(pin="4711", hint="birthday!")
    session = session_of(vault, user, calling(("unlock", {"door": "red"})))
    events, _ = say(session, "open the red door")
    assert user.asked == ['unlock {"door": "red"}: pin?', 'unlock {"door": "red"}: hint?']
    assert durable(events) == ['call: unlock {"door": "red"}', 'result: {"door": "red", "pin": •••, "hint": "•••"}']
    assert "4711" not in repr(events) + repr(session.history) + repr(session.model.prompts)
    assert "birthday" not in repr(events) + repr(session.history) + repr(session.model.prompts)


def test_asking_is_told_in_events_and_the_secret_is_not(vault):
    events, _ = say(session_of(vault, Answers(pin="4711"), calling(("unlock", {"door": "red"}))), "red")
    asked = [event for event in events if event.type.startswith("secret")]
    assert [(event.type, event.argument, getattr(event, "given", None)) for event in asked] == [
        ("secret_asked", "pin", None),
        ("secret_answered", "pin", True),
        ("secret_asked", "hint", None),
        ("secret_answered", "hint", False),
    ]


def test_an_optional_secret_may_be_left_out_and_a_needed_one_not(vault):
    assert durable(say(session_of(vault, Answers(pin="5"), calling(("unlock", {"door": "red"}))), "red")[0])[1:] == [
        'result: {"door": "red", "pin": •••, "hint": "none"}'
    ]
    assert durable(say(session_of(vault, Answers(), calling(("unlock", {"door": "red"}))), "red")[0])[1:] == [
        "result: denied: unlock needs pin and hint; the user was asked, and did not give it."
    ]


def test_a_number_is_asked_for_as_a_number_and_words_are_told_to_be_none(vault):
    events, _ = say(session_of(vault, Answers(pin="secret", hint="x"), calling(("unlock", {"door": "red"}))), "red")
    assert durable(events)[1:] == [
        "result: invalid: The arguments of unlock are not valid: pin: should be a whole number"
    ]


@pytest.mark.parametrize("written", ["", "{}", "{ }"])
def test_a_tool_that_takes_nothing_else_is_called_with_nothing(vault, written):
    events, _ = say(session_of(vault, Answers(key="s3same-open"), calling(("log_in", written or "{}"))), "log in")
    assert durable(events)[1:] == ['result: {"echo": "•••"}']


@pytest.mark.parametrize("name", ["pin", "PIN", "Hint"])
def test_a_model_that_gives_the_secret_itself_is_refused_and_noted_and_nobody_is_asked(vault, name):
    user = Answers(pin="4711")
    events, _ = say(session_of(vault, user, calling(("unlock", {"door": "red", name: "0000"}))), "red")
    assert user.asked == []
    assert durable(events)[1:] == [
        f"notice: unlock was refused: the model wrote {name}, which only the session gives.",
        f"result: denied: unlock is refused: {name} is given by the session, never by you. Call without it.",
    ]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("open it", "they are not a JSON object: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "should be an object"),
        ("{}", "door: missing"),
        ('{"door": 5}', None),
        ('{"door": "red", "door": "red"}', "they are not a JSON object: a name is given twice"),
        ('{"door": "red", "window": 1}', "window: there is no such argument (only door)"),
    ],
)
def test_nobody_is_asked_for_a_call_that_cannot_run(vault, written, complaint):
    user = Answers(pin="4711", hint="x")
    events, outcome = say(session_of(vault, user, calling(("unlock", written))), "the red door")
    assert user.asked == []
    assert outcome.stop == "done"
    if complaint:
        assert durable(events)[1] == f"result: invalid: The arguments of unlock are not valid: {complaint}"


def test_a_made_up_argument_beside_a_hidden_one_is_refused(vault):
    user = Answers(pin="4711")
    events, _ = say(session_of(vault, user, calling(("unlock", {"door": "blue"}))), "the red door")
    assert user.asked == []
    assert durable(events)[1] == "result: denied: unlock is refused: door was never given: ask the user for it."


def test_the_secret_is_masked_in_errors_and_in_what_comes_later(vault):
    greeting = calling(("greet", {"name": "13"}), text="13, says the model, or MTM=")
    session = session_of(vault, Answers(pin="13"), calling(("unlock", {"door": "red"})), greeting)
    events, _ = say(session, "red")
    assert durable(events) == [
        'call: unlock {"door": "red"}',
        "result: failed: ••• is an unlucky PIN.",
        'call: greet {"name": "•••"}',
        "result: Hello •••",
    ]
    assert session.model.prompts[1].history[-1].content == "••• is an unlucky PIN."


def test_what_the_user_types_in_the_chat_by_a_secrets_name_is_kept_from_the_model_too(vault):
    session = session_of(vault, Answers(key="s3same-open"), calling(("log_in", {})))
    say(session, "my key is s3same-open, log me in")
    assert session.model.prompts[0].history == (User("my key is •••, log me in"),)


def test_the_user_is_asked_for_their_word_before_they_are_asked_for_a_secret(vault):
    writing = Pack("vault", (replace(vault.tools[1], effect="write"),))
    user = Answers(NO, key="s3same-open")
    events, _ = say(session_of(writing, user, calling(("log_in", {}))), "log in")
    assert user.asked == ["log_in {}: it changes something"]
    assert durable(events)[1] == "result: denied: The user did not allow log_in."


def test_a_secret_inside_of_another_argument_cannot_be_asked_for():
    parameters = {"type": "object", "properties": {"login": {"properties": {"pin": {"type": "string"}}}}}
    nested = replace(tool("log_in", None, secrets=frozenset({"pin"})), parameters=parameters)
    with pytest.raises(UsageError, match=r"--ask-secrets: the secret pin of test\.log_in lies inside of another"):
        hide(pack(nested))


def test_a_tool_without_secrets_stays_as_it_is():
    plain = pack(tool("plain", None))
    assert hide(plain) == plain


@pytest.mark.parametrize(
    ("schema", "typed", "value"),
    [
        ({"type": "string"}, "4711", "4711"),
        ({"type": "integer"}, " 4711 ", 4711),
        ({"type": "number"}, "1.5", 1.5),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "7", 7),
        ({"type": "integer"}, "true", "true"),
        ({"type": "integer"}, "four", "four"),
        ({"type": "string"}, '"}', '"}'),
    ],
)
def test_what_is_typed_becomes_what_the_schema_says(schema, typed, value):
    hidden = replace(tool("unlock", None), hidden={"pin": schema})
    assert json.loads(with_secrets(hidden, '{"door": "red"}', {"pin": typed})) == {"door": "red", "pin": value}


def test_the_tools_own_check_is_still_the_last_word(vault):
    with pytest.raises(InvalidArguments, match="pin: missing"):
        vault.tools[0].parse('{"door": "red"}')
