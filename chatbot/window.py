"""What of a conversation the model still reads: whole turns, so that a call never goes without its result."""

from collections.abc import Sequence

from chatbot.types import SUMMARY, Assistant, Message, ToolResult, User, repaired

INTERRUPTED = "[interrupted]"
CHARACTERS = 3.5  # of a token, where nothing better is known


def turns(history: Sequence[Message]) -> list[list[Message]]:
    """Return the history by turns: each begins with what the user said; a greeting, or a summary, is one of its own."""
    parts: list[list[Message]] = []
    for message in history:
        if isinstance(message, User) or not parts:
            parts.append([])
        parts[-1].append(message)
    return parts


def cut(history: Sequence[Message], oldest: int = 0, latest: int = 0, summary: str = "") -> list[Message]:
    """Return the history without so many of its oldest and latest turns; a summary stands for the oldest."""
    parts = turns(history)
    kept = [message for part in parts[oldest : max(len(parts) - latest, oldest)] for message in part]
    return [Assistant(SUMMARY + summary), *kept] if summary else kept


def without_empty_end(history: Sequence[Message]) -> list[Message]:
    """Return the history without a last reply that says nothing and calls nothing."""
    match history[-1:]:
        case [Assistant(text="", calls=())]:
            return list(history[:-1])
    return list(history)


def broken_off(history: Sequence[Message], before: int) -> list[Message]:
    """Return the history with the turn that begins at `before` closed, so that the model knows how it ended.

    The roles alternate again; where nothing was said in the turn, nothing is added.
    """
    turn = list(repaired(history[before:]))
    match turn[-1:]:
        case []:
            pass
        case [Assistant(text=text, calls=())]:
            turn[-1] = Assistant(f"{text} {INTERRUPTED}".lstrip())
        case _:
            turn.append(Assistant(INTERRUPTED))
    return [*history[:before], *turn]


def tokens(history: Sequence[Message]) -> int:
    """Return about how many tokens the history has: those counted by the model, and the rest by its length.

    The latest reply's usage counts all that stood before it.
    """
    count = 0.0
    for message in history:
        usage = message.usage if isinstance(message, Assistant) else None
        count = usage.input_tokens + usage.output_tokens if usage else count + _length(message) / CHARACTERS
    return int(count)


def excess(history: Sequence[Message], limit: int) -> int:
    """Return how many of the oldest turns should go, so that the rest fits into the limit; never the last one."""
    over = tokens(history) - limit
    if over <= 0:
        return 0
    parts = turns(history)
    whole = sum(_length(message) for message in history) or 1
    share = tokens(history) / whole  # of a token, in a character of this conversation
    gone = 0
    while over > 0 and gone < len(parts) - 1:
        over -= int(sum(_length(message) for message in parts[gone]) * share) + 1
        gone += 1
    return gone


def _length(message: Message) -> int:
    match message:
        case User(text=text):
            return len(text) + 16
        case Assistant(text=text, calls=calls):
            return len(text) + sum(len(call.name) + len(call.arguments) + 32 for call in calls) + 16
        case ToolResult(content=content):
            return len(content) + 32
