"""What happens in the tests of every renderer."""

from chatbot.events import (
    Event,
    Notice,
    ReasoningDelta,
    Replied,
    SessionStarted,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User

VERIFY = ToolCall("c1", "verify_user", '{"username": "john_doe", "api_key": "***"}')
TICKET = ToolCall("c2", "get_ticket_status", '{"ticket_id": "12345"}')

SUPPORT: list[Event] = [
    SessionStarted("s1", "offline", ("support",), "2026-01-01T00:00:00+00:00"),
    Notice("info", "This is the offline model."),
    TurnStarted(None),
    StatusChanged("queued"),
    StatusChanged("in_progress"),
    TextDelta("Hello! "),
    TextDelta("Who are you?"),
    Replied(Assistant("Hello! Who are you?", usage=Usage(10, 5))),
    StatusChanged("completed"),
    TurnEnded("done"),
    TurnStarted(User("I am \x1b[31mjohn_doe\x1b[0m,\nhere is my key.")),
    StatusChanged("in_progress"),
    ReasoningDelta("Let me verify."),
    Replied(Assistant("", (VERIFY, TICKET))),
    StatusChanged("requires_action"),
    ToolCalled(VERIFY),
    ToolCalled(TICKET),
    ToolReturned(ToolResult("c1", "verify_user", '{"success": true}'), 0.0421),
    ToolReturned(ToolResult("c2", "get_ticket_status", "Verify first.", "denied"), 0),
    Notice("warning", "Trying again."),
    StatusChanged("in_progress"),
    TextDelta("# Done\n\nYour ticket is **open**"),
    TextDelta(", é 漢字.\n\n- a [bold]tag[/bold]\n- <b>html</b>\n"),
    Replied(Assistant("# Done\n\nYour ticket is **open**, é 漢字.\n\n- a [bold]tag[/bold]\n- <b>html</b>\n")),
    StatusChanged("completed"),
    TurnEnded("done"),
]
ENDINGS: list[Event] = [
    TurnStarted(User("1")),
    TurnEnded("error", "No connection.\nIs it on?"),
    TurnStarted(User("2")),
    TurnEnded("interrupted"),
    TurnStarted(User("3")),
    TurnEnded("limit", "The limit was reached."),
]
