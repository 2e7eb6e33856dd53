"""Runs as one HTML page that needs nothing else: no network, and no script to be read.

What was said is not to be trusted: every text is cleaned, then escaped, and the page's policy lets nothing run or load
but the style and the script that stand in it, told by their hashes.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from chatbot.replay.runs import Run
from chatbot.report.page_values import page


def as_html(runs: Sequence[Run]) -> str:
    """Return the page: how the runs went, each script in a table, and each conversation with its times."""
    from jinja2 import Environment, StrictUndefined

    template, style, script = (_text(name) for name in ("page.html", "page.css", "page.js"))
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    return environment.from_string(template).render(
        page=page(runs),
        policy=_policy(style, script),
        style=style,
        script=script,
    )


def _text(name: str) -> str:
    return files("chatbot.report").joinpath(name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Return the page's Content-Security-Policy."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
