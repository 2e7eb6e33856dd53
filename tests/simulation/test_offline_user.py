"""Whole conversations between the user that needs no model and the assistant that needs none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.interrupt import Interrupt
from chatbot.simulation.offline import OfflineUser
from tests.simulation.talking import talked

TICKET = "find out the status of ticket 12345"
FACTS = {"username": "john_doe", "api key": "key"}
PLAIN = 2
"""A seed that says things without much ado."""
WANTED = "the username of the user to be verified and the API key provided by the user for verification?"
GREETING = (
    "Hello! I am the offline assistant: no language model, I only fit your words to the tools I have. I can help you "
    "with: verify user (Verify the user by username and API key); get ticket status (Get the status of one of the "
    f"user's tickets). To begin, could you please give me {WANTED}"
)


def spoken(user, *heard):
    """What the user says, one after another; the first time nothing was heard."""
    return [user.speak([text] if text else [], Interrupt()) for text in ("", *heard)]


def test_the_user_states_the_goal_gives_what_is_asked_for_and_takes_leave(support):
    assert talked(OfflineUser(TICKET, FACTS), support) == [
        "(greeting)",
        f"assistant: {GREETING}",
        "user: Hi! I would like to find out the status of ticket 12345.",
        f"assistant: I can help with that. But first, could you please give me {WANTED}",
        'user: My username is "john_doe" and my API key is "•••".',
        "assistant: ",
        'call: verify_user {"username": "john_doe", "api_key": "•••"}',
        'result: {"success": true}',
        "assistant: Thank you, that worked (verify user).",
        'call: get_ticket_status {"ticket_id": "12345"}',
        'result: {"status": "Open", "issue": "Billing Query"}',
        "assistant: The ticket 12345: status is Open and issue is Billing Query. "
        "Is there anything else I can help you with?",
        "user: Thank you, goodbye!",
        "assistant: You're welcome! Just ask if there is anything else. Have a great day, and good-bye!",
    ]


@pytest.mark.parametrize("seed", range(1, 6))
def test_whatever_the_seed_the_goal_is_reached(support, seed):
    lines = talked(OfflineUser(TICKET, FACTS, seed), support, greets=seed % 2 == 0)
    assert 'call: get_ticket_status {"ticket_id": "12345"}' in lines
    assert 'result: {"status": "Open", "issue": "Billing Query"}' in lines
    assert sum(line.startswith("user:") for line in lines) == 3


def test_a_tool_that_fails_ends_in_a_goodbye(minecraft):
    lines = talked(OfflineUser("find out the UUID of the Minecraft player Notch", {"username": "Notch"}), minecraft)
    said = [line for line in lines if line.startswith("user:")]
    calls = {line for line in lines if line.startswith("call:")}
    assert calls == {'call: get_uuid_from_username {"username": "Notch"}'}
    assert [line.endswith("Goodbye.") for line in said] == [False, False, False, True]


def test_a_user_who_does_not_know_the_key_gives_up_after_saying_so_twice(support):
    missing = "the API key provided by the user for verification?"
    assert talked(OfflineUser(TICKET, {"username": "john_doe"}), support, greets=False) == [
        "user: Hi! I would like to find out the status of ticket 12345.",
        f"assistant: I can help with that. But first, could you please give me {WANTED}",
        'user: My username is "john_doe".',
        f"assistant: I can help with that. But first, could you please give me {missing}",
        "user: I don't know that.",
        f"assistant: Sorry, I did not find that in your words. Could you please give me {missing}",
        "user: Sorry, I do not know that.",
        f"assistant: Sorry, I did not find that in your words. Could you please give me {missing}",
        "user: No, thank you. Goodbye.",
        "assistant: You're welcome! Just ask if there is anything else. Have a great day, and good-bye!",
    ]


def test_a_user_with_the_wrong_key_says_it_once_more_and_gives_up(support):
    lines = talked(OfflineUser(TICKET, {"username": "nobody", "api_key": "wrong-key"}), support)
    assert [line for line in lines if line.startswith(("user:", "result:"))] == [
        "user: Hi! I would like to find out the status of ticket 12345.",
        'user: My username is "nobody" and my API key is "•••".',
        'result: {"success": false}',
        'user: Sure. My username is "nobody" and my API key is "•••".',
        'result: {"success": false}',
        "user: Thank you all the same. Goodbye.",
    ]


def test_the_same_seed_says_the_same_and_another_says_it_otherwise():
    heard = ("What is your username?", "Shall I go on?", "Your ticket is open.")

    def with_seed(seed):
        return tuple(spoken(OfflineUser(TICKET, FACTS, seed), *heard))

    assert with_seed(7) == with_seed(7)
    assert len({with_seed(seed) for seed in range(21)}) > 10


@pytest.mark.parametrize(
    ("goal", "opening"),
    [
        ("find out the status of ticket 12345", "I want to find out the status of ticket 12345."),
        ("  Cancel your order.", "I want to cancel my order."),
        (
            "You want to cancel your order and get yourself a refund",
            "I want to cancel my order and get myself a refund.",
        ),
        ("The user wants to see invoice A-7.", "I want to see invoice A-7."),
        ("to log in", "I want to log in."),
        ("find out how to log in", "I want to find out how to log in."),
        ("Is ticket 12345 open?", "Is ticket 12345 open?"),
    ],
)
def test_the_goal_is_an_instruction_and_becomes_a_wish(goal, opening):
    assert spoken(OfflineUser(goal, {}, PLAIN)) == [opening]


@pytest.mark.parametrize(
    ("facts", "question", "answer"),
    [
        ({"apiKey": "key"}, "Your API key?", 'My API key is "key".'),
        ({"user_names": "ann"}, "What is your user name?", 'My user names is "ann".'),
        ({"motto": 'say "aye"'}, "What is your motto?", "My motto is 'say \"aye\"'."),
        (
            {"a": "1", "b": "2", "c": "3"},
            "Give me a, b and c?",
            'My a is "1", my b is "2" and my c is "3".',
        ),
        ({"pin": "4711"}, "Shall I go on? And what is your PIN?", 'Yes. My PIN is "4711".'),
        ({}, "Do you want that?", "Yes."),
        ({}, "When were you born?", "I do not know that."),
        ({}, "Which ticket is it?", "I want to see ticket 12345."),
        ({}, "  ", "I want to see ticket 12345."),
    ],
)
def test_an_answer_says_what_was_asked_for(facts, question, answer):
    assert spoken(OfflineUser("see ticket 12345", facts, PLAIN), question)[-1] == answer


def test_who_has_said_goodbye_says_no_more():
    user = OfflineUser(TICKET, FACTS)
    assert spoken(user, "It is open.", "Wait, what is your username?")[1:] == ["Thanks, that is all. Goodbye!", None]
    user.close()


@given(st.text(max_size=200) | st.sampled_from(["Shall I?", "What is your username?", "How can I help?", "1. a\n- b?"]))
def test_whatever_is_said_to_them_again_and_again_the_user_ends_the_conversation(heard):
    words = spoken(OfflineUser(TICKET, FACTS), *[heard] * 4)
    assert None in words
    assert all(word for word in words[: words.index(None)])
