"""How this run departs from what is recorded: as a diff of the dialogue, and why in a line."""

import json
from collections.abc import Iterable, Sequence
from difflib import unified_diff
from io import StringIO

from chatbot.errors import ModelError
from chatbot.events import (
    ApprovalAsked,
    Event,
    Notice,
    ToolReturned,
    TurnEnded,
    TurnStarted,
    to_json,
)
from chatbot.playback.tape import Tape, Turn
from chatbot.render.clean import clean, one_line
from chatbot.render.plain import Plain

AROUND = 2  # lines that are the same, shown before and behind those that are not


class Departed(ModelError):
    """This run is not what was recorded; `diff` shows the dialogue of the turn, recorded (-) and now (+)."""

    def __init__(self, line: str, diff: str = "") -> None:
        super().__init__(line)
        self.diff = diff


def departed(tape: Tape, turn: Turn | None, due: Sequence[Event], happened: Sequence[Event]) -> Departed:
    """Return how what has happened in a turn departs from what was due; `turn` is None behind the recording's end."""
    if turn is None:
        end = f"the recording ends after {tape.turns[-1].name}" if tape.turns else "no turn is recorded"
        line = f"This run departs from {tape.path}: {end}."
    else:
        line = f"This run departs from {tape.path} at {turn.name}: {_why(due, happened)}."
    place = f"{tape.path}, {turn.name if turn else 'its end'}"
    return Departed(line, diff(due, happened, place))


def diff(due: Sequence[Event], happened: Sequence[Event], place: str) -> str:
    """Return the dialogue as a unified diff: what is recorded at `place`, and what this run made of it."""
    before, now = plain(due), plain(happened)
    if before == now:  # what differs is told to programs only
        before, now = ([json.dumps(to_json(event), ensure_ascii=False) for event in side] for side in (due, happened))
    return "\n".join(unified_diff(before, now, place, "this run", n=AROUND, lineterm=""))


def plain(events: Iterable[Event]) -> list[str]:
    """Return the lines of the plain transcript, in which failures and greetings show, too."""
    written = StringIO()
    show = Plain(written, written)
    for event in events:
        match event:
            case TurnStarted(message=None):
                written.write("(the assistant speaks first)\n")
            case ToolReturned(result=result) if result.failure:
                written.write(f"function response ({result.failure}): {clean(result.content)}\n")
            case _:
                show(event)
    return written.getvalue().splitlines()


def _why(due: Sequence[Event], happened: Sequence[Event]) -> str:
    """Return in words what the first difference is."""
    pairs = zip([*due, None], [*happened, None], strict=False)
    before, now = next(((before, now) for before, now in pairs if before != now), (None, None))
    match before, now:
        case TurnStarted(message=None), TurnStarted():
            return "the assistant spoke first, and does not now"
        case TurnStarted(), TurnStarted(message=None):
            return "the assistant speaks first, and did not"
        case TurnStarted(), TurnStarted():
            return "the user says something else"
        case ToolReturned(result=result), ToolReturned():
            return f"the result of {one_line(result.name)} is another one"
        case ApprovalAsked(call=call), _:
            return f"the user was asked about {one_line(call.name)}, and is not now"
        case _, ApprovalAsked(call=call):
            return f"the user is asked about {one_line(call.name)}, and was not"
        case Notice(), _:
            return "a notice is given no more"
        case _, Notice():
            return "a notice is given that was not"
        case ((None | TurnEnded()), _):
            return "it goes on where it had ended"
        case _, (None | TurnEnded()):
            return "it ends before it had ended"
        case _:
            return "something else happens"
