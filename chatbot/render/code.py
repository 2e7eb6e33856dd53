"""Code in colours; its characters stay exactly what they are."""

from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import LEXERS, get_lexer_by_name
from pygments.token import Token
from rich.style import Style
from rich.text import Span, Text

from chatbot.render.palette import Palette

LONGEST = 8_000
"""Characters that are coloured at once; longer code has no colours."""


class Highlighter:
    """Colours code as its palette says."""

    def __init__(self, palette: Palette) -> None:
        self._styles = palette.code
        self._known: dict[object, Style | None] = {}

    def text(self, lines: tuple[str, ...], language: str) -> Text:
        """Return the lines as one text."""
        code = "\n".join(lines)
        lexer = _lexer(language.split()[0].lower()) if language and self._styles else None
        if lexer is None or len(code) > LONGEST:
            return Text(code)
        try:
            tokens = list(lexer.get_tokens(code))
        except Exception:  # noqa: BLE001 - a lexer's bug is no reason to lose an answer
            return Text(code)
        if "".join(value for _, value in tokens).removesuffix("\n") != code.removesuffix("\n"):
            return Text(code)
        spans, at = [], 0
        for kind, value in tokens:
            if style := self._style(kind):
                spans.append(Span(at, min(at + len(value), len(code)), style))
            at += len(value)
        return Text(code, spans=spans)

    def _style(self, kind: object) -> Style | None:
        if kind not in self._known:
            name = str(kind).removeprefix(f"{Token}.")
            fitting = [known for known in self._styles if name == known or name.startswith(f"{known}.")]
            self._known[kind] = self._styles[max(fitting, key=len)] if fitting else None
        return self._known[kind]


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Return the names of the languages that pygments itself knows: asking for others searches the disk."""
    return frozenset(alias for _, _, aliases, _, _ in LEXERS.values() for alias in aliases)


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    if language not in _names():
        return None
    lexer: Lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    return lexer
