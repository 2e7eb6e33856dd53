"""The bare transcript, to the letter."""

import io

import pytest

from chatbot.events import TurnStarted
from chatbot.render import pick
from chatbot.types import User
from tests.render.scenes import ENDINGS, SUPPORT

TRANSCRIPT = """\
assistant: Hello! Who are you?
user: I am john_doe,
here is my key.
assistant: call function verify_user, with arguments {"username": "john_doe", "api_key": "***"}
assistant: call function get_ticket_status, with arguments {"ticket_id": "12345"}
function response: {"success": true}
function response: Verify first.
assistant: # Done

Your ticket is **open**, é 漢字.

- a [bold]tag[/bold]
- <b>html</b>

"""


def played(events):
    out, err = io.StringIO(), io.StringIO()
    sink = pick("plain", stdout=out, stderr=err)
    for event in events:
        sink(event)
    return out.getvalue(), err.getvalue()


def test_transcript():
    out, err = played(SUPPORT)
    assert out == TRANSCRIPT
    assert err == "chatbot: info: This is the offline model.\nchatbot: warning: Trying again.\n"


def test_endings():
    out, err = played(ENDINGS)
    assert out == "user: 1\nuser: 2\nuser: 3\n"
    assert err == (
        "chatbot: error: No connection. Is it on?\nchatbot: interrupted\nchatbot: warning: The limit was reached.\n"
    )


def test_every_event_is_flushed():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "latin-1")
    pick("plain", stdout=out)(TurnStarted(User("漢 \ud800 é")))
    assert raw.getvalue() == b"user: \\u6f22 \\ufffd \xe9\n"


def test_a_broken_pipe_is_told():
    class Broken(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    for kind in ("plain", "json"):
        with pytest.raises(BrokenPipeError):
            pick(kind, stdout=Broken())(TurnStarted(User("hi")))
