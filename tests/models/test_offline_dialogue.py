"""The dialogue of the offline model: what is required comes first, what was asked is remembered, secrets are kept."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from chatbot.events import StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import SUMMARISE, Prompt
from chatbot.models.offline import OfflineModel
from chatbot.pack import ToolFailed
from chatbot.types import SUMMARY, Assistant, Failure, ToolCall, ToolResult, User
from tests.models.test_offline_packs import LIBRARY, Conversation, Nothing, offered

MORE = "Is there anything else I can help you with?"
CREDENTIALS = "the username of the user to be verified and the API key provided by the user?"


class Credentials(BaseModel):
    username: str = Field(description="The username of the user to be verified.")
    api_key: str = Field(description="The API key provided by the user.")


class Ticket(BaseModel):
    ticket_id: str = Field(description="The unique identifier for the ticket.")


class Player(BaseModel):
    username: str = Field(description="The Minecraft username.", pattern="^[A-Za-z0-9_]{1,16}$")


def status(ticket_id: str) -> dict[str, str]:
    known = {"12345": ("Open", "Billing Query"), "67890": ("Closed", "Technical Support")}
    return dict(zip(("status", "issue"), known.get(ticket_id, ("Unknown", "Unknown")), strict=True))


VERIFY = offered(
    "verify_user",
    "Verify the user by username and API key.",
    Credentials,
    lambda username, api_key: {"success": api_key == "key"},
    secrets=frozenset({"api_key"}),
)
TICKET = offered(
    "get_ticket_status", "Returns the status of a ticket by its ID.", Ticket, status, requires=("verify_user",)
)
UUID = offered("get_uuid_from_username", "Retrieve the UUID given a Minecraft username.", Player, "4e0b33ff")
SUPPORT = (VERIFY, TICKET)
BOTH = (*SUPPORT, UUID)
VERIFIED = ("verify_user", {"username": "john_doe", "api_key": "key"})


def ticket(number: str) -> tuple[str, dict[str, Any]]:
    return "get_ticket_status", {"ticket_id": number}


def test_the_support_conversation():
    support = Conversation(*SUPPORT, greets=False)
    greeting = support.answer()
    assert greeting.startswith("Hello! I am the offline assistant: no language model")
    assert greeting.endswith(f"To begin, could you please give me {CREDENTIALS}")

    answer = support.say("Hi there, my username is john_doe, can you help me check the status for my ticket?")
    assert answer == "I can help with that. But first, could you please give me the API key provided by the user?"
    answer = support.say('Sure, my username is "john_doe" and my API key is: "key"')
    assert answer == (
        "Thank you, that worked (verify user). "
        "Could you please give me the ticket id (the unique identifier for the ticket)?"
    )
    answer = support.say("Yea it's: 12345")
    assert answer == f"The ticket 12345: status is Open and issue is Billing Query. {MORE}"
    assert "good-bye" in support.say("That's it, thanks.")
    assert support.calls == [VERIFIED, ticket("12345")]


@pytest.mark.parametrize("tools", [SUPPORT, BOTH], ids=["alone", "beside another pack"])
@pytest.mark.parametrize(
    "turns",
    [
        ["I'm john_doe, my api key is key, what's the status of ticket 12345?"],
        ["What's the status of ticket 12345?", "john_doe and key"],
        ["What's the status of ticket 12345?", "username john_doe, key: key"],
        ["What's the status of ticket 12345?", "john_doe", "key"],
        ["status of #12345?", "username=john_doe api_key=key"],
        ["status of ticket_id=12345?", "My user name is john_doe, and the key is `key`."],
        ["username: john_doe, api key: key", "ticket 12345"],
        ["username is john_doe and my API key is “key”", "the ticket id is 12345, please"],
        ["check my ticket please", "'john_doe', 'key'", "sure, here you go: 12345"],
        ["MY USERNAME IS john_doe AND MY API KEY IS key", "What is the status of my ticket 12345"],
    ],
    ids=" / ".join,
)
def test_the_same_wish_in_other_words(tools, turns):
    conversation = Conversation(*tools)
    answer = conversation.say(*turns)
    assert conversation.calls == [VERIFIED, ticket("12345")]
    assert answer == f"The ticket 12345: status is Open and issue is Billing Query. {MORE}"


def test_two_tickets_are_two_calls_of_one_reply_and_a_third_may_follow():
    support = Conversation(*SUPPORT)
    support.say("status of tickets 12345 and 67890 please", "john_doe and key", "and 555?")
    replies = [message for message in support.history if isinstance(message, Assistant) and message.calls]
    assert [len(reply.calls) for reply in replies] == [1, 2, 1]
    assert support.calls == [VERIFIED, ticket("12345"), ticket("67890"), ticket("555")]
    ids = [call.id for reply in replies for call in reply.calls]
    assert len(set(ids)) == 4


def test_a_wrong_key_is_told_asked_for_again_and_opens_nothing():
    support = Conversation(*SUPPORT)
    answer = support.say("status of ticket 12345", "john_doe, wrongkey")
    assert answer == f"Sorry, the user verification failed. Could you please check and give me again {CREDENTIALS}"
    assert support.calls == [("verify_user", {"username": "john_doe", "api_key": "wrongkey"})]
    support.say("hm")
    assert len(support.calls) == 1
    assert "Open" in support.say("my key is key")
    assert support.calls[1:] == [VERIFIED, ticket("12345")]


@pytest.mark.parametrize("tools", [(UUID,), BOTH], ids=["alone", "beside another pack"])
@pytest.mark.parametrize(
    "question",
    [
        "what is the uuid of the player merrydith?",
        "what is the id of the player username merrydith",
        "uuid of merrydith",
        "what's merrydith's uuid?",
        "Please get me the UUID for merrydith!",
        'the uuid of "merrydith"',
        "I need the uuid for username: merrydith",
    ],
)
def test_a_name_is_found_in_a_question(tools, question):
    conversation = Conversation(*tools, greets=False)
    assert conversation.say(question) == f"The uuid for merrydith is 4e0b33ff. {MORE}"
    assert conversation.calls == [("get_uuid_from_username", {"username": "merrydith"})]


@pytest.mark.parametrize(
    "words",
    ["what is the id of this player?", "uuid of the player", "can you get the uuid for me?", "the uuid of my friend"],
)
def test_no_name_no_call(words):
    conversation = Conversation(UUID, greets=False)
    assert conversation.say(words) == "Could you please give me the Minecraft username?"
    assert conversation.calls == []
    conversation.say("Notch")
    assert conversation.calls == [("get_uuid_from_username", {"username": "Notch"})]


@pytest.mark.parametrize(
    "words",
    [
        "can you help me please", "I need help with my ticket", "the status of it", "my ticket", "please", "I'm lost",
        "what's my api key?", "I forgot my key", "my key is not working", "why do you need my username?", "it's urgent",
        "the same as before", "do I need a username?", "I don't have a username", "you already have it", "hello again",
        "status of my ticket please", "not telling you", "", "  ", "🎉🎉", "(.*)[a-z]+$ \\ ^", "\u202e\u0000\x1b[31m",
    ],
)  # fmt: skip
def test_filler_is_no_value(words):
    support = Conversation(*SUPPORT)
    assert CREDENTIALS in support.say(words)
    assert CREDENTIALS in support.say(words)
    assert support.calls == []


@pytest.mark.parametrize("words", ["status", "the latest one", "it's the one about billing", "ticket please", "why?"])
def test_filler_is_no_ticket_either(words):
    support = Conversation(*SUPPORT)
    support.say("username: john_doe, api key: key")
    assert "ticket id" in support.say(words)
    assert support.calls == [VERIFIED]


def test_a_wish_may_change_before_it_is_fulfilled():
    conversation = Conversation(*BOTH)
    conversation.say("What's the status of my ticket?")
    assert "4e0b33ff" in conversation.say("Actually, what is the uuid of the player merrydith?")
    assert conversation.calls == [("get_uuid_from_username", {"username": "merrydith"})]


@pytest.mark.parametrize("words", ["help", "what can you do?", "who are you?", "What can you help me with?"])
def test_help_names_the_tools(words):
    answer = Conversation(*BOTH).say(words)
    assert "no language model" in answer
    assert all(name in answer for name in ("verify user", "get ticket status", "get uuid from username"))


def test_what_fits_nothing_is_said_to_fit_nothing():
    conversation = Conversation(*LIBRARY)
    assert conversation.say("sing me a song").startswith(
        "Sorry, I cannot make that fit. I can help you with: find book"
    )
    assert conversation.calls == []


@pytest.mark.parametrize("words", ["thanks", "bye", "No, thank you!", "that's all", "good night", "thank you so much"])
def test_good_bye(words):
    assert Conversation(*LIBRARY).say(words).endswith("good-bye!")


def test_without_tools_it_says_so():
    silent = Conversation(greets=False)
    assert "I have no tools" in silent.answer()
    assert "no language model" in silent.say("status of ticket 5")


def test_without_tools_at_the_end_of_a_turn_the_last_result_is_told():
    support = Conversation(*SUPPORT)
    support.say("username: john_doe, api key: key", "12345")
    support.history.pop()
    assert "Open" in support.reply(()).text


def test_the_user_is_called_as_the_system_prompt_says():
    system = "You are a helpful assistant. Please address the user as Johnny Appleseed."
    conversation = Conversation(UUID, system=system, greets=False)
    assert conversation.answer().startswith("Hello, Johnny Appleseed!")
    assert conversation.say("uuid of Notch").startswith("Johnny Appleseed, the uuid for Notch is 4e0b33ff.")


def test_secrets_are_never_said():
    leaky = offered(
        "verify_user",
        VERIFY.description,
        Credentials,
        lambda username, api_key: {"user": username, "api_key": api_key, "note": f"your key was {api_key}."},
        secrets=frozenset({"api_key"}),
    )
    answer = Conversation(leaky).say("username: john_doe, api key: s3cret!x")
    assert "s3cret" not in answer
    assert "john_doe" in answer


def stuck(**_arguments: Any) -> Any:
    raise ToolFailed("There is no such ticket.")


def test_a_failing_call_is_repeated_only_when_the_user_says_so():
    conversation = Conversation(offered("get_ticket_status", "The status of a ticket.", Ticket, stuck))
    answer = conversation.say("status of ticket 1")
    assert answer.startswith("Sorry, “get ticket status” failed: There is no such ticket. Could you please check")
    conversation.say("hm", "what?")
    assert conversation.calls == [ticket("1")]
    conversation.say("try again")
    assert conversation.calls == [ticket("1")] * 2
    conversation.say("2")
    assert conversation.calls == [*[ticket("1")] * 2, ticket("2")]


def test_a_failing_call_without_arguments_is_not_repeated_either():
    conversation = Conversation(offered("ping", "Ping the server.", Nothing, stuck))
    conversation.say("ping the server", "hm", "ok")
    assert conversation.calls == [("ping", {})]


@pytest.mark.parametrize("failure", ["interrupted", "timeout"])
@pytest.mark.parametrize(
    "turns",
    [["john_doe", "key"], ["my username is john_doe", "my API key is key"], ["username: john_doe, api key: key"]],
)
def test_after_a_call_that_came_to_no_end_the_same_value_is_one_to_try(failure: Failure, turns: list[str]):
    support = Conversation(*SUPPORT)
    support.say(*turns[:-1])
    support.history += [User(turns[-1])]
    call = support.reply(SUPPORT).calls[0]
    support.history += [Assistant(calls=(call,)), ToolResult(call.id, call.name, "It came to no end.", failure)]
    assert "that worked" in support.say(turns[-1])
    assert support.calls == [VERIFIED] * 2


@pytest.mark.parametrize(
    ("failure", "content", "words"),
    [
        ("unknown", "This function is not supported.", "is nothing I can do: This function is not supported."),
        ("invalid", "ticket_id: too short", "does not take these values: ticket_id: too short."),
        ("denied", "The user said no.", "was not done: The user said no."),
        ("failed", "It broke", "failed: It broke."),
        ("timeout", "late", "took too long"),
        ("interrupted", "cut", "was interrupted before it ended"),
        (None, '{"error": "no such ticket"}', "failed: no such ticket."),
        (None, '{"success": false, "message": "locked"}', "failed: locked."),
    ],
)
def test_each_failure_has_its_words(failure: Failure | None, content: str, words: str):
    plain = offered("get_ticket_status", "The status of a ticket.", Ticket)
    history = (
        User("status of ticket 12345"),
        Assistant(calls=(ToolCall("a", "get_ticket_status", '{"ticket_id": "12345"}'),)),
        ToolResult("a", "get_ticket_status", content, failure),
    )
    *_, reply = OfflineModel().stream(Prompt("", history, (plain,)), Interrupt())
    assert isinstance(reply, Assistant)
    assert words in reply.text
    assert not reply.calls


def test_a_gate_that_closed_again_is_opened_again_and_the_wish_is_kept():
    support = Conversation(*SUPPORT)
    support.say("username: john_doe, api key: key")
    refusal = "get_ticket_status is refused until verify_user has succeeded in this session."
    call = ToolCall("late", "get_ticket_status", json.dumps({"ticket_id": "12345"}))
    support.history += [User("12345"), Assistant(calls=(call,)), ToolResult("late", call.name, refusal, "denied")]
    assert CREDENTIALS in support.answer()
    assert "Open" in support.say("john_doe and key")


def test_the_reply_streams_in_words_and_is_the_same_every_time():
    prompt = Prompt("", (User("status of ticket 5"),), SUPPORT)
    first, second = (list(OfflineModel().stream(prompt, Interrupt())) for _ in range(2))
    assert first == second
    assert first[0] == StatusChanged("in_progress")
    reply = first[-1]
    assert isinstance(reply, Assistant)
    assert "".join(piece.text for piece in first if isinstance(piece, TextDelta)) == reply.text


def test_it_says_what_it_is():
    assert OfflineModel.name == "offline"
    assert "No language model" in OfflineModel.notice
    assert "OPENAI_API_KEY" in OfflineModel.notice
    assert "--model" in OfflineModel.notice


def test_a_summary_is_what_was_said_and_found_out_word_for_word():
    history = (
        User("I am john_doe."),
        Assistant("Hello!", calls=(ToolCall("1", "find", "{}"), ToolCall("2", "fail", "{}"))),
        ToolResult("1", "find", "T-77"),
        ToolResult("2", "fail", "no", "failed"),
        User(SUMMARISE),
    )
    *_, reply = OfflineModel().stream(Prompt("", history), Interrupt())
    assert reply == Assistant("The user said: I am john_doe.\nfind returned: T-77")
    again = (Assistant(SUMMARY + reply.text), User("More."), User(SUMMARISE))
    *_, later = OfflineModel().stream(Prompt("", again), Interrupt())
    assert later.text == f"{reply.text}\nThe user said: More."
