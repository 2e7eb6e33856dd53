"""Conversations that are killed, kill -9, at random moments: `python -m tests.transcript.killing [MOMENTS [SEED]]`.

Each runs in a process of its own, forked from this one, so that a moment costs milliseconds. What it had shown when it
died is compared with its transcript.
"""

import os
import random
import select
import signal
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from chatbot.events import SessionStarted
from chatbot.interrupt import Interrupt
from chatbot.models.scripted import Scripted
from chatbot.render.jsonl import JsonLines
from chatbot.session import Session, drive
from chatbot.transcript import Transcripts, closed, load
from chatbot.transcript.replay import history
from chatbot.types import repaired
from tests.conversation import calling, pack, tool

LONGEST = 0.05  # seconds until the kill, from the first event on
TEXT = "A line of the answer, é 漢 \ud800.\n" * 40


def converse(folder, shown):
    """Talk until somebody kills us."""
    replies = [calling(("echo", {}), ("echo", "not JSON")), TEXT] * 500
    session = Session(Scripted(*replies), [pack(tool("echo", lambda arguments, _: arguments))])
    transcript = Transcripts(folder).create(session.id)
    with os.fdopen(shown, "w", encoding="utf-8") as stdout:
        screen = JsonLines(stdout)
        drive(session.opening(), transcript, screen)
        for turn in count():
            drive(session.turn(f"turn {turn}", Interrupt()), transcript, screen)


def killed_after(folder, seconds):
    """Kill a conversation so many seconds after its first event; the lines that it had shown."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            converse(folder, writer)
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as shown:
        lines = shown.read1(1)
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([shown], [], [], left)[0]:
                lines += shown.read1(65536)
        os.kill(child, signal.SIGKILL)
        lines += shown.read()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it had ended by itself"
    return lines.split(b"\n")[:-1]


def look_at(folder, shown):
    """Raise AssertionError where something that was shown is lost, or where the session cannot go on.

    Returns how the transcript ended: "nothing", "whole", or "torn".
    """
    paths = Transcripts(folder).paths()
    spoken = any(b'"role": "user"' in line for line in shown)
    if not spoken and not paths:
        return "nothing"
    [path] = paths
    written = path.read_bytes().split(b"\n")[:-1]
    if spoken or written:
        assert written[: len(shown)] == shown, "something was shown that is not in the transcript"
    if spoken:
        assert len(written) <= len(shown) + 1, "something was kept back from the screen"
    before = load(path)

    transcript = Transcripts(folder).reopen("last")
    session = Session(Scripted("Going on."))
    session.history[:] = history(before.events)
    drive(session.turn("and then?", Interrupt()), transcript)
    transcript.close()

    after = load(path)
    assert isinstance(after.events[0], SessionStarted) or not written
    assert after.problems == ()
    assert after.events[: len(before.events)] == before.events
    assert list(closed(after.events)) == list(after.events), "every turn has an end"
    kept = history(after.events)
    assert kept == session.history == list(repaired(kept))
    return "torn" if before.problems else "whole"


def kill(moments: int, seed: int = 0) -> dict[str, int]:
    """Kill so many conversations; how many ended in which way."""
    chance = random.Random(seed)
    ends = {"nothing": 0, "whole": 0, "torn": 0}
    for _ in range(moments):
        with tempfile.TemporaryDirectory() as folder:
            shown = killed_after(Path(folder), chance.uniform(0, LONGEST))
            ends[look_at(Path(folder), shown)] += 1
    return ends


if __name__ == "__main__":
    print(kill(*map(int, sys.argv[1:] or ["200"])))
