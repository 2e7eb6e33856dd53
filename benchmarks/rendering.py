"""An answer on a terminal: what drawing it costs, and how long a word takes from the model to the screen.

`python -m benchmarks.rendering PROGRAM TOKENS RATE REPORT` draws an answer in one of four ways, at RATE tokens a second
(0: at full speed), and writes to REPORT, as JSON, what it cost. The floor commits blocks as we do and shows the growing
block as plain text; it knows no lists, no resizing, no status, and does not wrap between words.
"""

import fcntl
import json
import math
import os
import pty
import random
import re
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.measure import resident, tell
from chatbot.events import Replied, StatusChanged, TextDelta, TurnEnded, TurnStarted
from chatbot.types import Assistant

PROGRAMS = ("raw", "floor", "chatbot")
SIZES = (1_000, 5_000, 20_000)
WORDS, RATE = 200, 100
ROUNDS = 3
COLUMNS = 80
SECTION = """\
## Section {n} of the answer

The **quick** brown fox jumps over the *lazy* dog, calls `jump({n})` and reads [the manual](https://example.com/{n}),
which says that a paragraph has some sentences. This is one more of them, with nothing special in it at all.

- first item with some words in it
- second item, with **bold** ones
  - a nested item number {n}
- third item

```python
def jump(height: int) -> str:
    \"\"\"Jump over the dog.\"\"\"
    for step in range(height):
        print(f"step {{step}}", end="")

    return "done"
```

| Animal | Height | Remark |
|--------|-------:|--------|
| fox    | {n}    | quick and brown |
| dog    | 2      | lazy, but nice |

1. One thing comes first.
2. Then another one, which takes a few more words to say and therefore does not fit into one row of a terminal.

> Somebody said this, and nobody knows who.

"""


def answer() -> Iterator[str]:
    """Yield tokens of Markdown, without end."""
    for number in cycle(range(1, 1000)):
        yield from re.findall(r"\s*\S{1,6}|\s+", SECTION.format(n=number))


def words() -> Iterator[str]:
    """Yield words, no two the same, in paragraphs; without end."""
    chance = random.Random(4)
    for number in cycle(range(100_000, 999_999)):
        yield f"w{number}" + ("\n\n" if chance.random() < 0.03 else " ")


def raw() -> Callable[[str], None]:
    """Print what comes."""

    def show(chunk: str) -> None:
        sys.stdout.write(chunk)
        sys.stdout.flush()

    return show


def live() -> Callable[[str], None]:
    """Render the whole answer again for every chunk."""
    from rich.live import Live
    from rich.markdown import Markdown

    said: list[str] = []
    region = Live(vertical_overflow="visible")
    region.start()

    def show(chunk: str) -> None:
        said.append(chunk)
        region.update(Markdown("".join(said)))

    return show


def floor() -> Callable[[str], None]:
    """Commit blocks, and show the growing one as plain text."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    block, rows = "", 0

    def show(chunk: str) -> None:
        nonlocal block, rows
        block += chunk
        back = f"\x1b[{rows}A\r\x1b[J" if rows else "\r\x1b[J"
        done, end, rest = block.rpartition("\n\n")
        if end and done.count("```") % 2 == 0:
            sys.stdout.write(back)
            console.print(Markdown(done))
            back, block = "", rest
        rows = sum(len(line) // COLUMNS for line in block.split("\n")) + block.count("\n")
        sys.stdout.write(back + block)
        sys.stdout.flush()

    return show


def chatbot() -> Callable[[str], None]:
    """Draw as the chat does."""
    import chatbot.render.markdown  # noqa: F401 - what the chat loads behind the prompt
    from chatbot.render import pick

    sink = pick("rich")
    sink(TurnStarted(None))
    sink(StatusChanged("in_progress"))

    def show(chunk: str) -> None:
        if chunk:
            sink(TextDelta(chunk))
        else:
            sink(Replied(Assistant("all")))
            sink(TurnEnded("done"))

    return show


def draw(program: str, tokens: int, rate: float, report: Path) -> None:
    """Draw an answer and report CPU seconds, memory (MB) and, at a rate, when each word was handed over."""
    pieces = list(islice(words() if rate else answer(), tokens))
    show = {"raw": raw, "live": live, "floor": floor, "chatbot": chatbot}[program]()
    show("warm ")
    memory, said = resident(os.getpid()), []
    before, start = time.process_time(), time.monotonic()
    for number, piece in enumerate(pieces):
        if rate:
            time.sleep(max(start + number / rate - time.monotonic(), 0))
        said.append(time.monotonic())
        show(piece)
    if program == "chatbot":
        show("")
    cpu, wall = time.process_time() - before, time.monotonic() - start
    figures = {"cpu": cpu, "wall": wall, "memory": resident(os.getpid()) - memory}
    figures |= {"text": len("".join(pieces).encode())}
    report.write_text(json.dumps({**figures, "pieces": pieces if rate else [], "said": said if rate else []}))


def run(program: str, tokens: int, rate: float = 0) -> dict[str, Any]:
    """Draw in a pseudo-terminal; return the report, with the bytes that came and when each did (monotonic)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report")
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "benchmarks.rendering", program, str(tokens), str(rate), str(report)]
        came = watched(command, environment)
        figures: dict[str, Any] = json.loads(report.read_text())
        return figures | {"came": came, "bytes": sum(len(piece) for _, piece in came)}


