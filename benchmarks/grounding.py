"""The scripts of examples/ on a GGUF, with and without grounded decoding: in how many the calls are as expected.

`python -m benchmarks.grounding WEIGHTS` takes what stands behind `local:`, smollm2 unless given.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatbot.asking import Asker
from chatbot.chat import compose
from chatbot.config import Settings
from chatbot.events import Delta, Replied
from chatbot.interrupt import Interrupt
from chatbot.models import Model
from chatbot.models.grounded import GroundedDecoding
from chatbot.models.local import Local
from chatbot.models.offline import OfflineModel
from chatbot.models.written import Written
from chatbot.pack import Tool
from chatbot.playback import Recording
from chatbot.replay.finding import task_of
from chatbot.replay.opening import Openings
from chatbot.replay.running import Job, run
from chatbot.replay.tasks import Task
from chatbot.scripts.form import Expect
from chatbot.session import Session
from chatbot.types import Assistant

SCRIPTS = sorted((Path(__file__).parent.parent / "examples").glob("*.yaml"))
UNASKED = dict.fromkeys(("answer", "max_model_calls", "max_tokens", "max_seconds"))
"""What a small model is not measured by: it is its calls that can do harm."""
MOST = 100
"""Tokens of one answer: enough for any call of these scripts."""
Opened = Callable[[Session], Model]


def of_calls(task: Task) -> Task:
    """Return a script that expects the same calls and results, and nothing of answers."""

    def kept(expect: Expect) -> Expect:
        return expect.model_copy(update=UNASKED)

    script = task.script
    turns = tuple(turn.model_copy(update={"expect": kept(turn.expect)}) for turn in script.turns)
    greeting = kept(script.greeting) if isinstance(script.greeting, Expect) else script.greeting
    return replace(
        task, script=script.model_copy(update={"turns": turns, "greeting": greeting, "expect": kept(script.expect)})
    )


class Sessions(Openings):
    """Opens sessions with a model that is made for each."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened = opened

    @contextmanager
    def session(self, settings: Settings, asker: Asker, recording: Recording | None) -> Iterator[Session]:
        """Yield a session of its own. Raises UsageError, ConfigError."""
        session = compose(settings, self.packs(settings), asker, recording, OfflineModel())
        session.model = self.opened(session)
        yield session


@dataclass(frozen=True, slots=True)
class Played:
    """How scripts went: in how many the calls were as expected, in how many seconds, with how many tokens written."""

    right: int
    seconds: float
    tokens: int

    def __add__(self, other: "Played") -> "Played":
        return Played(self.right + other.right, self.seconds + other.seconds, self.tokens + other.tokens)


def play(path: Path, opened: Opened) -> Played:
    """Play a script in a session of its own."""
    came = run(Job(of_calls(task_of(path, plays=False))), Sessions(opened), Interrupt())
    replies = [step.event.message for step in came.steps if isinstance(step.event, Replied)]
    tokens = sum(reply.usage.output_tokens for reply in replies if reply.usage)
    return Played(int(came.passed), came.seconds, tokens)


class Brief(Local):
    """A model that soon stops: small ones do not always find an end, and it is their calls that are looked at."""

    def generate(
        self,
        messages: list[dict[str, Any]],
        interrupt: Interrupt,
        *,
        tools: Sequence[Tool] = (),
        grammar: str = "",
        most: int | None = MOST,
    ) -> Iterator[Delta | Assistant]:
        """Go on with chat messages, in at most MOST tokens."""
        return super().generate(messages, interrupt, tools=tools, grammar=grammar, most=most)


def grounding(gguf: str = "smollm2") -> None:
    """Print in how many scripts the calls are as expected on the weights, as `local:` takes them, and what it costs."""
    model = Brief(gguf, temperature=0.0)
    model.warm()
    ways: dict[str, Opened] = {
        "without": lambda _: Written(model),
        "with": lambda session: GroundedDecoding(
            model, session.packs, session.runtime.ledger, session.runtime.admission
        ),
    }
    print(f"\ngrounded decoding on {Path(gguf).name}   (calls as expected)")
    print(f"  {'script':20} {'without':>16} {'with':>16}")
    sums = {way: Played(0, 0.0, 0) for way in ways}
    for path in SCRIPTS:
        columns = []
        for way, opened in ways.items():
            played = play(path, opened)
            columns.append(f"{'yes' if played.right else 'no':>6} {played.seconds:7.1f} s")
            sums[way] += played
        print(f"  {path.stem:20} {columns[0]:>16} {columns[1]:>16}", flush=True)
    for way, total in sums.items():
        speed = total.tokens / total.seconds
        print(f"  {way:7} {total.right} of {len(SCRIPTS)}   {total.seconds:.0f} s   {speed:.0f} tokens/s")
    model.close()


if __name__ == "__main__":
    grounding(*sys.argv[1:2])
