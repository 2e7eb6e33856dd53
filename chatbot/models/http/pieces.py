"""Text and reasoning as they stream, made whole: half of a surrogate pair waits for the other half; pure."""

from chatbot.events import ReasoningDelta, TextDelta
from chatbot.models.http.text import whole

Piece = TextDelta | ReasoningDelta


class Pieces:
    """Makes deltas of what comes, and keeps the text."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._half: dict[type[Piece], str] = {}

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self._text)

    def add(self, kind: type[Piece], text: str) -> list[Piece]:
        """Return the text as a delta; half of a surrogate pair at its end is kept until the other half comes."""
        if not text:
            return []
        text = self._half.pop(kind, "") + text
        if "\ud800" <= text[-1] <= "\udbff":
            self._half[kind] = text[-1]
            text = text[:-1]
        return self._told(kind, whole(text)) if text else []

    def end(self) -> list[Piece]:
        """Return what still waited."""
        halves, self._half = self._half, {}
        return [piece for kind, half in halves.items() for piece in self._told(kind, whole(half))]

    def _told(self, kind: type[Piece], text: str) -> list[Piece]:
        if kind is TextDelta:
            self._text.append(text)
        return [kind(text)]
