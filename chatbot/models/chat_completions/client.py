"""The model behind a Chat Completions server."""

import re
from collections.abc import Iterator

from chatbot.errors import ModelError
from chatbot.events import Delta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.chat_completions import wire
from chatbot.models.chat_completions.decode import Decoder
from chatbot.models.http.answer import Answer
from chatbot.models.http.failures import Failure
from chatbot.models.http.served import Request, Served
from chatbot.types import Assistant

_ELSEWHERE = re.compile(r"v1/responses|responses (api|endpoint)", re.I)


class ChatCompletions(Served):
    """A model that is asked over the Chat Completions API; see Served for its fields."""

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Ask the model; see Model. Raises ModelError, CredentialsRefused or ModelUnreachable."""
        body = wire.request(prompt, self.model, self.temperature, self.seed)
        answer = Answer(self.place, Decoder(self.place))
        yield from self.exchange(Request("/chat/completions", body, wire.OPTIONAL), answer, interrupt)

    def explained(self, failure: Failure, request: Request) -> ModelError:  # noqa: ARG002
        """Name the way out where the model is only to be had over the other API: with tools, if it reasons."""
        said = str(failure.error)
        if failure.status in (400, 404, 422) and _ELSEWHERE.search(said):
            return type(failure.error)(self.place.line(said, fix="Use --api responses."))
        return failure.error
