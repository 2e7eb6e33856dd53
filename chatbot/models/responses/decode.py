"""The events of a response to deltas and one Assistant; pure, so that it is tested from recorded streams.

The format: https://platform.openai.com/docs/api-reference/responses-streaming, and what others make of it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from chatbot.events import Delta, Notice, ReasoningDelta, Status, StatusChanged, TextDelta
from chatbot.models.http.answer import CUT
from chatbot.models.http.failures import Place, of_answer
from chatbot.models.http.history import unique
from chatbot.models.http.pieces import Pieces
from chatbot.models.http.text import whole
from chatbot.models.responses.kept import keep
from chatbot.models.responses.output import Item, Output, refuses, sendable, text_of, written
from chatbot.types import Assistant, ToolCall, Usage

_OPEN: dict[str, Status] = {"queued": "queued", "in_progress": "in_progress"}
_FINAL: dict[str, Status] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
}
_TOLD = {"created": _OPEN["in_progress"], **_OPEN, **_FINAL}
"""The status that an event tells by its name."""


class Decoder:
    """Decodes events, and whole responses, that are JSON values already. What is unknown or malformed is left out.

    after: the fingerprint of the history that the response answers, where the server stores it. id: the response's,
    "" as long as it is unknown. cursor: the number of the latest event, None where the server does not count them.
    pending: whether the server sent a whole response that is not final yet, instead of events.
    """

    def __init__(self, place: Place, after: str = "") -> None:
        self._place = place
        self._after = after
        self._pieces = Pieces()
        self._output = Output()
        self._speaker: Item | None = None
        self._thinker: tuple[Item, Any] | None = None
        self._refused = False
        self._status: Status | None = None
        self._final: dict[str, Any] = {}
        self._known = -1
        self.id = ""
        self.cursor: int | None = None
        self.pending = False
        self.begun = False

    @property
    def finished(self) -> bool:
        """Whether the server has said its last word on the response."""
        return self._status in _FINAL

    def resume(self) -> None:
        """Leave out what comes once more: the events up to the cursor."""
        self._known = -1 if self.cursor is None else self.cursor

    def feed(self, chunk: Any) -> list[Delta]:
        """Return the deltas in an event or a response. Raises ModelError where it tells an error, or is no object."""
        if isinstance(chunk, list) and chunk:
            return [piece for item in chunk if isinstance(item, dict) for piece in self.feed(item)]
        if not isinstance(chunk, dict):
            raise self._place.failed("sent something that is no answer", f"a JSON {type(chunk).__name__}")
        try:
            return self._feed(chunk)
        except RecursionError:
            raise self._place.failed("sent something that is nested too deeply") from None

    def end(self, done: bool) -> Iterator[Delta | Assistant]:
        """Yield the last pieces, then the reply. Raises ModelError, Lost where the response has no end; see Chunks."""
        del done  # a connection's end says nothing of the response's
        if self._status == "failed":
            raise self._place.failed("failed to answer", fix="Ask again.")
        if self._status == "cancelled":
            raise self._place.failed("cancelled the answer", fix="Ask again.")
        if not self.finished:
            raise self._place.broken_off()
        yield from self._pieces.end()
        if self._refused:
            yield Notice("warning", f"{self._place.model} refused to answer.")
        if self._status == "incomplete":
            yield StatusChanged("incomplete")
            reason = _str(_dict(self._final.get("incomplete_details")).get("reason"))
            yield Notice("warning", CUT.get(reason, "The answer is cut off."))
        yield self._reply()

    def _feed(self, chunk: dict[str, Any]) -> list[Delta]:
        kind = chunk.get("type")
        if chunk.get("object") == "response":
            return self._response(chunk, None)
        if kind == "error" or (chunk.get("error") and not isinstance(kind, str)) or chunk.get("object") == "error":
            self._status = "failed"
            raise of_answer(chunk, self._place)
        if "choices" in chunk:
            raise self._place.failed("answered in the form of the Chat Completions API", fix="Use --api chat.")
        if not isinstance(kind, str) or not kind.startswith("response."):
            return []
        self.begun, self.pending = True, False
        told = kind.removeprefix("response.")
        number = chunk.get("sequence_number")
        if isinstance(number, int):
            if number <= self._known and told not in _FINAL:
                return []
            self.cursor = number
        if told in _TOLD:
            return self._response(_dict(chunk.get("response")), _TOLD[told])
        step = _STEPS.get(told)
        return [*self._become("in_progress", at_first=True), *step(self, chunk)] if step else []

    def _response(self, response: dict[str, Any], told: Status | None) -> list[Delta]:
        """Take in a response; `told` is the status that the event's name tells, None where there is no event."""
        if self._status in _FINAL:
            return []
        self.begun = True
        status = _str(response.get("status"))
        if told is None:
            told = _TOLD.get(status, "in_progress" if status else "completed")
            self.pending = told in _OPEN
        else:
            told = (_FINAL if told in _FINAL else _OPEN).get(status, told)
        id_ = response.get("id")
        self.id = id_ if isinstance(id_, str) and id_ else self.id
        if told == "failed" and isinstance(response.get("error"), dict):
            self._status = told
            raise of_answer({"error": response["error"]}, self._place)
        if told in _OPEN:
            return self._become(told)
        deltas = [*self._become("in_progress", at_first=True), *self._rest(response.get("output"))]
        self._status, self._final = told, response
        return [*deltas, StatusChanged(told)] if told == "cancelled" else deltas

    def _become(self, status: Status, at_first: bool = False) -> list[Delta]:
        if status == self._status or (at_first and self._status):
            return []
        self._status = status
        return [StatusChanged(status)]

    def _text(self, event: dict[str, Any]) -> list[Delta]:
        return self._say(self._output.at(event, "message"), _str(event.get("delta")))

    def _text_done(self, event: dict[str, Any]) -> list[Delta]:
        item = self._output.at(event, "message")
        return [] if item.said else self._say(item, _str(event.get("text")))

    def _refusal(self, event: dict[str, Any]) -> list[Delta]:
        self._refused = True
        return self._text(event)

    def _reasoning(self, event: dict[str, Any]) -> list[Delta]:
        return self._think(self._output.at(event, "reasoning"), _str(event.get("delta")), event.get("summary_index"))

    def _arguments(self, event: dict[str, Any]) -> list[Delta]:
        self._output.at(event, "function_call").say(_str(event.get("delta")))
        return []

    def _arguments_done(self, event: dict[str, Any]) -> list[Delta]:
        item = self._output.at(event, "function_call")
        item.arguments = written(event) or item.said or "{}"
        return []

    def _added(self, event: dict[str, Any]) -> list[Delta]:
        self._output.told(event)
        return []

    def _done(self, event: dict[str, Any]) -> list[Delta]:
        item = self._output.told(event)
        if item is None:
            return []
        item.value = {**event["item"]}
        if item.kind == "function_call" and not written(item.value):
            item.value["arguments"] = item.arguments or item.said
        return self._caught_up(item, item.value)

    def _caught_up(self, item: Item, value: dict[str, Any]) -> list[Delta]:
        """Say what a whole item says and its deltas did not."""
        text = text_of(value)
        if item.kind == "reasoning":
            return [] if item.said else self._think(item, text, None)
        if item.kind == "message":
            self._refused = self._refused or refuses(value)
            return self._say(item, text.removeprefix(item.said)) if text.startswith(item.said) else []
        return []

    def _rest(self, output: Any) -> list[Delta]:
        """Say what only the response's own list says; ids may have changed in it, so its items go by their order."""
        deltas: list[Delta] = []
        values = [value for value in output if isinstance(value, dict)] if isinstance(output, list) else []
        for kind in ("reasoning", "message"):
            known = [item for item in self._output.items if item.kind == kind]
            for number, value in enumerate(value for value in values if value.get("type") == kind):
                deltas += self._caught_up(known[number] if number < len(known) else Item(kind), value)
        return deltas

    def _say(self, item: Item, text: str) -> list[Delta]:
        if not text:
            return []
        apart = "\n\n" if self._speaker and item is not self._speaker else ""
        self._speaker = item
        item.say(text)
        return [*self._pieces.add(TextDelta, apart + text)]

    def _think(self, item: Item, text: str, part: Any) -> list[Delta]:
        if not text:
            return []
        apart = "\n\n" if self._thinker and (item, part) != self._thinker else ""
        self._thinker = (item, part)
        item.say(text)
        return [*self._pieces.add(ReasoningDelta, apart + text)]

    def _reply(self) -> Assistant:
        items, lost = self._output.settled(self._final.get("output"), self._status == "completed")
        calls = [item for item in items if item["type"] == "function_call"]
        given = [_str(item.get("call_id")) or _str(item.get("id")) for item in calls]
        ids = unique(map(whole, given))
        made = tuple(
            ToolCall(id_, whole(item["name"]), whole(written(item)) or "{}")
            for id_, item in zip(ids, calls, strict=True)
        )
        reply = Assistant(self._pieces.text, made, _usage(self._final.get("usage")))
        said = [text_of(item) for item in items if item["type"] == "message"]
        read = reply.text == "\n\n".join(filter(None, said))
        # What people have not read, or a call that nobody knows of, or knows by another id, is nothing to go on from.
        id_ = self.id if ids == given and not lost and (read or not said) else ""
        items = items if read else []
        return keep(reply, sendable(items, lost), self._place, id_, self._after)


_STEPS: dict[str, Callable[[Decoder, dict[str, Any]], list[Delta]]] = {
    "output_text.delta": Decoder._text,
    "output_text.done": Decoder._text_done,
    "refusal.delta": Decoder._refusal,
    "reasoning_summary_text.delta": Decoder._reasoning,
    "reasoning_text.delta": Decoder._reasoning,
    "function_call_arguments.delta": Decoder._arguments,
    "function_call_arguments.done": Decoder._arguments_done,
    "output_item.added": Decoder._added,
    "output_item.done": Decoder._done,
}


def _usage(usage: Any) -> Usage | None:
    counts = _dict(usage)
    known = [
        counts.get("input_tokens"),
        counts.get("output_tokens"),
        _dict(counts.get("input_tokens_details")).get("cached_tokens"),
        _dict(counts.get("output_tokens_details")).get("reasoning_tokens"),
    ]
    if not any(isinstance(count, int) for count in known[:2]):
        return None
    return Usage(*(count if isinstance(count, int) else 0 for count in known))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""
