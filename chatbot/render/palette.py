"""How things look on a dark background, on a light one, and where nobody knows. Nothing is said by colour alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rich.style import Style

from chatbot.events import Level

Theme = Literal["auto", "dark", "light", "none"]

_LIGHT_BACKGROUNDS = ("7", "9", "10", "11", "12", "13", "14", "15")
"""Of the terminal's sixteen colours, as COLORFGBG names them."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The styles of everything that is shown; `code` is by the kind of a token, as pygments names them."""

    call: Style
    done: Style
    failed: Style
    warning: Style
    inline_code: Style
    link: Style
    mark: Style
    code: Mapping[str, Style]
    faint: Style = field(default=Style(dim=True))
    user: Style = field(default=Style(bold=True))

    def level(self, level: Level) -> Style:
        """Return the style of a notice."""
        return {"info": self.faint, "warning": self.warning, "error": self.failed}[level]


def palette(theme: Theme, environ: Mapping[str, str] = os.environ) -> Palette:
    """Return the palette; `auto` goes by COLORFGBG, else takes what can be read on both. The terminal is not asked."""
    if theme == "auto":
        background = environ.get("COLORFGBG", "").rpartition(";")[2]
        theme = "light" if background in _LIGHT_BACKGROUNDS else "dark" if background.isdigit() else "auto"
    return {"dark": DARK, "light": LIGHT, "auto": EITHER, "none": NONE}[theme]


def _palette(call: str, done: str, failed: str, warning: str, code: str, strings: str) -> Palette:
    """Return a palette of the terminal's own colours, by their names."""
    return Palette(
        call=Style(color=call),
        done=Style(color=done),
        failed=Style(color=failed),
        warning=Style(color=warning),
        inline_code=Style(color=code, bold=True),
        link=Style(color=call, underline=True),
        mark=Style(color=call),
        code={
            "Keyword": Style(color=code, bold=True),
            "Name.Function": Style(color=call),
            "Name.Class": Style(color=call, bold=True),
            "Name.Decorator": Style(color=code),
            "Name.Tag": Style(color=code, bold=True),
            "Name.Attribute": Style(color=call),
            "Literal.String": Style(color=strings),
            "Literal.Number": Style(color=call),
            "Operator.Word": Style(color=code, bold=True),
            "Comment": Style(italic=True, dim=True),
            "Generic.Deleted": Style(color=failed),
            "Generic.Inserted": Style(color=done),
            "Generic.Heading": Style(bold=True),
        },
    )


DARK = _palette("bright_cyan", "bright_green", "bright_red", "bright_yellow", "bright_magenta", "bright_green")
LIGHT = _palette("blue", "green", "red", "magenta", "magenta", "green")
EITHER = _palette("cyan", "green", "red", "magenta", "magenta", "green")
_PLAIN = Style()
NONE = Palette(
    call=_PLAIN,
    done=_PLAIN,
    failed=_PLAIN,
    warning=_PLAIN,
    inline_code=Style(bold=True),
    link=Style(underline=True),
    mark=_PLAIN,
    code={},
)
