"""Replaying: recordings beside a peer's starts, and conversations a second, by how many are held at a time."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Run, Sample, cpu_of_children, median, process, show, tell
from benchmarks.serving import server
from tests.loopback import text

REPLAY = [str(Path(sys.executable).with_name("chatbot")), "replay"]
CONVERSATIONS, STARTS, ROUNDS = 1000, 20, 2
PEER, SHORTEST = "llm", "--version"
"""A well-known terminal program for language models, and that command of it which does least: no other is faster."""
TICKET = "12345"
"""What is another one in each conversation: in the user's words, the call, its arguments and the answer."""
SCRIPT = f"""\
description: A user is verified, and told the status of a ticket.
pack: support
model: offline
greeting: false
turns:
  - user: Hi, my username is john_doe. Can you check the status of my ticket?
    expect:
      calls: []
      answer:
        contains: API key
  - user: 'Sure, my username is "john_doe" and my API key is: "key"'
    expect:
      calls:
        - tool: verify_user
          arguments: {{username: john_doe, api_key: key}}
  - user: "It's {TICKET}."
    expect:
      calls:
        - tool: get_ticket_status
          arguments: {{ticket_id: "{TICKET}"}}
      answer:
        contains: [ticket {TICKET}, Billing Query]
  - user: That's it, thanks.
    expect:
      calls: []
      answer:
        contains: welcome
"""
ANSWER = "Hello there."
TALK = "pack: none\nturns:\n" + f"  - user: hello\n    expect: {{answer: {{equals: {ANSWER}}}}}\n" * 4
REPLY = b"".join(text(ANSWER).pieces)
HELD = {0: {1: 100, 8: 200, 64: 200}, 200: {1: 6, 8: 48, 64: 320}}
"""By the milliseconds until a reply begins, and by jobs: how many conversations are held, for some seconds each."""


def replaying() -> None:
    """Recorded conversations of four turns in one process, beside starts of a peer's program; all on one core."""
    with tempfile.TemporaryDirectory() as created, one_core() as where:
        folder = Path(created)
        environment = environment_of(folder)
        scripts, recordings = recorded(folder, environment)
        runs: dict[str, Run] = {}
        try:
            peer, version = installed(folder, environment)
        except subprocess.CalledProcessError as error:
            reason = f"{error.stdout}{error.stderr}".strip().rpartition("\n")[2]
            print(f"\n{PEER} cannot be installed here, so that there is nothing to compare with: {reason}")
        else:
            runs[f"{STARTS} x {PEER} {SHORTEST}, {version}"] = starting([peer, SHORTEST], environment)
        arguments = [str(scripts), "--model", f"playback:{recordings}"]
        runs[f"{CONVERSATIONS} conversations, replayed"] = replaying_all(arguments, environment)
        rounds = [{name: run() for name, run in runs.items()} for _ in range(ROUNDS)]  # all have run before, to be here
    medians = {name: median([taken[name] for taken in rounds]) for name in runs}
    show(f"recorded conversations of four turns, {where}", medians, "below 1 x")


@contextmanager
def one_core() -> Iterator[str]:
    """Let this process, and those that it starts, run on one core, where the system can do that; where, in words."""
    if not hasattr(os, "sched_setaffinity"):
        yield "on all cores"
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield "on one core"
    finally:
        os.sched_setaffinity(0, before)


def environment_of(home: Path) -> dict[str, str]:
    """Return an environment with that home, in which nothing else is set for the program."""
    set_for_us = ("OPENAI", "CHATBOT", "XDG", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(set_for_us)}
    return kept | {"HOME": str(home)}


def recorded(folder: Path, environment: Mapping[str, str]) -> tuple[Path, Path]:
    """Make scripts, and a recording for each: one is recorded, the others are about other tickets. Their folders."""
    scripts, recordings = folder / "scripts", folder / "recordings"
    scripts.mkdir()
    script = scripts / f"{TICKET}.yaml"
    script.write_text(SCRIPT, "utf-8")
    replay([str(script), "--record", str(recordings)], environment, "1 passed of 1 script")
    recording = (recordings / f"{TICKET}.jsonl").read_text("utf-8")
    for number in range(CONVERSATIONS):
        ticket = str(int(TICKET) + number)
        (scripts / f"{ticket}.yaml").write_text(SCRIPT.replace(TICKET, ticket), "utf-8")
        (recordings / f"{ticket}.jsonl").write_text(recording.replace(TICKET, ticket), "utf-8")
    return scripts, recordings


def replay(arguments: Sequence[str], environment: Mapping[str, str], verdict: str) -> float:
    """Run `chatbot replay`; return the seconds that its last line tells of. Raises AssertionError for another verdict
    there."""
    done = subprocess.run([*REPLAY, *arguments], env=dict(environment), capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1:] or [done.stderr]
    told = re.fullmatch(rf"{verdict} in ([0-9.]+) s\.", last[0])
    assert told, done.stdout[-2000:] + done.stderr
    return float(told[1])


def replaying_all(arguments: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Return what replays all conversations, from the start of the process to its end."""

    def run() -> Sample:
        before, start = cpu_of_children(), time.perf_counter()
        replay(arguments, environment, f"{CONVERSATIONS} passed of {CONVERSATIONS} scripts")
        return Sample((time.perf_counter() - start) * 1000, cpu_of_children() - before)

    return run


def starting(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Return what starts a program some times, one after the other."""
    once = process(command, environment)

    def run() -> Sample:
        samples = [once() for _ in range(STARTS)]
        return Sample(sum(sample.wall for sample in samples), sum(sample.cpu for sample in samples))

    return run


def installed(folder: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """Install the peer's newest release into an environment of its own; return its program, and which release it is.

    Raises CalledProcessError where that cannot be done.
    """
    programs = folder / "peer" / "bin"
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER]
    for command in ([sys.executable, "-m", "venv", str(programs.parent)], install):
        subprocess.run(command, capture_output=True, text=True, check=True)
    peer = str(programs / PEER)
    told = subprocess.run([peer, "--version"], env=dict(environment), capture_output=True, text=True, check=True)
    return peer, told.stdout.split()[-1]


def side_by_side() -> None:
    """Conversations a second of four turns, over a model that lets the user wait or not, by `--jobs`."""
    with tempfile.TemporaryDirectory() as folder, server("benchmarks.replaying:model", Path(folder)) as port:
        script = Path(folder, "talk.yaml")
        script.write_text(TALK, "utf-8")
        for latency, counts in HELD.items():
            environment = environment_of(Path(folder)) | {
                "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/{latency}/v1",
                "OPENAI_API_KEY": "none",
                "OPENAI_MODEL": "m",
            }
            rates = {}
            for jobs, count in counts.items():
                arguments = [str(script), "--jobs", str(jobs), "--repeat", str(count)]
                rate = count / replay(arguments, environment, "1 passed of 1 script")
                rates[f"--jobs {jobs}"] = f"{rate:8.1f} conversations/s"
            tell(
                f"replaying over a model that answers after {latency} ms", rates, "with latency it grows with the jobs"
            )


async def model(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Answer after as many milliseconds as the path begins with: /200/v1/chat/completions."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(int(scope["path"].split("/")[1]) / 1000)
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": REPLY})
