"""Markdown of the model, as rich renders it: no HTML is swallowed, no link is hidden, line breaks stay."""

from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from chatbot.render.clean import clean

_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])
_CODE_THEME = "ansi_dark"  # the terminal's own colours, without a background: readable on any, and copied clean


def rendered(text: str, console: Console) -> Text:
    """Return cleaned Markdown as lines that fit the console, without blank edges.

    Addresses stand behind their links in words, so that nobody clicks blindly.
    """
    document = Markdown("", code_theme=_CODE_THEME, hyperlinks=False)
    document.parsed = _PARSER.parse(text)
    _tame(document.parsed)
    whole = Text(no_wrap=True, overflow="ignore", end="")
    for segment in console.render(document, console.options):
        if not segment.control:
            whole.append(segment.text, segment.style)
    lines = whole.split("\n")
    for line in lines:
        line.rstrip()
    shown = [number for number, line in enumerate(lines) if line.plain]
    kept = lines[shown[0] : shown[-1] + 1] if shown else []
    return Text("\n", no_wrap=True, overflow="ignore").join(kept)


def _tame(tokens: Iterable[Token]) -> None:
    """Clean once more what the parser has decoded (entities), and keep the line breaks."""
    for token in tokens:
        token.content = clean(token.content)
        token.info = clean(token.info)
        if "href" in token.attrs:
            token.attrs["href"] = clean(str(token.attrs["href"]))
        if token.type == "softbreak":
            token.type = "hardbreak"
        if token.children:
            _tame(token.children)
