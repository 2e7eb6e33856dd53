"""A small conversation to be kept, in events and as a folder of sessions."""

from chatbot.events import (
    Notice,
    Replied,
    SessionStarted,
    StatusChanged,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.transcript import Transcripts
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User

ASK = ToolCall("c1", "get_ticket", '{"ticket": "12345"}')


def started(session="a1b2c3d4e5f6", **fields):
    return SessionStarted(session, "scripted", ("support", "weather"), "2026-11-21T07:15:00+00:00", **fields)


def turn(said, *answers, stop="done", detail=""):
    return (TurnStarted(User(said)), *(Replied(Assistant(text)) for text in answers), TurnEnded(stop, detail))


GREETING = (TurnStarted(None), Replied(Assistant("Hello!")), TurnEnded("done"))
TALK = (
    started(),
    Notice("info", "A note."),
    *GREETING,
    TurnStarted(User("Größe of ticket 12345?\nIn one line.")),
    StatusChanged("queued"),
    Replied(Assistant("", (ASK,), Usage(30, 4))),
    ToolCalled(ASK),
    ToolReturned(ToolResult("c1", "get_ticket", '{"status": "Open"}'), 0.25),
    Replied(Assistant("It is **Open**.", (), Usage(40, 5))),
    TurnEnded("done"),
)


def keep(folder, *events, session="a1b2c3d4e5f6"):
    """Keep events as a session does; the path of its file."""
    transcript = Transcripts(folder).create(session)
    for event in events:
        transcript(event)
    transcript.close()
    return transcript.path
