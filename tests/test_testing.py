"""Chats for tests in Python, as somebody who writes a pack has them."""

from textwrap import dedent

import pytest

import chatbot.pytest_plugin
import chatbot.testing
from chatbot import Context, Secret, Verified, tool
from chatbot.errors import ModelError, UsageError
from chatbot.events import SessionStarted, TurnEnded
from chatbot.models.scripted import Scripted
from chatbot.testing import Call, Chats, Turn, call, scripted
from chatbot.types import Assistant
from tests import conversation
from tests.loopback import ChatServer, text

PACK = """
from chatbot import Context, Verified, tool

SYSTEM_PROMPT = "Be quick."
GREETS = True

@tool
def verify(name: str) -> Verified:
    return Verified("yes", user=name)

@tool(requires="verify")
def status(ticket: str, context: Context) -> str:
    return f"{ticket} of {context.user} is open"
"""


@tool
def verify(name: str, key: Secret[str] = "") -> Verified:
    """Verify the user."""
    return Verified(f"Welcome, {name}, {key}", user=name)


@tool(requires="verify", effect="write")
def close(ticket: str, context: Context) -> str:
    """Close a ticket."""
    return f"{ticket} of {context.user} is closed, {context.fields.get('channel')}"


@pytest.fixture
def chats():
    chats = Chats()
    yield chats
    chats.close()


def test_a_turn_tells_all_that_came_of_it(chats):
    chat = chats(pack=[verify, close], replies=[["Let me see.", call("verify", name="ann", key="k-123")], "Welcome!"])
    turn = chat.say("I am ann, and my key is k-123.")
    assert turn.answer == "Let me see.\nWelcome!"
    assert turn.calls == [call("verify", name="ann", key="k-123")]
    assert [(result.content, result.failure) for result in turn.results] == [("Welcome, ann, •••", None)]
    assert turn.stop == "done"
    assert conversation.told(turn.events) == [
        "user: I am ann, and my key is •••.",
        "[queued]",
        "[in_progress]",
        "assistant: Let me see.",
        "[requires_action]",
        'call: verify {"name": "ann", "key": "•••"}',
        "result: Welcome, ann, •••",
        "[in_progress]",
        "assistant: Welcome!",
        "[completed]",
        "end: done",
    ]
    assert isinstance(chat.events[0], SessionStarted)
    assert chat.events[1:] == turn.events
    assert [tool.name for tool in chat.model.prompts[0].tools] == ["verify", "close"]


def test_the_example_in_the_docstring_is_one(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "tickets.py").write_text(PACK)
    _, _, example = chatbot.testing.__doc__.partition("tested:\n")
    pytester.makepyfile(dedent(example))
    pytester.runpytest_inprocess("-W", "error", plugins=[chatbot.pytest_plugin]).assert_outcomes(passed=1)


def test_a_reply_is_a_text_calls_a_message_an_error_or_made_of_the_prompt(chats):
    chat = chats(
        pack=[verify, close],
        replies=[
            [call("verify", name="ann"), "Both at once.", call("verify", name="bob")],
            lambda prompt: call("verify", name=prompt.history[-1].content),
            Assistant("As it is."),
            ModelError("It is out of order."),
            [Call("verify", "{broken")],
            "Sorry.",
        ],
    )
    assert chat.say("We are two.").calls == [call("verify", name=name) for name in ("ann", "bob", "Welcome, bob, ")]
    ids = [call.id for message in chat.session.history if isinstance(message, Assistant) for call in message.calls]
    assert ids == ["call_1", "call_2", "call_3"]
    assert chat.say("And?") == Turn("", [], [], "error", "It is out of order.", chat.events[-4:])
    turn = chat.say("Once more.")
    assert turn.calls == [Call("verify", "{broken")]
    assert turn.results[0].failure == "invalid"
    over = chat.say("Is that all?")
    assert (over.stop, over.detail) == ("error", "The scripted model has no reply left after 6. Give it one more.")


