"""The user of a script is opened by the model that the script names."""

import pytest

from chatbot.config.model import ModelChoice
from chatbot.errors import UsageError
from chatbot.interrupt import Interrupt
from chatbot.scripts.form import SimulatedUser
from chatbot.simulation import open_user
from tests.loopback import ChatServer, text
from tests.simulation.talking import talked

TICKET = SimulatedUser(goal="find out the status of ticket 12345", facts={"username": "john_doe", "api key": "${key}"})
FACTS = {"username": "john_doe", "api key": "key"}


def test_a_model_behind_a_server_plays_the_user(support):
    choice = ModelChoice("compatible", "m")
    answers = [
        text("User: I want to know the status of ticket 12345."),
        text('<think>They ask.</think>My username is "john_doe" and my API key is "key".'),
        text("Thank you, goodbye!\n<END>"),
    ]
    with ChatServer(*answers) as server:
        user = open_user(TICKET, FACTS, choice._replace(base_url=server.url), timeout=10)
        lines = talked(user, support, greets=False)
        user.close()

    assert [line for line in lines if line.startswith(("user:", "result:"))] == [
        "user: I want to know the status of ticket 12345.",
        'user: My username is "john_doe" and my API key is "•••".',
        'result: {"success": true}',
        'result: {"status": "Open", "issue": "Billing Query"}',
        "user: Thank you, goodbye!",
    ]
    assert server.violations == []
    assert [message["role"] for message in server.bodies[-1]["messages"]] == [
        *("system", "user", "assistant", "user", "assistant", "user")
    ]
    assert "- api key: key\n" in server.bodies[0]["messages"][0]["content"]
    assert "tools" not in server.bodies[0]
    assert [(body["temperature"], body["seed"]) for body in server.bodies] == [(0.7, 0)] * len(server.bodies)


def test_the_offline_user_begins_with_the_seed_of_the_form():
    def opening(seed):
        user = open_user(TICKET.model_copy(update={"seed": seed}), FACTS, ModelChoice("offline"), timeout=1)
        return user.speak([], Interrupt())

    assert [opening(seed) for seed in (0, 1, 0)] == [
        "Hi! I would like to find out the status of ticket 12345.",
        "I need to find out the status of ticket 12345.",
        "Hi! I would like to find out the status of ticket 12345.",
    ]


def test_a_recording_cannot_play_the_user():
    with pytest.raises(UsageError, match="A recording cannot play the user"):
        open_user(TICKET, FACTS, ModelChoice("playback", "talk.jsonl"), timeout=1)
