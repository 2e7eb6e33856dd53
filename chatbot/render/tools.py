"""A tool call and its result as lines: what was asked, how it went, how long it took."""

from rich.style import Style
from rich.text import Text

from chatbot.render.activity import duration
from chatbot.render.clean import clean, one_line
from chatbot.render.palette import Palette
from chatbot.types import Failure, ToolCall, ToolResult

BOLD = Style(bold=True)
FOLD = 6
"""Lines of a tool's result that are shown."""
ARGUMENTS = 400
"""Characters of a call's arguments that are shown."""
FAILURES: dict[Failure, str] = {
    "unknown": "is unknown",
    "invalid": "got invalid arguments",
    "denied": "was refused",
    "failed": "failed",
    "timeout": "timed out",
    "interrupted": "was interrupted",
}


def called(call: ToolCall, palette: Palette) -> Text:
    """Return the line of a call: name and arguments, folded where they are long."""
    arguments = one_line(call.arguments)
    rest = len(arguments) - ARGUMENTS
    line = Text().append("-> ", palette.call).append(one_line(call.name), palette.call + BOLD)
    line.append(f" {arguments[:ARGUMENTS]}")
    return line.append(f" [{rest} more characters]", palette.faint) if rest > 0 else line


def returned(result: ToolResult, seconds: float, room: int, palette: Palette) -> Text:
    """Return the lines of a result: its name, how it went, how long it took, and what the model reads.

    room: characters of a line, where it is folded; 0 folds nothing.
    """
    style = palette.failed if result.failure else palette.done
    how = f" {FAILURES[result.failure]}" if result.failure else ""
    head = Text().append("<- ", style).append(f"{one_line(result.name)}{how}", style + BOLD)
    head.append(f" ({duration(seconds)}): ", palette.faint)
    text = clean(result.content).strip()
    shown, rest = folded(text, room) if room else (text, 0)
    head.append(shown)
    return head.append(f"\n   [{rest} more characters: /last]", palette.faint) if rest else head


def folded(text: str, width: int) -> tuple[str, int]:
    """Return the first lines of a text, and how many characters more there are."""
    shown = "\n".join(text[: max(width, 20) * FOLD].split("\n")[:FOLD])
    return shown, len(text) - len(shown)
