"""Draws docs/chat.svg, the picture in the README, from a real run: `python docs/picture.py`."""

import os
import tempfile
from pathlib import Path

from rich.console import Console

from chatbot.asking import Unattended
from chatbot.chat import converse, open_session
from chatbot.config import load_settings
from chatbot.render.tty import Rich
from chatbot.script import read_script

ROOT = Path(__file__).parent.parent


def draw() -> None:
    """Play examples/support.txt on the offline model and save what a terminal would show."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SUPPORT_DB"] = f"{folder}/support.db"
        console = Console(record=True, width=96, force_terminal=False, file=Path(folder, "screen").open("w"))  # noqa: SIM115
        settings = load_settings({"model": "offline"}, {"CHATBOT_CONFIG": "/nonexistent"})
        said = read_script(ROOT / "examples" / "support.txt")
        converse(open_session(settings, Unattended()), said, Rich(console, echo_user=True), greeting=True)
        console.save_svg(str(ROOT / "docs" / "chat.svg"), title="chatbot --script examples/support.txt")


if __name__ == "__main__":
    draw()
