"""Text as Markdown code: nothing in it means anything there, and nothing drives a terminal; pure."""

import re

from chatbot.render.clean import clean, one_line


def code(text: str) -> str:
    """Return the text as code in one line; empty where there is none."""
    shown = one_line(text)
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}" if shown else ""


def fenced(text: str, language: str = "") -> str:
    """Return the text in a fence that is longer than any in it."""
    shown = clean(text)
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
