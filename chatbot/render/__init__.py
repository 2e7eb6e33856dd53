"""Sinks that show a session: for people (rich), as a bare transcript (plain), for programs (json).

Importing this costs nothing; a sink's own libraries are loaded when it is picked.
"""

import sys
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO

if TYPE_CHECKING:  # the prompt comes first
    from chatbot.events import Sink

Kind = Literal["rich", "plain", "json"]


class Look(NamedTuple):
    """How rich shows it. theme: for which background; auto finds out, none has no colours.

    show_reasoning: whole, not only its last line. folds: long results are shown in part.
    """

    theme: Literal["auto", "dark", "light", "none"] = "auto"
    show_reasoning: bool = False
    folds: bool = True


def pick(
    kind: Kind,
    *,
    deltas: bool = False,
    echo_user: bool = False,
    look: Look = Look(),  # noqa: B008 - it does not change
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> "Sink":
    """Return the sink of that kind; loads rich where it is needed.

    deltas: JSON also tells pieces of text. echo_user: rich shows what the user said, where nobody saw it typed.
    """
    out = stdout or sys.stdout
    if kind == "json":
        from chatbot.render.jsonl import JsonLines

        return JsonLines(out, deltas=deltas)
    if kind == "plain":
        from chatbot.render.plain import Plain

        return Plain(out, stderr or sys.stderr)
    from chatbot.render.tty import Rich, console_for, warm

    warm()
    console = console_for(out, look.theme)
    return Rich(console, echo_user=echo_user, **look._asdict())
