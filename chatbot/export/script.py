"""A session as a text script: the user's turns, to be played again, and what happened then as comments."""

from collections.abc import Iterator

from chatbot.events import Event, Replied, ToolCalled, ToolReturned, TurnEnded, TurnStarted
from chatbot.masking import MASK
from chatbot.render.clean import clean, one_line
from chatbot.transcript.loading import Loaded, closed

MASKED = f"# Where {MASK} stands, a secret was said: put one in before you play this."


def as_script(loaded: Loaded) -> str:
    """Return a script whose turns are what was said, after `# expect:` lines for what happened before each."""
    said = [event.message.text for event in loaded.events if isinstance(event, TurnStarted) and event.message]
    lines = [f"# Session {one_line(loaded.session)}, {one_line(loaded.started)}, {one_line(loaded.model)}"]
    lines += [MASKED] if any(MASK in text for text in said) else []
    for event in closed(loaded.events):
        lines += _told(event)
    return "\n".join(lines) + "\n"


def _told(event: Event) -> Iterator[str]:
    match event:
        case TurnStarted(message=message) if message:
            yield from ("", *_turn(message.text))
        case Replied(message=reply) if reply.text:
            yield f"# expect: reply {one_line(reply.text)}"
        case ToolCalled(call=call):
            yield f"# expect: call {one_line(call.name)} {one_line(call.arguments)}"
        case ToolReturned(result=result):
            yield f"# expect: {result.failure or 'result'} {one_line(result.content)}"
        case TurnEnded(stop=stop, detail=detail) if stop != "done":
            yield f"# expect: stop {stop} {one_line(detail)}".rstrip()


def _turn(text: str) -> Iterator[str]:
    """Yield the lines of a turn; what a script would skip or strip stands behind a backslash."""
    first, *more = clean(text).split("\n")
    yield f"\\{first}" if first.startswith("#") else _exact(first)
    yield from (f"  {_exact(line)}" for line in more)


def _exact(line: str) -> str:
    return f"\\{line}" if not line or line != line.strip() or line.startswith("\\") else line
