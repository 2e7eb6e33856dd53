"""The chunks of an answer to deltas and one Assistant; pure, so that it is tested from recorded streams.

The format: https://platform.openai.com/docs/api-reference/chat-streaming, and what others make of it.
"""

from collections.abc import Iterator
from typing import Any

from chatbot.events import Delta, Notice, ReasoningDelta, StatusChanged, TextDelta
from chatbot.models.chat_completions.calls import Calls
from chatbot.models.chat_completions.wire import OPAQUE
from chatbot.models.http.answer import CUT
from chatbot.models.http.failures import Place, of_answer
from chatbot.models.http.pieces import Piece, Pieces
from chatbot.types import Assistant, Usage


class Decoder:
    """Decodes chunks that are JSON values already. What is malformed but harmless is left out."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pieces = Pieces()
        self._calls = Calls()
        self._usage: Usage | None = None
        self._reason = ""
        self._refused = False
        self._choice: Any = None
        self.begun = False

    @property
    def finished(self) -> bool:
        """Whether the server has said why it stopped."""
        return bool(self._reason)

    def feed(self, chunk: Any) -> list[Piece]:
        """Return the deltas in a chunk. Raises ModelError where the chunk tells of an error, or is no object."""
        if isinstance(chunk, list) and chunk:
            return [piece for item in chunk if isinstance(item, dict) for piece in self.feed(item)]
        if not isinstance(chunk, dict):
            raise self._place.failed("sent something that is no answer", f"a JSON {type(chunk).__name__}")
        try:
            return self._feed(chunk)
        except RecursionError:
            raise self._place.failed("sent something that is nested too deeply") from None

    def _feed(self, chunk: dict[str, Any]) -> list[Piece]:
        if chunk.get("error") or chunk.get("object") == "error" or chunk.get("type") == "error":
            raise of_answer(chunk, self._place)
        self._count(chunk.get("usage"))
        self._count(_dict(chunk.get("x_groq")).get("usage"))
        choices = chunk.get("choices")
        pieces: list[Piece] = []
        for choice in choices if isinstance(choices, list) else []:
            if isinstance(choice, dict):
                pieces += self._feed_choice(choice)
        return pieces

    def end(self, done: bool) -> Iterator[Delta | Assistant]:
        """Yield the last pieces, then the reply; `done` says that the stream had a proper end. Raises ModelError."""
        if not (done or self.finished):
            raise self._place.broken_off()
        if self._reason == "error":
            raise self._place.failed("broke the answer off with an error", fix="Ask again.")
        yield from self._pieces.end()
        cut_off = self._reason in CUT
        if cut_off:
            yield StatusChanged("incomplete")
            yield Notice("warning", CUT[self._reason])
        if self._refused:
            yield Notice("warning", f"{self._place.model} refused to answer; what it says is its refusal.")
        calls, extra = self._calls.end(cut_off=cut_off)
        opaque = {OPAQUE: {"model": self._place.model, "extra": extra}} if extra else None
        yield Assistant(self._pieces.text, calls, self._usage, opaque)

    def _feed_choice(self, choice: dict[str, Any]) -> list[Piece]:
        self.begun = True
        index = choice.get("index")
        self._choice = index if self._choice is None else self._choice
        if index not in (None, self._choice):
            return []  # a second answer to the same question, which nobody asked for
        self._count(choice.get("usage"))
        reason = choice.get("finish_reason")
        self._reason = reason.lower() if isinstance(reason, str) and reason else self._reason
        delta, message = _dict(choice.get("delta")), _dict(choice.get("message"))
        return self._feed_delta(delta or self._news(message))

    def _news(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a whole message without what its deltas have said before it."""
        again = {
            "content": bool(self._pieces.text) and message.get("content") == self._pieces.text,
            "tool_calls": self._calls.are(message.get("tool_calls")),
        }
        return {key: value for key, value in message.items() if not again.get(key)}

    def _feed_delta(self, delta: dict[str, Any]) -> list[Piece]:
        thought, text = _split(delta.get("content"))
        # Some servers stream the same reasoning under both names.
        told = _str(delta.get("reasoning_content")) or _str(delta.get("reasoning"))
        refusal = _str(delta.get("refusal"))
        self._refused = self._refused or bool(refusal)
        self._calls.feed(delta.get("tool_calls"))
        self._calls.feed_function(delta.get("function_call"))
        return self._pieces.add(ReasoningDelta, told or thought) + self._pieces.add(TextDelta, text + refusal)

    def _count(self, usage: Any) -> None:
        """Take in a usage; those of servers that count on every chunk grow, so that the last one counts."""
        if not isinstance(usage, dict) or not {"prompt_tokens", "completion_tokens"} & usage.keys():
            return
        read, written = _dict(usage.get("prompt_tokens_details")), _dict(usage.get("completion_tokens_details"))
        self._usage = Usage(
            _number(usage.get("prompt_tokens")),
            _number(usage.get("completion_tokens")),
            _number(read.get("cached_tokens")) or _number(usage.get("prompt_cache_hit_tokens")),  # the latter: DeepSeek
            _number(written.get("reasoning_tokens")),
        )


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _split(content: Any) -> tuple[str, str]:
    """Return a content's reasoning and its text; it is a string, or a list of parts (Mistral)."""
    if isinstance(content, str):
        return "", content
    thought, text = "", ""
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            text += part
        elif isinstance(part, dict):
            text += _str(part.get("text"))
            thought += _split(part["thinking"])[1] if isinstance(part.get("thinking"), list | str) else ""
    return thought, text
