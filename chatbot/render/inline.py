"""Inline Markdown as styled text: no HTML is swallowed, no link is hidden, line breaks stay."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.style import Style
from rich.text import Span, Text

from chatbot.render.clean import clean
from chatbot.render.palette import Palette

LONGEST = 2_000
"""Characters that are parsed at once: what a hostile text can make quadratic stays small."""

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
_SPECIAL = re.compile(r"[\\`*_~\[\]<&!]")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[!-~]{1,2000}")
"""What may become a link of the terminal: nothing in it is a control character."""
_IN_ADDRESS = "/:?#[]@!$&'()*+,;=%~"
_STYLES = {
    "strong_close": Style(bold=True),
    "em_close": Style(italic=True),
    "s_close": Style(strike=True),
}


class Inline:
    """Makes text of inline Markdown. links: the terminal knows links (OSC 8)."""

    def __init__(self, palette: Palette, *, links: bool) -> None:
        self._palette = palette
        self._links = links

    def text(self, source: str) -> Text:
        """Return the cleaned text as it is meant to look, with its own line breaks."""
        if not _SPECIAL.search(source):
            return Text(source)
        line = _Line(self._palette, links=self._links)
        for part in _parts(source):
            for token in _PARSER.parseInline(part)[0].children or ():
                line.add(token)
        return Text(line.plain, spans=line.spans)


def _parts(source: str) -> Iterator[str]:
    """Yield what is parsed at once, cut at a line's end or between words."""
    start = 0
    while len(source) - start > LONGEST:
        end = start + LONGEST
        space = max(source.rfind("\n", start + 1, end), source.rfind(" ", end - LONGEST // 4, end))
        end = space if space > 0 else end
        yield source[start:end]
        start = end
    yield source[start:]


class _Line:
    """A text while it is put together."""

    def __init__(self, palette: Palette, *, links: bool) -> None:
        self.plain = ""
        self.spans: list[Span] = []
        self._palette = palette
        self._links = links
        self._opened: list[tuple[int, str]] = []

    def add(self, token: Token) -> None:
        """Add what a token stands for; the parser may have decoded an entity in it."""
        if token.nesting == 1:
            self._opened.append((len(self.plain), clean(str(token.attrs.get("href", "")))))
        elif token.nesting == -1:
            self._close(token, *self._opened.pop())
        elif token.type in ("softbreak", "hardbreak"):
            self.plain += "\n"
        elif token.type == "code_inline":
            self._say(clean(token.content), self._palette.inline_code)
        elif token.type == "image":
            self._lead(clean(token.content) or "image", clean(str(token.attrs.get("src", ""))))
        else:
            self.plain += clean(token.content)

    def _close(self, token: Token, start: int, address: str) -> None:
        if token.type != "link_close":
            self.spans.append(Span(start, len(self.plain), _STYLES[token.type]))
            return
        self.spans.append(Span(start, len(self.plain), self._link(address)))
        said = self.plain[start:]
        if address not in (said, f"mailto:{said}", quote(said, safe=_IN_ADDRESS)):
            self._lead("", address)

    def _lead(self, text: str, address: str) -> None:
        """Say where a link leads, so that nobody clicks blindly."""
        self.plain += f"{text} ("
        self._say(address, self._link(address))
        self.plain += ")"

    def _say(self, text: str, style: Style) -> None:
        self.spans.append(Span(len(self.plain), len(self.plain) + len(text), style))
        self.plain += text

    def _link(self, address: str) -> Style:
        linked = self._links and _ADDRESS.fullmatch(address)
        return self._palette.link + Style(link=address) if linked else self._palette.link
