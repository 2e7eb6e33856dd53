"""Turns that do not come to their end: what is kept, what is told, and how they are tried once more."""

import pytest

from chatbot.errors import ModelError
from chatbot.events import Notice, Replied, StatusChanged, TurnEnded
from chatbot.models.chat_completions import ChatCompletions
from chatbot.models.http.retry import Patience
from chatbot.models.scripted import Scripted
from chatbot.session import Session, drive
from chatbot.types import Assistant, ToolResult, User
from tests.conversation import calling, pack, say, told, tool
from tests.loopback import ChatServer, chunk, chunks, cut, text


def echo(arguments, _context):
    return arguments


@pytest.fixture
def asked():
    """A session with a server that answers like this, in turn."""
    models = []

    def open_session(server):
        models.append(ChatCompletions("m", base_url=server.url, api_key=None, patience=Patience(retries=0)))
        return Session(models[-1])

    yield open_session
    for model in models:
        model.close()


def test_a_turn_that_fails_leaves_the_history_as_it_was_so_that_it_can_be_tried_again():
    session = Session(Scripted("Hi.", ModelError("The server is on fire. Try again."), "Fine."))
    say(session, "hello")
    before = list(session.history)

    events, outcome = say(session, "how are you?")

    assert told(events)[-2:] == ["[failed]", "end: error: The server is on fire. Try again."]
    assert str(outcome.error) == "The server is on fire. Try again."
    assert session.history == before
    assert say(session, "how are you?")[1].stop == "done"


def test_a_turn_that_fails_after_a_tool_ran_keeps_what_the_tool_did():
    session = Session(Scripted(calling(("echo", {})), ModelError("gone")), [pack(tool("echo", echo))])
    say(session, "go")
    assert session.history == [
        User("go"),
        calling(("echo", {})),
        ToolResult("call_1", "echo", "{}"),
        Assistant("[interrupted]"),
    ]


def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came_and_marked(asked):
    with ChatServer(cut(900)) as server:
        session = asked(server)
        events, outcome = say(session, "count")
    kept = next(event.message.text for event in events if isinstance(event, Replied))
    assert "one two three four five six".startswith(kept) and kept
    assert [event for event in events if isinstance(event, Notice)] == [
        Notice("warning", "The answer above is not whole. /retry asks for it once more.")
    ]
    assert events[-1] == TurnEnded("error", str(outcome.error))
    assert "closed the connection before its answer was whole" in events[-1].detail
    assert session.history == []


def test_what_failed_is_what_is_tried_again_and_not_the_turn_before_it(asked):
    with ChatServer(text("Hi."), cut(900), text("1 2 3")) as server:
        session = asked(server)
        say(session, "hello")
        say(session, "count")
        again = drive(session.undo())
        assert again == "count"
        events, _ = say(session, again)
    assert events[-2:] == [StatusChanged("completed"), TurnEnded("done")]
    assert session.history[-2:] == [User("count"), Assistant("1 2 3", usage=session.history[-1].usage)]
    assert len(session.history) == 4
    assert drive(session.undo()) == "count"
    assert drive(session.undo()) == "hello"


def test_what_failed_can_be_tried_with_another_model():
    first, second = Session(Scripted(ModelError("gone"))), Session(Scripted("Fine."))
    say(first, "hello")
    second.adopt(first, set())
    assert drive(second.undo()) == "hello"


@pytest.mark.parametrize(("finish", "status"), [("stop", "completed"), ("length", "incomplete")])
def test_a_turn_whose_answer_is_cut_off_ends_incomplete(asked, finish, status):
    with ChatServer(chunks(chunk({"content": "One, two"}, finish))) as server:
        events, outcome = say(asked(server), "count")
    assert [event.status for event in events if isinstance(event, StatusChanged)][-1] == status
    assert outcome.stop == "done"
