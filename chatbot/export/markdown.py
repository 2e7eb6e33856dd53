"""A session as Markdown. What was said stands in quotes, so that nothing in it reaches beyond them."""

from collections.abc import Iterator

from chatbot.events import (
    ApprovalAnswered,
    Event,
    HistoryCut,
    Notice,
    Replied,
    SecretAnswered,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.render.clean import clean, one_line
from chatbot.render.quoting import code, fenced
from chatbot.transcript.loading import Loaded, closed


def as_markdown(loaded: Loaded) -> str:
    """Return the session as Markdown: roles in bold, texts quoted, calls and results in fences."""
    about = " · ".join(part for part in (loaded.started, loaded.model, ", ".join(loaded.packs)) if part)
    parts = [f"# Session {one_line(loaded.session)}", code(about)]
    parts += [part for event in closed(loaded.events) for part in _told(event)]
    return "\n\n".join(parts) + "\n"


def _told(event: Event) -> Iterator[str]:
    match event:
        case TurnStarted(message=message) if message:
            yield from ("**User**", _quoted(message.text))
        case Replied(message=reply) if reply.text:
            yield from ("**Assistant**", _quoted(reply.text))
        case ToolCalled(call=call):
            yield from ("**Call**", fenced(f"{call.name} {call.arguments}"))
        case ToolReturned(result=result):
            how = f"Result: {result.failure}" if result.failure else "Result"
            yield from (f"**{how}**", fenced(result.content))
        case ApprovalAnswered(approved=approved, reason=reason):
            yield _line("Approved" if approved else "Declined", reason)
        case SecretAnswered(argument=argument, given=given):
            yield _line("Secret given" if given else "Secret not given", argument)
        case HistoryCut(summary=summary) if summary:
            yield from ("**Summary of what the model reads no more**", _quoted(summary))
        case Notice(level=level, text=text):
            yield _line(level.capitalize(), text)
        case TurnEnded(stop=stop, detail=detail) if stop != "done":
            yield _line(f"Ended: {stop}", detail)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in clean(text).split("\n"))


def _line(head: str, text: str) -> str:
    return f"**{head}** {code(text)}".rstrip()
