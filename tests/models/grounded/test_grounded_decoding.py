"""Conversations through grounded decoding: what a model is told, what it may write, and what becomes of it."""

import json
import re
from dataclasses import replace

import pytest

from chatbot.errors import ModelError
from chatbot.events import StatusChanged, TextDelta, ToolReturned
from chatbot.interrupt import Interrupt
from chatbot.models.grounded import GroundedDecoding
from chatbot.models.grounded.values import Values
from chatbot.models.scripted import Scripted
from chatbot.pack import Verified
from chatbot.runtime import Trust
from chatbot.session import Session, drive
from chatbot.types import Assistant
from tests.conversation import pack, say, told, tool


def taking(made, *names):
    """The tool, with required strings of these names that nobody may make up."""
    parameters = {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": [*names]}
    return replace(made, parameters=parameters, grounded=frozenset(names))


def verified(arguments, context):
    return Verified({"success": True}, user=arguments["username"])


VERIFY = taking(tool("verify_user", verified), "username", "api_key")
TICKET = taking(tool("get_ticket", lambda arguments, context: "Open", requires=("verify_user",)), "ticket_id")


class Writes:
    """A model that writes these texts, and keeps what it was told and which root it was held to."""

    name, notice = "writes", ""

    def __init__(self, *texts):
        self._texts = iter(texts)
        self.systems, self.rules = [], []

    def warm(self):
        pass

    def close(self):
        pass

    def generate(self, messages, interrupt, *, tools=(), grammar="", most=None):
        self.systems.append(messages[0]["content"])
        self.rules.append(grammar.splitlines())
        text = next(self._texts)
        yield StatusChanged("in_progress")
        yield from (TextDelta(piece) for piece in re.findall(r".{1,5}", text))
        yield Assistant(text)


def session(model, *tools, trust=None):
    packs = [pack(*tools)]
    made = Session(Scripted(), packs, instructions="Help.", trust=trust or Trust())
    made.model = GroundedDecoding(model, packs, made.runtime.ledger, made.runtime.admission)
    return made


def call(name, **arguments):
    return f"<tool_call>{json.dumps({'name': name, 'arguments': arguments})}</tool_call>"


def test_a_tool_whose_requirement_does_not_hold_is_not_there_and_what_is_missing_is_asked_for():
    model = Writes("Could you please give me the username and the api key?")
    say(session(model, VERIFY, TICKET), "How is my ticket 12345?")
    assert model.systems == [
        "Help.\n\nverify_user needs: username, api_key. Ask the user for them.\nget_ticket needs verify_user first."
    ]
    assert model.rules[0][0] == 'root ::= "Could you please give me the username and the api key?"'


def test_what_the_user_has_given_is_called_with_nothing_else_and_opens_what_waited_for_it():
    verify, look = call("verify_user", username="john_doe", api_key="key"), call("get_ticket", ticket_id="12345")
    model = Writes("What?", verify, look, "It is open.")
    chat = session(model, VERIFY, TICKET)
    say(chat, "Hello, look at ticket 12345.")
    events, _ = say(chat, 'My username is "john_doe" and my API key is "key".')
    assert [line for line in told(events) if line.startswith(("call", "result", "assistant: I"))] == [
        'call: verify_user {"username": "john_doe", "api_key": "key"}',
        'result: {"success": true}',
        'call: get_ticket {"ticket_id": "12345"}',
        "result: Open",
        "assistant: It is open.",
    ]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["It is", " open", "."]
    dues = [[rule for rule in rules if rule.startswith("call-")] for rules in model.rules[1:3]]
    assert dues == [
        [
            r'call-1 ::= "<tool_call>{\"name\": \"verify_user\", \"arguments\": " "{" "\"username\": " "\"john_doe\""'
            r' ", " "\"api_key\": " "\"key\"" "}" "}</tool_call>"'
        ],
        [
            r'call-1 ::= "<tool_call>{\"name\": \"get_ticket\", \"arguments\": " "{" "\"ticket_id\": " "\"12345\"" "}"'
            r' "}</tool_call>"'
        ],
    ]
    assert model.rules[3][0] == r"root ::= [^<\x00-\x20] no-call"  # nothing is left to be called


def test_a_key_is_no_ticket():
    model = Writes(call("verify_user", username="john_doe", api_key="s3same"), "Thanks.", "Which one?")
    chat = session(model, VERIFY, TICKET)
    say(chat, "My username is john_doe and my API key is s3same.")
    say(chat, "Now the status of my ticket, please.")
    assert "get_ticket needs: ticket_id. Ask the user for it." in model.systems[2]
    assert model.rules[2][0] == 'root ::= "Could you please give me the ticket id?"'


def test_a_call_that_is_made_again_in_a_turn_becomes_a_text():
    again = call("roll", sides=6)
    model = Writes(again, again, "A four.")
    dice = replace(
        tool("roll", lambda arguments, context: 4), parameters={"properties": {"sides": {"type": "integer"}}}
    )
    events, _ = say(session(model, dice), "Roll the dice.")
    assert told(events)[-5:] == ["result: 4", "[in_progress]", "assistant: A four.", "[completed]", "end: done"]
    assert [rules[0].split()[2] for rules in model.rules] == ["text", "text", r"[^<\x00-\x20]"]


def test_what_the_session_knows_is_the_only_value_of_an_argument_that_it_gives():
    model = Writes("Hello.")
    tools = [replace(TICKET, requires=(), grounded=frozenset())]
    say(session(model, *tools, trust=Trust(fields={"ticket_id": "777"})), "My ticket is 12345.")
    assert r'"\"ticket_id\": " "\"777\"" "}"' in next(rule for rule in model.rules[0] if rule.startswith("call-1"))


def test_what_changes_something_is_offered_but_never_due():
    model = Writes("Shall I?")
    say(session(model, replace(TICKET, requires=(), effect="write")), "Ticket 12345.")
    assert model.rules[0][0] == "root ::= text | call"


def test_a_call_that_was_cut_off_is_invalid():
    model = Writes('<tool_call>{"name": "roll", "arguments": {"sides": ', "Sorry.")
    events, _ = say(session(model, tool("roll", print)), "Roll.")
    assert 'call: roll {"sides": ' in told(events)
    assert any(line.startswith("result: invalid") for line in told(events))


@pytest.mark.parametrize(
    ("name", "part", "said", "values"),
    [
        ("ticket_id", {"type": "string"}, "Yea it's: 12345", ["12345"]),
        ("ticket_id", {"type": "string"}, "I waited for a week before I wrote.", []),
        ("ticket_id", {"type": "string"}, "Compare A-17 with #B9!", ["A-17", "B9"]),
        ("ticket_id", {"type": "string"}, "My username is bob_1.", []),
        ("username", {"type": "string"}, "hunter", ["hunter"]),
        ("count", {"type": "integer"}, "Send 3 of the 40 boxes.", [3, 40]),
        ("day", {"type": "string", "format": "date"}, "Come on 2026-01-05.", ["2026-01-05"]),
        ("mail", {"type": "string", "format": "email"}, "Write to a@b.org.", ["a@b.org"]),
        ("city", {"type": "string"}, 'In "New York" or Bonn?', ["New York", "Bonn"]),
    ],
)
def test_what_was_said_holds_these_values(name, part, said, values):
    found = Values([VERIFY, TICKET]).of((name,), part, [said], {said})
    assert [candidate.value for candidate in found] == values


def test_a_small_model_cannot_help_but_do_it_right(model):
    events, interrupt = [], Interrupt()

    def until_it_is_open(event):
        events.append(event)
        if isinstance(event, ToolReturned) and event.result.content == "Open":
            interrupt.set()  # what it would say to that takes long, and is not looked at

    said = 'My username is "john_doe", my API key is "key", and my ticket is 12345.'
    drive(session(model, VERIFY, TICKET).turn(said, interrupt), until_it_is_open)
    assert [line for line in told(events) if line.startswith(("call", "result"))] == [
        'call: verify_user {"username": "john_doe", "api_key": "key"}',
        'result: {"success": true}',
        'call: get_ticket {"ticket_id": "12345"}',
        "result: Open",
    ]


def test_a_grammar_that_llama_cpp_cannot_read_is_an_error(model):
    with pytest.raises(ModelError):
        list(model.generate([{"role": "user", "content": "Hi"}], Interrupt(), grammar="root ::= nothing", most=1))
