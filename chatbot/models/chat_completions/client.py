"""The model behind a Chat Completions server."""

from collections.abc import Iterator

from chatbot.events import Delta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.chat_completions import wire
from chatbot.models.chat_completions.decode import Decoder
from chatbot.models.http.answer import Answer
from chatbot.models.http.served import Request, Served
from chatbot.types import Assistant


class ChatCompletions(Served):
    """A model that is asked over the Chat Completions API; see Served for its fields."""

    def stream(self, prompt: Prompt, interrupt: Interrupt) -> Iterator[Delta | Assistant]:
        """Ask the model; see Model. Raises ModelError, CredentialsRefused or ModelUnreachable."""
        body = wire.request(prompt, self.model, self.temperature)
        answer = Answer(self.place, Decoder(self.place))
        yield from self.exchange(Request("/chat/completions", body, wire.OPTIONAL), answer, interrupt)
