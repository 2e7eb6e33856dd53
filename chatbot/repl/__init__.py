"""The chat on a terminal: read a line, drive the turn, again. The prompt comes first, all that is slow behind it."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, get_app
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import is_dumb_terminal

from chatbot import commands
from chatbot.errors import ChatbotError, ExitCode
from chatbot.interrupt import Interrupt, on_sigint
from chatbot.render.clean import clean
from chatbot.repl.backstage import Backstage
from chatbot.repl.completing import Words
from chatbot.repl.history import Said
from chatbot.repl.terminal import quiet, signals
from chatbot.repl.toolbar import toolbar

if TYPE_CHECKING:  # it is slow, and the prompt comes first
    from chatbot.asking import Asker
    from chatbot.conversation import Conversation
    from chatbot.events import Event, Sink, Steps

T = TypeVar("T")
PROMPT = "> "
FIRST_KEY = 0.02
"""Seconds between the prompt and the loading behind it: whoever types at once sees the key at once."""
LEAVE = ("exit", "quit")


class Cancelled(Exception):
    """The user did not want to wait any longer."""


class Repl:
    """Reads, drives, again, until the user leaves."""

    def __init__(
        self,
        *,
        converse: "Callable[[Asker], Conversation]",
        open_sink: "Callable[[bool, bool], Sink]",
        header: str,
        history: Path,
    ) -> None:
        self._header = header
        self._history = Said(history)
        self._open_sink = open_sink
        self._backstage = Backstage(partial(_opened, converse), lambda: open_sink(False, False))
        self._backstage.changed = self._changed
        self._early: list[str] = []
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._app: Application[str] | None = None
        self._prompt: PromptSession[str] = PromptSession(
            PROMPT,
            multiline=True,
            key_bindings=_keys(),
            prompt_continuation="  ",
            history=self._history,
            enable_suspend=True,
            reserve_space_for_menu=0,
            completer=Words(lambda: self._backstage.conversation),
            complete_style=CompleteStyle.READLINE_LIKE,
            complete_while_typing=False,
            enable_open_in_editor=True,
            tempfile_suffix=".md",
            style=Style([("bottom-toolbar", "noreverse")]),
        )
        if isinstance(self._prompt.output, Vt100_Output):
            # Asking where the cursor is, the answer could come when nobody listens; one row below it is all we need.
            self._prompt.output.enable_cpr = False
            self._prompt.output.get_rows_below_cursor_position = lambda: 1  # type: ignore[method-assign]

    def run(self) -> ExitCode:
        """Chat until the user leaves. Raises what opening the session raised, and KeyboardInterrupt."""
        with quiet() as early, signals():
            self._early = clean(early).split("\n")
            begin = "\r\x1b[K" if early and not is_dumb_terminal() else ""  # it was echoed where the header stands
            _write(f"{begin}{self._header}\n")
            if self._history.problem:
                _write(f"chatbot: {self._history.problem}\n")
            try:
                return self._chat()
            finally:
                self._backstage.interrupt.set()
                if self._backstage.conversation:
                    self._backstage.conversation.close()

    def _chat(self) -> ExitCode:
        text = ""
        while True:
            try:
                line = self._read(default=text)
            except EOFError:
                return ExitCode.OK
            except KeyboardInterrupt:  # a dumb terminal's prompt has no key bindings
                _write("\n")
                continue
            text = ""
            if not line.strip():
                continue
            if line.strip().lower() in LEAVE:
                return ExitCode.OK
            try:
                if not commands.is_command(line):
                    text = self._say(line)
                    continue
                answer = self._command(line)
                if answer.leave:
                    return ExitCode.OK
                text = answer.draft or (self._say(answer.say) if answer.say else "")
            except Cancelled:
                text = line

    def _read(self, default: str) -> str:
        if len(self._early) > 1:  # whole lines, typed before there was a prompt
            self._backstage.start()
            line = self._early.pop(0)
            _write(f"{PROMPT}{line}\n")
            return line
        default = default or "".join(self._early)
        self._early = []
        if is_dumb_terminal():  # it has one line only, and no way to write above it
            self._backstage.start()
            with suppress(Cancelled):
                self._ready()
                self._wait_for_greeting()
        self._show_news()
        try:
            line = self._prompt.prompt(default=default, pre_run=self._before_first_drawing)
        finally:
            self._app = None
        return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def _before_first_drawing(self) -> None:
        asyncio.get_running_loop().call_soon(self._prompt_is_up)

    def _prompt_is_up(self) -> None:
        self._app = get_app()
        asyncio.get_running_loop().call_later(FIRST_KEY, self._backstage.start)
        self._show_above()

    def _changed(self) -> None:
        """Tell the main thread, whether it waits for us or for a key."""
        self._wake.put(None)
        loop = self._app and self._app.loop
        if loop:
            with suppress(RuntimeError):  # the prompt has just ended; the main thread looks by itself
                loop.call_soon_threadsafe(self._show_above)

    def _show_above(self) -> None:
        """Show what is new above the prompt; what is being typed stays."""
        app = self._app
        if app is None or not app.is_running or app.is_done:
            return
        if self._backstage.failure:
            app.exit(exception=self._backstage.failure)
        elif not self._backstage.events.empty():
            app.renderer.erase()
            self._show_news()
            app.invalidate()

    def _toolbar(self) -> str:
        conversation = self._backstage.conversation
        return toolbar(conversation, self._prompt.output.get_size().columns) if conversation else ""

    def _show_news(self) -> None:
        if self._backstage.conversation and self._prompt.bottom_toolbar is None:
            self._prompt.bottom_toolbar = self._toolbar
        past, self._backstage.past = self._backstage.past, ()
        self._show_past(past)
        sink = self._backstage.sink
        while sink and not self._backstage.events.empty():
            sink(self._backstage.events.get())

    def _show_past(self, events: "Sequence[Event]") -> None:
        """Show what was said another time, the user's words as well."""
        sink = self._open_sink(False, True) if events else None
        for event in events:
            if sink:
                sink(event)

    def _command(self, line: str) -> commands.Answer:
        """Run a command and show what it has to say. One that fails is not kept: what is secret in it, nobody knows."""
        try:
            answer = commands.run(line, self._settled)
        except ChatbotError as error:
            self._answer(str(error))
            return commands.Answer()
        if answer.control and not is_dumb_terminal():
            _write(answer.control)
        self._show_past(answer.past)
        self._answer(answer.text, answer.document)
        if answer.steps:
            self._play(answer.steps)
        if answer.verbose is not None:
            self._backstage.sink = self._open_sink(answer.verbose, False)
        if self._backstage.conversation is None or self._masks_nothing(line):
            self._history.remember(line)
        return answer

    def _answer(self, text: str, document: str = "") -> None:
        """Say what the program itself has to say: words fit into the width, a document stays as it is."""
        from chatbot.render.wrapping import told

        width = self._prompt.output.get_size().columns
        parts = [told(clean(text), width) if text else "", clean(document).rstrip("\n")]
        if any(parts):
            _write("\n".join(filter(None, parts)) + "\n\n")

    def _masks_nothing(self, line: str) -> bool:
        """Return whether a line has no secret in it, as far as is known by now."""
        return self._ready().session.mask.text(line) == line

    def _play(self, work: "Callable[[Interrupt], Steps[T]]") -> T:
        from chatbot.conversation import play

        conversation, sink = self._ready(), self._backstage.sink
        assert sink, "a conversation is never without its sink"
        return play(work, conversation, sink)

    def _say(self, text: str) -> str:
        """Drive the turn; return what should stand in the input line for another try."""
        conversation = self._ready()
        self._wait_for_greeting()
        replies = conversation.tally.replies
        try:
            outcome = self._play(partial(conversation.session.turn, text))
        finally:
            if self._masks_nothing(text):  # what the turn has shown to be secret is not kept
                self._history.remember(text)
        broke_off = conversation.tally.replies > replies  # /retry is what asks again
        return text if outcome.stop == "error" and not broke_off else ""

    def _ready(self) -> "Conversation":
        """Return the conversation, once it is open. Raises Cancelled on Ctrl-C, and what opening it raised."""
        stage = self._backstage
        stage.start()
        patience = Interrupt()
        if not (stage.conversation or stage.failure):
            with self._waiting("starting ...", patience):
                while not (stage.conversation or stage.failure or patience.is_set):
                    self._wake.get()
        if stage.conversation:
            self._show_news()
            return stage.conversation
        if stage.failure:
            raise stage.failure
        raise Cancelled

    def _settled(self) -> "Conversation":
        """Return the conversation, once nobody else is at work on it. Raises what `_ready` raises."""
        conversation = self._ready()
        self._wait_for_greeting()
        return conversation

    def _wait_for_greeting(self) -> None:
        stage = self._backstage
        if not stage.greeted:
            with self._waiting("the assistant is about to greet you; Ctrl-C skips that ...", stage.interrupt):
                while not stage.greeted:
                    self._wake.get()
        if stage.failure:
            raise stage.failure
        self._show_news()

    @contextmanager
    def _waiting(self, what: str, interrupt: Interrupt) -> Iterator[None]:
        """Say what we wait for while the block waits; Ctrl-C sets `interrupt`."""
        dumb = is_dumb_terminal()
        with interrupt.calling(lambda: self._wake.put(None)), on_sigint(interrupt):
            _write(f"{what}\n" if dumb else f"\r{what}\x1b[K")
            try:
                yield
            finally:
                _write("" if dumb else "\r\x1b[K")


def _opened(converse: "Callable[[Asker], Conversation]") -> "Conversation":
    from chatbot.repl.asking import AtTerminal

    return converse(AtTerminal())


def _keys() -> KeyBindings:
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=typing)
    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter", filter=typing)
    @keys.add("c-j", filter=typing)
    def begin_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("c-c", filter=typing)
    @keys.add("<sigint>")
    def clear_line(event: KeyPressEvent) -> None:
        event.current_buffer.reset()

    return keys


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