def test_approvals_context_and_secrets_are_those_of_the_test(chats):
    chat = chats(
        pack=[verify, close],
        replies=[call("verify", name="ann"), call("close", ticket="7"), call("close", ticket="8"), "Done."],
        approvals={"close": "yes"},
        context={"channel": "web"},
        show_context=["channel"],
        secrets={"key": "k-123"},
        ask_secrets=True,
        system="Be quick.",
    )
    turn = chat.say("Close 7 and 8.")
    contents = [result.content for result in turn.results]
    assert contents == ["Welcome, ann, •••", "7 of ann is closed, web", "8 of ann is closed, web"]
    first = chat.model.prompts[0]
    assert first.system.startswith("Be quick.") and "web" in first.system
    assert "key" not in first.tools[0].parameters["properties"]


def test_what_nobody_has_approved_is_refused_with_the_reason_of_the_test(chats):
    replies = [call("verify", name="ann"), call("close", ticket="7"), "Well."]
    for approvals, reason in (({}, "the script says nothing of it"), ({"cl*": "not on Sundays"}, "not on Sundays")):
        turn = chats(pack=[verify, close], replies=replies, approvals=approvals).say("Close 7.")
        assert turn.results[1].failure == "denied"
        assert reason in turn.results[1].content


def test_packs_are_given_by_name_by_path_as_values_modules_and_functions(chats, tmp_path, monkeypatch):
    (tmp_path / "desk.py").write_text(PACK)
    (tmp_path / "bench_pack.py").write_text(PACK.replace("verify", "test").replace("status", "measure"))
    monkeypatch.syspath_prepend(tmp_path)
    import bench_pack

    value = conversation.pack(conversation.tool("add", lambda given, context: "3"), name="sums")
    chat = chats(pack=[str(tmp_path / "desk.py"), bench_pack, value], replies=[])
    assert [pack.name for pack in chat.session.packs] == ["desk", "bench_pack", "sums"]
    assert chat.session.greets
    one = chats(pack="support", replies=[])
    assert [tool.name for tool in one.session.runtime.tools] == ["verify_user", "get_ticket_status"]
    assert chats(replies=[]).session.packs == ()
    with pytest.raises(UsageError, match="is no tool: write @tool above it"):
        chats(pack=len, replies=[])


def test_the_assistant_speaks_first_where_it_is_let(chats):
    chat = chats(replies=["Hello!", "Bye!"])
    assert chat.greet().answer == "Hello!"
    assert chat.say("Good night").answer == "Bye!"


def test_the_model_may_be_any(chats, monkeypatch):
    assert chats(pack=verify).say("My name is ann").calls == [call("verify", name="ann")]
    own = scripted(["Hello!"])
    chat = chats(model=own)
    assert chat.model is own and isinstance(chat.model, Scripted)
    assert chat.say("Hi").answer == "Hello!"
    with pytest.raises(UsageError, match="replies, or a model"):
        chats(model=own, replies=["Hello!"])
    with pytest.raises(UsageError, match="Did you mean offline"):
        chats(model="offlin")


def test_a_served_model_is_let_go_of_at_the_end(monkeypatch):
    with ChatServer(text("Hello!")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
        chats = Chats()
        assert chats(model="openai:m").say("Hi").answer == "Hello!"
        chats.close()


def test_what_the_user_has_configured_does_not_count(chats, monkeypatch, tmp_path):
    (tmp_path / "config.toml").write_text('system = "Be rude."\n')
    monkeypatch.setenv("CHATBOT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("CHATBOT_INSTRUCTIONS", "Be loud.")
    monkeypatch.setenv("CHATBOT_MODEL", "ollama:none")
    chat = chats(replies=["Hello!"], instructions="Be kind.")
    chat.say("Hi")
    assert chat.model.prompts[0].system == "Be kind."


def test_a_turn_is_told_in_a_line(chats):
    turn = chats(replies=["Hello!"]).say("Hi")
    assert repr(turn) == "Turn(answer='Hello!', calls=[], results=[], stop='done', detail='')"
    assert isinstance(turn.events[-1], TurnEnded)
