"""What happens in the tests of every renderer."""

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
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

MARKDOWN = """\
# A heading of the first level

A paragraph with **bold**, *italic*, ~~struck~~ and `inline code`, and [a link](https://example.com/path?x=1),
in two lines; it is long enough to be broken at every width but the widest. 漢字かな交じり文, émigré 🎉, שלום עולם.

## A list

- an item
- another one, with a nested list
  1. first
  2. second, which says a little more than fits into forty columns

     and has a second paragraph
- [ ] a task

> A quote, which is
> two lines long.

```python
def f(x: int) -> str:
\t\"\"\"Say it.\"\"\"
    return f"{x}" * 2  # a line that is longer than forty columns, and is not broken by us

```

| Name | Height | What it is like |
|:-----|-------:|:---------------:|
| 漢字 | 1 | wide |
| a `fox` | 22 | quick, brown, and jumping over a lazy dog that lies in its way |

***

Setext
------
The end: <b>no html</b>, [bold]no markup[/bold], &lt;entities&gt;.
"""
LOOK, CHANGE, BROKEN = (
    ToolCall("a", "look_up", '{"street": "Elm St", "limit": 3}'),
    ToolCall("b", "change_address", '{"street": "Oak\\u202e Ave", "pin": "***"}'),
    ToolCall("c", "broken", "{}"),
)
CONVERSATION: list[Event] = [
    Notice("info", "This is the offline model."),
    TurnStarted(User("Show me everything,\nplease.")),
    StatusChanged("in_progress"),
    ReasoningDelta("Everything? Everything."),
    *(TextDelta(MARKDOWN[at : at + 7]) for at in range(0, len(MARKDOWN), 7)),
    Replied(Assistant(MARKDOWN, usage=Usage(100, 300))),
    StatusChanged("completed"),
    TurnEnded("done"),
    TurnStarted(User("Now call tools.")),
    StatusChanged("in_progress"),
    TextDelta("I call **three**."),
    Replied(Assistant("I call **three**.", (LOOK, CHANGE, BROKEN))),
    StatusChanged("requires_action"),
    ToolCalled(LOOK),
    ToolCalled(CHANGE),
    ToolCalled(BROKEN),
    ApprovalAsked(CHANGE, "it changes something"),
    ApprovalAnswered("b", False, "not that street"),
    ToolReturned(ToolResult("a", "look_up", "\n".join(f"Elm St {number}" for number in range(1, 21))), 1.25),
    ToolReturned(ToolResult("b", "change_address", "The user did not allow it: not that street.", "denied"), 0),
    ToolReturned(ToolResult("c", "broken", "ValueError: no such thing", "failed"), 0.0042),
    Notice("warning", "Trying again."),
    StatusChanged("in_progress"),
    TextDelta("That did not work."),
    Replied(Assistant("That did not work.")),
    TurnEnded("error", "No connection. Is it on?"),
]
