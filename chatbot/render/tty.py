"""A session on a terminal, for people: what is finished is printed once and stays, one small region is alive."""

from io import TextIOWrapper
from threading import Thread
from typing import Literal, TextIO

from rich.console import Console
from rich.text import Text

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Event,
    Level,
    Notice,
    ReasoningDelta,
    Replied,
    SecretAnswered,
    SecretAsked,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.render.approval import answered, whole
from chatbot.render.blocks import Blocks
from chatbot.render.clean import Cleaner, clean, one_line
from chatbot.render.region import Region
from chatbot.types import Failure, ToolCall, ToolResult, User

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
LEVELS: dict[Level, str] = {"info": "dim", "warning": "yellow", "error": "red"}


def console_for(stream: TextIO) -> Console:
    """Return a console that interprets nothing by itself: no markup, no emoji codes, no highlighting."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # a character that the terminal lacks is no reason to crash
    return Console(file=stream, markup=False, emoji=False, highlight=False)


def warm() -> None:
    """Import what the first answer needs, beside everything else."""
    Thread(target=_import_markdown, name="warm-markdown", daemon=True).start()


def _import_markdown() -> None:
    import chatbot.render.markdown  # noqa: F401


class Rich:
    """Draws events on a console. echo_user: also what the user said, where they did not type it right there."""

    def __init__(self, console: Console, *, echo_user: bool = False) -> None:
        self._console = console
        self._echo_user = echo_user
        self._region = Region(console)
        self._blocks = Blocks()
        self._cleaner = Cleaner()
        self._streamed = False
        self._last: Literal["nothing", "line", "text"] = "nothing"

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case TurnStarted(message=message):
                self._start(message)
            case StatusChanged(status=status):
                self._region.become(status)
            case TextDelta(text=text):
                self._streamed = True
                self._stream(text)
            case ReasoningDelta(text=text):
                self._region.think(clean(text))
            case Replied(message=reply):
                if not self._streamed:
                    self._stream(reply.text)
                self._finish_text()
            case ToolCalled() | ToolReturned():
                self._tool(event)
            case ApprovalAsked() | ApprovalAnswered() | SecretAsked() | SecretAnswered():
                self._ask(event)
            case Notice(level=level, text=text):
                self._print(Text(one_line(text), LEVELS[level]))
            case TurnEnded():
                self._end(event)

    def _start(self, message: User | None) -> None:
        if message and self._echo_user:
            self._print(Text(f"> {clean(message.text)}", "bold"))
        self._last = "text"  # what the user said
        self._region.start()

    def _end(self, event: TurnEnded) -> None:
        self._finish_text()
        self._region.stop()
        detail = one_line(event.detail)
        match event.stop:
            case "error":
                self._print(Text(f"error: {detail}", "bold red"))
            case "limit":
                self._print(Text(detail, "yellow"))
            case "interrupted":
                self._print(Text("interrupted", "yellow"))
        self._console.print()
        self._last = "nothing"

    def _stream(self, text: str) -> None:
        for block in self._blocks.feed(self._cleaner.feed(text)):
            self._print_block(block)
        self._region.show_tail(self._blocks.tail)

    def _finish_text(self) -> None:
        for block in (*self._blocks.feed(self._cleaner.flush()), *self._blocks.flush()):
            self._print_block(block)
        self._streamed = False
        self._region.show_tail(None)

    def _print_block(self, block: str) -> None:
        from chatbot.render.markdown import rendered

        self._print(rendered(block, self._console), "text")

    def _print(self, text: Text, kind: Literal["line", "text"] = "line") -> None:
        """Print for good; blank lines stand around every block of an answer, none between lines."""
        with self._console:  # one write for both
            if self._last == "text" or (self._last == "line" and kind == "text"):
                self._console.print()
            self._console.print(text)
        self._last = kind

    def _tool(self, event: ToolCalled | ToolReturned) -> None:
        match event:
            case ToolCalled(call=call):
                self._region.run(one_line(call.name))
                self._print(called(call))
            case ToolReturned(result=result, seconds=seconds):
                self._print(returned(result, seconds, self._console.width))

    def _ask(self, event: ApprovalAsked | ApprovalAnswered | SecretAsked | SecretAnswered) -> None:
        """Show the question; while it is open, nothing on the screen moves."""
        match event:
            case ApprovalAsked(call=call, reason=reason):
                self._region.stop()
                self._print(Text(f"{one_line(call.name)} needs your word: {one_line(reason)}", "bold yellow"))
                self._print(Text(whole(call)))
            case ApprovalAnswered(approved=approved, reason=reason):
                self._print(Text(answered(approved, reason), "yellow"))
                self._region.appear()
            case SecretAsked():
                self._region.stop()
            case SecretAnswered(argument=argument, given=given):
                if not given:
                    self._print(Text(f"{one_line(argument)} was not given", "yellow"))
                self._region.appear()


def called(call: ToolCall) -> Text:
    """Return the line of a call: name and arguments, cut where they are long."""
    arguments = one_line(call.arguments)
    cut = f" ... ({len(arguments) - ARGUMENTS} more characters)" if len(arguments) > ARGUMENTS else ""
    return Text.assemble(("-> ", "cyan"), (one_line(call.name), "bold cyan"), f" {arguments[:ARGUMENTS]}", (cut, "dim"))


def returned(result: ToolResult, seconds: float, width: int) -> Text:
    """Return the lines of a result, folded: its name, how it went, how long it took, and what the model reads."""
    name = one_line(result.name)
    if result.failure:
        head = [("<- ", "red"), (f"{name} {FAILURES[result.failure]}", "bold red")]
    else:
        head = [("<- ", "green"), (name, "bold green")]
    return Text.assemble(*head, (f" ({duration(seconds)}): ", "dim"), *folded(clean(result.content).strip(), width))


def folded(text: str, width: int) -> list[tuple[str, str]]:
    """Return the first lines of a text, and how much more there is."""
    room = max(width, 20) * FOLD
    lines = text[:room].split("\n")[:FOLD]
    shown = "\n".join(lines)
    rest = len(text) - len(shown)
    if not rest:
        return [(shown, "")]
    return [(shown, ""), (f"\n   ... ({rest} more characters)", "dim")]


def duration(seconds: float) -> str:
    """Return a time for people."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
