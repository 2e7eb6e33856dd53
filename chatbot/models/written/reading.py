"""A model's stream with what it wrote as text told apart: reasoning, prose and calls."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from chatbot.errors import ModelError
from chatbot.events import Delta, Notice, ReasoningDelta, TextDelta
from chatbot.models.written import harmony
from chatbot.models.written.calls import Call, Offer
from chatbot.models.written.harmony import Harmony
from chatbot.models.written.quoting import Told
from chatbot.models.written.sifting import Sifter
from chatbot.models.written.thinking import Thinking, Unsaid
from chatbot.pack import Tool
from chatbot.types import Assistant, Message, ToolCall

TAKEN = "{} wrote its calls as text; they are taken as calls."
QUOTED = "{} quotes a call in its answer; it is not run."
LEFT_OUT = "{} wrote calls as text, but no tool is on offer; they are left out."


def read(
    deltas: Iterable[Delta | Assistant], tools: tuple[Tool, ...], name: str, history: Iterable[Message] = ()
) -> Iterator[Delta | Assistant]:
    """Yield the stream of the model `name`: reasoning as such, calls as calls, and prose as soon as it is none of them.

    history: what was said before; a call that the user or a tool has written there is only repeated.

    A stream that ends without its Assistant, or with a ModelError, still yields the text that was kept back, but for
    a call or the beginning of one. A message without deltas is read as a whole.
    """
    reader = _Reader(Offer(tools), Told(history))
    replied = False
    try:
        for delta in deltas:
            match delta:
                case TextDelta(text=text):
                    yield from reader.feed(text)
                case Assistant():
                    replied = True
                    yield from reader.end(delta, name)
                case _:
                    yield delta
    except ModelError:
        yield from reader.broken_off()
        raise
    if not replied:
        yield from reader.broken_off()


class _Reader:
    """Reads one message."""

    def __init__(self, offer: Offer, told: Told) -> None:
        self._offer = offer
        self._told = told
        self._start: list[str] = []
        self._splitter: Thinking | Harmony | None = None
        self._sifter = Sifter(offer, told)
        self._said: list[str] = []
        self._calls: list[Call] = []
        self._fed = False

    def feed(self, text: str) -> Iterator[ReasoningDelta | TextDelta]:
        """Yield what this piece of the message completes."""
        self._fed = True
        yield from self._split(text, whole=False)

    def end(self, reply: Assistant, name: str) -> Iterator[Delta | Assistant]:
        """Yield what was kept back, then the reply. What calls of its own stand beside is left alone."""
        yield from self._split("" if self._fed else reply.text, whole=True)
        native = tuple(replace(call, name=self._offer.name(call.name)) for call in reply.calls)
        if native:
            yield from self._say(self._sifter.all())
            calls = native
        else:
            sifted = self._sifter.end()
            yield from self._say(sifted.text)
            made = enumerate([*self._calls, *sifted.calls], start=1)
            calls = tuple(ToolCall(f"call_{number}", call.name, call.arguments) for number, call in made)
            if sifted.quoted and self._offer and not calls:
                yield Notice("info", QUOTED.format(name))
            if calls:
                yield Notice(*(("info", TAKEN.format(name)) if self._offer else ("warning", LEFT_OUT.format(name))))
        yield replace(reply, text="".join(self._said), calls=calls if native or self._offer else ())

    def broken_off(self) -> Iterator[ReasoningDelta | TextDelta]:
        """Yield what was kept back of a message that goes no further."""
        yield from self._split("", whole=True)
        yield from self._say(self._sifter.broken_off())

    def _split(self, text: str, *, whole: bool) -> Iterator[ReasoningDelta | TextDelta]:
        if self._splitter is None:
            self._start.append(text)
            if not (text.strip() or whole):
                return
            text = "".join(self._start)
            self._start = [text]
            start = text.lstrip()
            if start in harmony.PREFIXES and not whole:
                return
            self._splitter = Harmony(self._offer, self._told) if start.startswith(harmony.STARTS) else Thinking()
        for part in self._splitter.feed(text, whole=whole):
            match part:
                case ReasoningDelta():
                    yield part
                case TextDelta(text=said):
                    yield from self._say(self._sifter.feed(said))
                case Call():
                    self._calls.append(part)
                case Unsaid():
                    if unsaid := self._sifter.all().strip():
                        yield ReasoningDelta(unsaid)
                    self._sifter, self._said = Sifter(self._offer, self._told), []

    def _say(self, text: str) -> Iterator[TextDelta]:
        if text:
            self._said.append(text)
            yield TextDelta(text)
