"""The model behind a Responses server, answering in the background: an answer outlives the connection it streams over.

The format: https://platform.openai.com/docs/guides/background
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Lock, Thread, Timer
from urllib.parse import quote

from chatbot.errors import ModelError
from chatbot.events import Delta, Notice
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.http.answer import Answer
from chatbot.models.http.failures import Failure, Lost, one_line
from chatbot.models.http.retry import Patience
from chatbot.models.http.served import Request
from chatbot.models.responses.client import PATH, Responses
from chatbot.models.responses.decode import Decoder
from chatbot.types import Assistant

_CANCEL, _NAMED = 5.0, 0.5
"""Seconds that cancelling a response may take, and that a response whose id is unknown yet is given to tell it."""


@dataclass(eq=False)
class BackgroundResponses(Responses):
    """A model that answers in the background; see Responses. The server keeps each response for some minutes.

    patience: also how often, and after which waits, a lost connection is made again without anything new having come.
    """

    patience: Patience = field(default_factory=lambda: Patience(retries=8))

    def __post_init__(self) -> None:
        super().__post_init__()
        self._going: list[Decoder] = []
        self._cancelling: list[Thread] = []
        self._letting_go = Lock()

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Ask the model; see Model. Whoever interrupts, or stops reading, cancels the response. Raises ModelError."""
        decoder = self._decoder(prompt)
        self._going.append(decoder)
        try:
            with _patient(interrupt, decoder) as late:
                yield from self._followed(self._background(prompt), decoder, late)
            if interrupt.is_set:
                self._cancel(decoder)
        except GeneratorExit:
            self._cancel(decoder)
            raise
        finally:
            with suppress(ValueError):
                self._going.remove(decoder)

    def close(self) -> None:
        """Close the connections, once what still went on, or is being cancelled, is cancelled."""
        for decoder in list(self._going):  # whoever interrupted may leave before the stream's thread has seen it
            self._cancel(decoder)
        with self._letting_go:  # another thread may be about to cancel one
            threads = self._cancelling
        for thread in threads:
            thread.join()
        super().close()

    def explained(self, failure: Failure, request: Request) -> ModelError:
        """Name the way out where the server cannot answer in the background."""
        if failure.status in (400, 422) and "background" in failure.refused.lower():
            return type(failure.error)(self.place.line(str(failure.error), fix="Ask without --background."))
        return super().explained(failure, request)

    def _background(self, prompt: Prompt) -> Request:
        """Return the request with its fallback, which the server is to answer in the background."""
        asked = self._request(prompt)
        fallback = asked.fallback and self._in_background(asked.fallback)
        return replace(self._in_background(asked), fallback=fallback)

    def _in_background(self, request: Request) -> Request:
        optional = tuple(key for key in request.optional if key != "store")
        return replace(request, body={**(request.body or {}), "background": True, "store": True}, optional=optional)

    def _followed(self, request: Request, decoder: Decoder, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Yield what the response says, over as many connections as it takes."""
        lost = polls = 0
        while True:
            before = decoder.cursor
            try:
                yield from self.exchange(request, Answer(self.place, decoder, opening=()), interrupt)
                return
            except Lost as error:
                polls = polls + 1 if decoder.pending else 0
                lost = 0 if decoder.pending or decoder.cursor != before else lost
                if not decoder.id or lost == self.patience.retries:
                    raise self._named(error, decoder) from None
            except ModelError as error:
                raise self._named(error, decoder) from None
            lost += not polls
            seconds = self.patience.wait(polls or lost, None)
            if lost and not polls:
                turn = f"({lost} of {self.patience.retries})"
                what = f"The connection to {self.place.host} is lost; response {one_line(decoder.id)} goes on there"
                yield Notice("warning", f"{what}. Asking for the rest in {seconds:.1f} s {turn}")
            if interrupt.wait(seconds):
                return
            request = self._rest(decoder)

    def _rest(self, decoder: Decoder) -> Request:
        """Return what asks for the rest: its events where the server counts them, else the response as it is by now."""
        path = f"{PATH}/{quote(decoder.id, safe='')}"
        whole = Request(path, method="GET")
        if decoder.cursor is None or decoder.pending:
            return whole
        decoder.resume()
        return Request(f"{path}?stream=true&starting_after={decoder.cursor}", method="GET", fallback=whole)

    def _named(self, error: ModelError, decoder: Decoder) -> ModelError:
        """Return the error with the response's id, unless the response itself has failed."""
        if decoder.finished or not decoder.id:
            return error
        said = str(error).removesuffix(" Ask again.")
        return type(error)(self.place.line(said, fix=f"It may go on there as response {decoder.id}."))

    def _cancel(self, decoder: Decoder) -> None:
        """Cancel the response, where there is one that goes on, beside whoever waits; the process waits for it."""
        with self._letting_go:
            if decoder not in self._going:
                return  # another thread was faster
            self._going.remove(decoder)
            if decoder.finished or not decoder.id:
                return
            request = Request(f"{PATH}/{quote(decoder.id, safe='')}/cancel")
            thread = Thread(target=self._send_cancel, args=(request,), name="cancel")
            with suppress(RuntimeError):  # the interpreter is on its way out
                thread.start()
                self._cancelling = [*(other for other in self._cancelling if other.is_alive()), thread]

    def _send_cancel(self, request: Request) -> None:
        enough = Interrupt()
        timer = Timer(_CANCEL, enough.set)
        timer.daemon = True
        timer.start()
        try:
            with suppress(ModelError):
                self.fetch(request, enough)
        finally:
            timer.cancel()


@contextmanager
def _patient(interrupt: Interrupt, decoder: Decoder) -> Iterator[Interrupt]:
    """Give an interrupt that is set with the other one, or a little later where the response has no id yet.

    A response that is let go before its id is known could not be cancelled.
    """
    late = Interrupt()
    woken: SimpleQueue[None] = SimpleQueue()

    def follow() -> None:
        woken.get()
        if not decoder.id:
            with suppress(Empty):
                woken.get(timeout=_NAMED)
        late.set()

    if interrupt.is_set:
        late.set()
    Thread(target=follow, name="patience", daemon=True).start()
    try:
        with interrupt.calling(lambda: woken.put(None)):
            yield late
    finally:
        woken.put(None)
        woken.put(None)
