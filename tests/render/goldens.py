"""Screens as text files, with how everything looks: `python -m tests.render.goldens` writes them anew.

⟦bold red⟧ says how the characters behind it look, up to the next one; ⟦⟧ is nothing special. What is faint is not told:
the emulator does not know it.
"""

from pathlib import Path

from tests.render.emulated import Emulated
from tests.render.scenes import CONVERSATION

FOLDER = Path(__file__).with_name("golden")
COLUMNS = (40, 80, 200)
LOOKS = {"dark": {"theme": "dark"}, "light": {"theme": "light"}, "no-color": {"theme": "auto"}}


def screen(columns: int, look: str) -> str:
    from chatbot.render.tty import Rich

    terminal = Emulated(columns, 30, no_color=look == "no-color")
    sink = Rich(terminal.console, echo_user=True, **LOOKS[look])
    for event in CONVERSATION:
        sink(event)
    display = terminal.display
    rows = [*display.history.top, *(display.buffer[y] for y in range(display.lines))]
    return "\n".join(annotated(row, columns) for row in rows).rstrip() + "\n"


def annotated(row, columns: int) -> str:
    pieces, before = [], ""
    for char in (row[x] for x in range(len("".join(row[x].data or " " for x in range(columns)).rstrip()))):
        flags = ("bold", "italics", "underscore", "strikethrough", "reverse")
        look = " ".join(
            [*(flag for flag in flags if getattr(char, flag)), *(c for c in (char.fg, char.bg) if c != "default")]
        )
        if look != before:
            pieces.append(f"⟦{look}⟧")
        pieces.append(char.data)
        before = look
    return "".join(pieces) + ("⟦⟧" if before else "")


def path(columns: int, look: str) -> Path:
    return FOLDER / f"{columns}-{look}.txt"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for columns in COLUMNS:
        for look in LOOKS:
            path(columns, look).write_text(screen(columns, look), "utf-8")
