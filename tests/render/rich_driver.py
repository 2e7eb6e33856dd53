"""Plays the scenes on a real terminal, step by step: it waits where the test wants to look."""

import signal
import sys
import time
from pathlib import Path

from chatbot.events import ReasoningDelta, Replied, StatusChanged, TextDelta, TurnEnded, TurnStarted
from chatbot.render import pick
from chatbot.types import Assistant, User
from tests.render.scenes import ENDINGS, SUPPORT

scene, gate = sys.argv[1], Path(sys.argv[2])
sink = pick("rich", echo_user=True)
LIVE = [
    TurnStarted(User("count")),
    StatusChanged("in_progress"),
    ReasoningDelta("THINKING hard"),
    TextDelta("finished block\n\n"),
    TextDelta(" ".join(f"word{number}" for number in range(1000)) + " LAST"),
]
REST = [Replied(Assistant("x")), StatusChanged("completed"), TurnEnded("done")]

for event in {"support": SUPPORT, "endings": ENDINGS, "live": LIVE, "sigterm": LIVE}[scene]:
    sink(event)
if scene == "live":
    while not gate.exists():
        time.sleep(0.01)
    for event in REST:
        sink(event)
if scene == "sigterm":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        while True:
            sink(TextDelta("LAST "))
            sink(StatusChanged("in_progress"))
    finally:
        sink(TurnEnded("interrupted"))
sys.stdout.write("THE END\n")
