"""A session on a terminal, for people: what is finished is printed once and stays, one small region is alive."""

import os
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from threading import Thread
from typing import Literal, TextIO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Event,
    Notice,
    Progressed,
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
from chatbot.render.activity import Activity
from chatbot.render.approval import answered, whole
from chatbot.render.clean import Cleaner, clean, one_line
from chatbot.render.palette import Palette, Theme, palette
from chatbot.render.printed import AsItIs, Printed, Stream, wrapped
from chatbot.render.region import Canvas, Paper, Region
from chatbot.render.tools import called, returned
from chatbot.types import Assistant, User

UNWRAPPED = 1_000_000_000
"""Cells of a line where nothing is wrapped."""
WITHOUT_LINKS = ("linux", "dumb", "screen")
"""What TERM says where a link's address (OSC 8) could be shown as rubbish."""


def console_for(stream: TextIO, theme: Theme = "auto") -> Console:
    """Return a console that interprets nothing by itself: no markup, no emoji codes, no highlighting."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # a character that the terminal lacks is no reason to crash
    no_color = True if theme == "none" else None
    return Console(file=stream, markup=False, emoji=False, highlight=False, no_color=no_color)


def warm() -> None:
    """Import what the first answer needs, beside everything else."""
    Thread(target=_import_markdown, name="warm-markdown", daemon=True).start()


def _import_markdown() -> None:
    import chatbot.render.markdown  # noqa: F401


class Rich:
    """Draws events on a console.

    A terminal is drawn on, and a recording too; what is neither gets the text of the assistant as it is, unwrapped.
    echo_user: also what the user said, where they did not type it right there. show_reasoning: whole, not only its
    last line while it comes. folds: long results are.
    """

    def __init__(
        self,
        console: Console,
        *,
        echo_user: bool = False,
        theme: Theme = "auto",
        show_reasoning: bool = False,
        folds: bool = True,
    ) -> None:
        self._console = console
        self._echo_user = echo_user
        self._folds = folds
        self._palette = palette(theme)
        self._formats = console.is_terminal or console.record
        self._canvas: Canvas = Region(console) if _moves(console) else Paper(console)
        self._activity = Activity()
        self._cleaner = Cleaner()
        self._answer: Stream | None = None
        self._reasoning = AsItIs(self._palette.faint + Style(italic=True), self._width) if show_reasoning else None
        self._speaking: Stream | None = None
        self._streamed = False
        self._last: Literal["nothing", "line", "text"] = "nothing"

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case TurnStarted(message=message):
                self._start(message)
            case StatusChanged(status=status):
                self._activity.status, self._activity.progress = status, None
                self._canvas.refresh()
            case Progressed():
                self._activity.progress = event
                self._canvas.refresh()
            case TextDelta(text=text):
                self._streamed = True
                self._activity.speak()
                self._say(self._markdown(), text)
            case ReasoningDelta(text=text):
                self._think(text)
            case Replied(message=reply):
                self._reply(reply)
            case ToolCalled() | ToolReturned():
                self._tool(event)
            case ApprovalAsked() | ApprovalAnswered() | SecretAsked() | SecretAnswered():
                self._ask(event)
            case Notice(level=level, text=text):
                lines = (clean(line) for line in text.splitlines())  # a diff has many
                self._tell(Text("\n".join(lines), self._palette.level(level)))
            case TurnEnded():
                self._end(event)

    def _width(self) -> int:
        return self._console.width if self._formats else UNWRAPPED

    def _markdown(self) -> Stream:
        if self._answer is None:
            if self._formats:
                self._answer = _markdown_for(self._console, self._palette, self._width)
            else:
                self._answer = AsItIs(Style.null(), self._width)
        return self._answer

    def _start(self, message: User | None) -> None:
        if message and self._echo_user:
            self._tell(Text(f"> {clean(message.text)}", self._palette.user))
        self._last = "text"  # what the user said
        self._streamed = False
        self._activity = Activity()
        self._canvas.appear(self._activity)

    def _end(self, event: TurnEnded) -> None:
        self._finish()
        self._canvas.stop()
        detail = one_line(event.detail)
        match event.stop:
            case "error":
                self._tell(Text(f"error: {detail}", self._palette.failed + Style(bold=True)))
            case "limit":
                self._tell(Text(detail, self._palette.warning))
            case "interrupted":
                self._tell(Text("interrupted", self._palette.warning))
        self._canvas.print([Text()])
        self._last = "nothing"

    def _think(self, text: str) -> None:
        if self._reasoning:
            self._activity.pieces += 1
            self._say(self._reasoning, text)
        else:
            self._activity.think(clean(text))

    def _reply(self, reply: Assistant) -> None:
        if not self._streamed and reply.text:
            self._say(self._markdown(), reply.text)
        self._streamed = False
        self._finish()
        self._activity.reply(reply.usage.output_tokens if reply.usage else None)

    def _say(self, stream: Stream, text: str) -> None:
        """Feed a stream: print what that finishes, follow the rest."""
        if stream is not self._speaking:
            self._finish()
            self._speaking = stream
        shown = self._cleaner.feed(text)
        finished = list(stream.feed(shown))
        self._print(finished)
        self._canvas.follow(stream, "" if finished else shown)

    def _finish(self) -> None:
        """Print the rest of what is being said."""
        stream, self._speaking = self._speaking, None
        if stream:
            self._print(stream.feed(self._cleaner.flush()))
            self._print(stream.flush())
            self._canvas.follow(None)

    def _print(self, pieces: Iterable[Printed]) -> None:
        """Print pieces of a text for good."""
        lines: list[Text] = []
        for piece in pieces:
            if self._last == "line" or (self._last == "text" and piece.gap):
                lines.append(Text())
            lines += piece.lines
            self._last = "text"
        if lines:
            self._canvas.print(lines)

    def _tell(self, text: Text) -> None:
        """Print lines between the texts, at once."""
        gap = [Text()] if self._last == "text" else []
        self._canvas.print([*gap, *wrapped(text, self._width())])
        self._canvas.refresh()
        self._last = "line"

    def _tool(self, event: ToolCalled | ToolReturned) -> None:
        match event:
            case ToolCalled(call=call):
                self._activity.call(call.id, one_line(call.name))
                self._tell(called(call, self._palette))
            case ToolReturned(result=result, seconds=seconds):
                self._activity.running.pop(result.call_id, None)
                self._tell(returned(result, seconds, self._console.width if self._folds else 0, self._palette))

    def _ask(self, event: ApprovalAsked | ApprovalAnswered | SecretAsked | SecretAnswered) -> None:
        """Show the question; while it is open, nothing on the screen moves."""
        match event:
            case ApprovalAsked(call=call, reason=reason):
                self._canvas.stop()
                question = f"{one_line(call.name)} needs your word: {one_line(reason)}"
                self._tell(Text(question, self._palette.warning + Style(bold=True)))
                self._tell(Text(whole(call)))
            case ApprovalAnswered(call_id=call_id, approved=approved, reason=reason):
                self._tell(Text(answered(approved, reason), self._palette.warning))
                self._activity.resume(call_id)
                self._canvas.appear(self._activity)
            case SecretAsked():
                self._canvas.stop()
            case SecretAnswered(call_id=call_id, argument=argument, given=given):
                if not given:
                    self._tell(Text(f"{one_line(argument)} was not given", self._palette.warning))
                self._activity.resume(call_id)
                self._canvas.appear(self._activity)


def _moves(console: Console) -> bool:
    """Return whether something can be alive on the console: FORCE_COLOR makes no terminal of a pipe."""
    return console.is_terminal and not console.is_dumb_terminal and console.file.isatty()


def _markdown_for(console: Console, colors: Palette, width: Callable[[], int]) -> Stream:
    from chatbot.render.markdown import ASCII, Markdown, Marks

    links = console.is_terminal and not os.environ.get("TERM", "").startswith(WITHOUT_LINKS)
    marks = Marks() if console.encoding.lower().startswith("utf") else ASCII
    return Markdown(colors, width, links=links or console.record, marks=marks)
