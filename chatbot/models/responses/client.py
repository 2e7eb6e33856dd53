"""The model behind a Responses server."""

import re
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, replace

from chatbot.errors import ModelError
from chatbot.events import Delta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.http.answer import Answer
from chatbot.models.http.failures import Failure
from chatbot.models.http.served import Request, Served
from chatbot.models.responses import wire
from chatbot.models.responses.decode import Decoder
from chatbot.types import Assistant

PATH = "/responses"
_NO_SUCH_PATH = re.compile(r"(unknown|invalid|unsupported|no such|not found).{0,20}(url|endpoint|path|route)", re.I)


@dataclass(eq=False)
class Responses(Served):
    """A model that is asked over the Responses API; see Served for the other fields.

    store: let the server keep the conversation, and say only what is new. Otherwise it keeps nothing, and everything
    is said every time, the model's encrypted reasoning included.
    """

    _: KW_ONLY
    store: bool = False

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Ask the model; see Model. Raises ModelError, CredentialsRefused or ModelUnreachable."""
        answer = Answer(self.place, self._decoder(prompt), opening=())
        yield from self.exchange(self._request(prompt), answer, interrupt)

    def explained(self, failure: Failure, request: Request) -> ModelError:
        """Name the way out where it looks as if the server had no Responses API."""
        said = str(failure.error)
        missing = failure.status in (404, 405, 501) or (failure.status == 400 and _NO_SUCH_PATH.search(said))
        if missing and request.path == PATH:
            fix = "If the server has no Responses API, use --api chat."
            return type(failure.error)(self.place.line(said, fix=fix))
        return failure.error

    def _decoder(self, prompt: Prompt) -> Decoder:
        return Decoder(self.place, wire.stands_on(prompt) if self.store else "")

    def _request(self, prompt: Prompt) -> Request:
        """Return what is sent: all that was said, or what is new since the latest response that the server keeps."""
        body = wire.request(prompt, self.place, self.temperature, self.store)
        whole = Request(PATH, body, wire.OPTIONAL)
        new = wire.continued(body, prompt, self.place) if self.store else None
        return whole if new is None else replace(whole, body=new, fallback=whole)
