"""Transcripts: what keeping costs, how long a search takes, and what a kill -9 leaves."""

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.measure import Run, Sample, in_turns, process, show, tell
from chatbot.events import Event, Replied, SessionStarted, TurnEnded, TurnStarted, to_json
from chatbot.transcript import Transcripts, load
from chatbot.transcript.replay import history
from chatbot.types import Assistant, User
from tests.transcript.killing import kill

CHATBOT = [str(Path(sys.executable).with_name("chatbot"))]
SESSIONS, SIZE = 5000, 20_000  # files, bytes in each
MOMENTS = 200


def keeping() -> None:
    """What a person waits for, between an event and its showing."""
    reply = Replied(Assistant("A line of the answer. " * 40))
    with tempfile.TemporaryDirectory() as folder:
        transcript = Transcripts(Path(folder)).create("benchmark")
        for event in (SessionStarted("benchmark", "m", (), ""), TurnStarted(User("hello"))):
            transcript(event)
        with Path(folder, "floor").open("a", encoding="utf-8") as file:

            def floor(event: Event) -> None:
                file.write(json.dumps(to_json(event)) + "\n")
                file.flush()

            cost = {
                "floor: json.dumps, write, flush": _median(floor, reply),
                "an event of 900 characters": _median(transcript, reply),
                "the end of a turn, with its fsync": _median(transcript, TurnEnded("done")),
            }
        start = time.perf_counter()
        messages = history(load(transcript.path).events)
        loading = (time.perf_counter() - start) * 1000
        size = transcript.path.stat().st_size
        transcript.close()
    lines = {name: f"{ms * 1000:.0f} us" for name, ms in cost.items()}
    lines["loading, for 1 MB and its messages"] = f"{loading / size * 1e6:.0f} ms ({len(messages)} messages read)"
    tell("keeping a session", lines, "unnoticed")


def searching() -> None:
    """One word of thousands of sessions, from the command to its end; nothing is in the system's cache."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder, "chatbot", "sessions")
        _fill(kept)
        environment = {**os.environ, "XDG_DATA_HOME": folder}
        search = [*CHATBOT, "sessions", "search"]
        runs: Mapping[str, Run] = {
            "floor: grep -rliF": _cold(kept, process(["grep", "-rliF", "needle", str(kept)], environment)),
            "chatbot --version": process([*CHATBOT, "--version"], environment),
            "a word of one session": _cold(kept, process([*search, "Needle"], environment)),
            "the same, read before": process([*search, "Needle"], environment),
            "two words, never in one message": _cold(kept, process([*search, "needle", "word1"], environment)),
            "a word of every session": _cold(kept, process([*search, "word1"], environment)),
        }
        show(f"search in {SESSIONS} sessions of {SIZE // 1000} KB", in_turns(runs), "1 s")


def killing() -> None:
    """Conversations that are killed at random moments; what was shown and is lost ends this with an AssertionError."""
    seed = random.SystemRandom().randrange(10**6)
    ends = kill(MOMENTS, seed)
    lines = {f"ended {end}": str(count) for end, count in ends.items()}
    tell(f"kill -9 at {MOMENTS} random moments (seed {seed})", lines | {"lost": "0"}, "0 lost; all go on")


def _median(sink: Callable[[Event], None], event: Event) -> float:
    """Return the milliseconds that one event takes."""
    taken = []
    for _ in range(200):
        start = time.perf_counter()
        sink(event)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def _fill(folder: Path) -> None:
    """Write sessions of some thousand different words; the first line of the oldest one has the needle."""
    chance = random.Random(0)
    words = [f"word{number}" for number in range(5000)]
    folder.mkdir(parents=True)
    for number in range(SESSIONS):
        lines = [to_json(SessionStarted(f"{number:012x}", "m", ("support",), "2026-01-01T00:00:00+00:00"))]
        lines.append(to_json(TurnStarted(User("the Needle" if number == 0 else "hello – é"))))
        size = 0
        while size < SIZE:
            text = " ".join(["word1", *chance.choices(words, k=60)])
            lines.append(to_json(Replied(Assistant(text))))
            size += len(text) + 100
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        folder.joinpath(f"20260101T000000Z-{number:012x}.jsonl").write_text(text, "utf-8")
    os.sync()


def _cold(folder: Path, run: Run) -> Run:
    """Return what runs it after the system has forgotten the files."""

    def cold() -> Sample:
        for path in folder.iterdir():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
        return run()

    return cold
