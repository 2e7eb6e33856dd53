"""Runs to report on: of real sessions with a scripted model, on a clock of their own."""

from dataclasses import replace
from itertools import count

from chatbot.events import SessionStarted
from chatbot.interrupt import Interrupt
from chatbot.models.scripted import Reply, Scripted
from chatbot.pack import ToolFailed
from chatbot.replay.runs import Run, Step, Unmet
from chatbot.session import Session, drive
from chatbot.types import Assistant, Usage
from tests.conversation import calling, pack, tool

BEGAN = "2026-11-21T07:15:00+00:00"
TICK = 0.125
"""Seconds from one event to the next; a call takes two."""
HOSTILE = (
    "\x00\x1b]52;c;x\x07\x1b[2J ]]> </system-out> <!-- &amp; <script>alert(1)</script> </details> a|b \\| @all "
    "~~~ ```` \n``````\n# [x](http://y)\n| - |\u2028\u202e\x85 \x7f \ud800 \ufffe \uffff é 漢字 😀"
)
"""What no report may be broken by."""


def run(script: str, said: list[str | None], *replies: Reply, **fields) -> Run:
    """What came of saying that (None: the assistant speaks first) to a model with these replies."""
    packs = [pack(tool("get_ticket", _ticket), tool("close_ticket", lambda *_: "Closed."), name="support")]
    session = Session(Scripted(*replies), packs)
    steps: list[Step] = []
    ticks = count()

    def keep(event):
        if isinstance(event, SessionStarted):
            event = replace(event, session="a1b2c3d4e5f6", time=BEGAN)
        if hasattr(event, "seconds"):
            next(ticks)
            event = replace(event, seconds=2 * TICK)
        steps.append(Step(event, next(ticks) * TICK))

    drive(session.opening(), keep)
    for text in said:
        drive(session.greet(Interrupt()) if text is None else session.turn(text, Interrupt()), keep)
    return Run(script, began=BEGAN, seconds=next(ticks) * TICK, steps=tuple(steps), **fields)


def _ticket(arguments, context):
    if arguments["ticket"] != "12345":
        raise ToolFailed(f"There is no ticket {arguments['ticket']}.")
    return {"ticket": "12345", "status": "Open"}


def passed(script: str = "examples/support/open_ticket.yaml", **fields) -> Run:
    """A greeting, then a question that takes a tool."""
    asking = replace(calling(("get_ticket", {"ticket": "12345"})), usage=Usage(1030, 4))
    said = [None, "What about ticket 12345?"]
    return run(script, said, "Hello!", asking, Assistant("It is **open**.", usage=Usage(1060, 5)), **fields)


def failed(script: str = "examples/support/closed_ticket.yaml", **fields) -> Run:
    """Two expectations do not hold in its second turn."""
    unmet = (
        Unmet(
            "turn 2, expect.calls[0]",
            'close_ticket {"ticket": "12345"} was expected; get_ticket {"ticket": "67890"} was called.',
            12,
            (
                "  user: Close ticket 12345.",
                '- assistant: call function close_ticket, with arguments {"ticket": "12345"}',
                '+ assistant: call function get_ticket, with arguments {"ticket": "67890"}',
            ),
        ),
        Unmet("turn 2, expect.answer.contains", 'The answer does not contain "closed": "There is none."', 14),
    )
    asking = calling(("get_ticket", {"ticket": "67890"}))
    said = ["Hello.", "Close ticket 12345."]
    return run(script, said, "Hello!", asking, "There is none.", **{"unmet": unmet, **fields})


def wrong(script: str = "examples/typo.yaml", why: str = "line 3, column 5: there is no key 'expects' here.") -> Run:
    """A script that is none."""
    return Run(script, began=BEGAN, wrong=why)


def hostile(**fields) -> Run:
    """Where text is, there is HOSTILE text."""
    asking = calling((HOSTILE, {"ticket": HOSTILE}), text=HOSTILE)
    unmet = (Unmet(HOSTILE, HOSTILE, 3, (f"  {HOSTILE}", f"- {HOSTILE}", "+ ````")),)
    return run(f"examples/{HOSTILE}.yaml", [HOSTILE], asking, HOSTILE, description=HOSTILE, unmet=unmet, **fields)


def repeated(script: str = "examples/flaky.yaml", repeats: int = 5, fails: tuple[int, ...] = (2, 4)) -> list[Run]:
    """A script that does not always pass."""
    numbers = range(1, repeats + 1)
    return [(failed if number in fails else passed)(script, number=number) for number in numbers]