def watched(command: list[str], environment: dict[str, str]) -> list[tuple[float, bytes]]:
    """Run a command in a pseudo-terminal to its end; return what it wrote, and when (monotonic)."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
    came = []
    with suppress(OSError):  # the other side is closed
        while piece := os.read(terminal, 65536):
            came.append((time.monotonic(), piece))
    os.waitpid(pid, 0)
    os.close(terminal)
    return came


def lags(figures: dict[str, Any]) -> list[float]:
    """Return the milliseconds from each word to its bytes on the other side of the terminal."""
    took, seen, at = [], b"", 0
    came = figures["came"]
    for word, said in zip(figures["pieces"], figures["said"], strict=True):
        while word.strip().encode() not in seen:
            seen = seen[-200:] + came[at][1]
            at += 1
        took.append((came[at - 1][0] - said) * 1000)
    return sorted(took)


def streaming() -> None:
    """An answer at full speed, in four ways and three sizes, in turns."""
    runs = [(program, size) for size in SIZES for program in PROGRAMS] + [("live", SIZES[0])]
    taken: dict[tuple[str, int], list[dict[str, Any]]] = {each: [] for each in runs}
    for _ in range(ROUNDS):
        for each in runs:
            taken[each].append(run(*each))
    cpu = {each: statistics.median(figures["cpu"] for figures in samples) for each, samples in taken.items()}
    for size in SIZES:
        values = {}
        for program in ("live", *PROGRAMS) if size == SIZES[0] else PROGRAMS:
            last = taken[program, size][-1]
            values[program] = (
                f"cpu {cpu[program, size]:7.3f} s   {cpu[program, size] / cpu['floor', size]:5.2f} x floor   "
                f"{last['bytes'] / last['text']:5.2f} bytes a byte   memory +{last['memory']:.1f} MB"
            )
        tell(f"{size} tokens of Markdown at full speed", values, "1.3 x floor, 4 bytes a byte, memory flat")
    factor = math.log(SIZES[-1] / SIZES[0])
    grows = {program: math.log(cpu[program, SIZES[-1]] / cpu[program, SIZES[0]]) / factor for program in PROGRAMS}
    tell("how the CPU grows with the text", {name: f"n ** {power:.2f}" for name, power in grows.items()}, "1.1")


def reading() -> None:
    """Words at reading speed: how long each takes to the screen, and what that costs."""
    values = {}
    for program in ("raw", "floor", "chatbot"):
        figures = run(program, WORDS, RATE)
        took = lags(figures)
        values[program] = (
            f"cpu {figures['cpu'] / figures['wall']:5.1%}   lag median {statistics.median(took):5.2f} ms   "
            f"95th percentile {took[len(took) * 95 // 100]:5.2f} ms"
        )
    tell(f"{WORDS} words at {RATE} a second", values, "6 %, 3 ms, 10 ms")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        streaming()
        reading()
    else:
        draw(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
