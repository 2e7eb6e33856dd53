"""The chunks of an answer to deltas and one Assistant; pure, so that it is tested from recorded streams.

The format: https://platform.openai.com/docs/api-reference/chat-streaming, and what others make of it.
"""

from collections.abc import Iterator
from typing import Any

from chatbot.events import Notice, ReasoningDelta, TextDelta
from chatbot.models.chat_completions.calls import Calls
from chatbot.models.chat_completions.wire import OPAQUE
from chatbot.models.http.failures import Place, error_text
from chatbot.models.http.text import whole
from chatbot.types import Assistant, Usage

Piece = TextDelta | ReasoningDelta
_CUT = {
    "length": "The answer is cut off: it reached the most the model may write in one answer.",
    "max_tokens": "The answer is cut off: it reached the most the model may write in one answer.",
    "content_filter": "The answer is cut off: the provider's content filter stopped it.",
}


class Decoder:
    """Decodes chunks that are JSON values already. What is malformed but harmless is left out."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._text: list[str] = []
        self._half: dict[type[Piece], str] = {}
        self._calls = Calls()
        self._usage: Usage | None = None
        self._reason = ""
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
            raise self._place.failed("broke the answer off with an error", error_text(chunk))
        self._count(chunk.get("usage"))
        self._count(_dict(chunk.get("x_groq")).get("usage"))
        choices = chunk.get("choices")
        pieces: list[Piece] = []
        for choice in choices if isinstance(choices, list) else []:
            if isinstance(choice, dict):
                pieces += self._feed_choice(choice)
        return pieces

    def end(self, done: bool) -> Iterator[Piece | Notice | Assistant]:
        """Yield the last pieces, then the reply; `done` says that the stream had a proper end. Raises ModelError."""
        if not (done or self.finished):
            raise self._place.failed("broke the answer off before its end", fix="Ask again.")
        if self._reason == "error":
            raise self._place.failed("broke the answer off with an error", fix="Ask again.")
        yield from self._flush()
        if self._reason in _CUT:
            yield Notice("warning", _CUT[self._reason])
        calls, extra = self._calls.end()
        opaque = {OPAQUE: {"model": self._place.model, "extra": extra}} if extra else None
        yield Assistant("".join(self._text), calls, self._usage, opaque)

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
        if not delta and message and self._text and message.get("content") == "".join(self._text):
            # The whole message once more, behind its deltas.
            message = {key: message.get(key) for key in ("tool_calls", "function_call")}
        return self._feed_delta(delta or message)

    def _feed_delta(self, delta: dict[str, Any]) -> list[Piece]:
        thought, text = _split(delta.get("content"))
        # Some servers stream the same reasoning under both names.
        told = _str(delta.get("reasoning_content")) or _str(delta.get("reasoning"))
        text += _str(delta.get("refusal"))
        self._calls.feed(delta.get("tool_calls"))
        self._calls.feed_function(delta.get("function_call"))
        return self._piece(ReasoningDelta, told or thought) + self._piece(TextDelta, text)

    def _piece(self, kind: type[Piece], text: str) -> list[Piece]:
        """Return the text as a delta; half of a surrogate pair at its end is kept until the other half comes."""
        if not text:
            return []
        text = self._half.pop(kind, "") + text
        if "\ud800" <= text[-1] <= "\udbff":
            self._half[kind] = text[-1]
            text = text[:-1]
        text = whole(text)
        if text and kind is TextDelta:
            self._text.append(text)
        return [kind(text)] if text else []

    def _flush(self) -> list[Piece]:
        halves, self._half = self._half, {}
        kept = [kind(whole(half)) for kind, half in halves.items()]
        self._text += [piece.text for piece in kept if isinstance(piece, TextDelta)]
        return kept

    def _count(self, usage: Any) -> None:
        counts = [_dict(usage).get(key) for key in ("prompt_tokens", "completion_tokens")]
        if any(isinstance(count, int) for count in counts):
            known = [count if isinstance(count, int) else 0 for count in counts]
            self._usage = Usage(known[0], known[1])


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
