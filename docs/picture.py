"""Draws docs/chat.svg, the picture in the README, from a real run: `python docs/picture.py`."""

import os
import tempfile
from pathlib import Path

from chatbot.asking import Unattended
from chatbot.config import load_settings
from chatbot.conversation import Conversation, Nowhere, converse
from chatbot.events import Event
from chatbot.render.picture import svg
from chatbot.replay.finding import words_of

ROOT = Path(__file__).parent.parent
WIDTH = 96


def draw() -> None:
    """Play examples/support.yaml on the offline model and save what a terminal would show."""
    events: list[Event] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SUPPORT_DB"] = f"{folder}/support.db"
        flags = {"model": "offline"}
        settings = load_settings(flags, {"CHATBOT_CONFIG": "/nonexistent"})
        said = words_of(ROOT / "examples" / "support.yaml")
        converse(Conversation(flags, settings, Unattended(), Nowhere()), said, events.append)
    picture = svg(events, "chatbot --script examples/support.yaml", WIDTH)
    (ROOT / "docs" / "chat.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    draw()
