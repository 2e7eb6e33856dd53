"""The server beside a bare endpoint, and the guards beside the bare function."""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from benchmarks.measure import ROUNDS, tell
from chatbot import batch
from chatbot.interrupt import Interrupt
from chatbot.pack import Pack, Tool
from chatbot.runtime import Runtime
from chatbot.signing import SIGNATURE_HEADER, sign
from chatbot.types import ToolCall

SECRET = "benchmark"
CLIENTS = {1: 200, 50: 10}  # requests of each, by how many there are at once
CALLS = 1000
PACK = """
from chatbot import Grounded, Verified, tool


@tool
def trivial() -> str:
    return "fine"


@tool
def verify() -> Verified:
    return Verified(True, "ann")


@tool(requires="verify")
def ticket(id: Grounded[str]) -> str:
    return "open"
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run came to: requests a second, and the slowest but one in a hundred, in milliseconds."""

    rate: float
    p99: float


def serving() -> None:
    """Requests a second and p99 of `chatbot.serve:app`, beside a bare starlette endpoint on the same server."""
    calls = {
        "bare starlette: read and answer": call("bare"),
        "serve: a trivial tool": call("trivial"),
        "serve: a gated, grounded tool": call("ticket", {"id": "12345"}, last_message="It is 12345."),
        "serve: a verification": call("verify"),
    }
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bare = stack.enter_context(server("benchmarks.serving:bare", Path(folder), "--factory"))
        served = stack.enter_context(server("chatbot.serve:app", Path(folder)))
        for clients, count in CLIENTS.items():
            loads: dict[str, list[Load]] = {name: [] for name in calls}
            for turn in range(ROUNDS + 1):
                for name, request in calls.items():
                    port = bare if name.startswith("bare") else served
                    load = asyncio.run(loaded(port, request, clients, count))
                    if turn:  # the first one only warms up
                        loads[name].append(load)
            tell(f"serving {clients} at once", {name: said(taken) for name, taken in loads.items()}, "none")


def said(loads: list[Load]) -> str:
    """Return the medians as text."""
    rate, p99 = (statistics.median(values) for values in zip(*((load.rate, load.p99) for load in loads), strict=True))
    return f"{rate:8.0f} requests/s   p99 {p99:7.1f} ms"


def call(name: str, arguments: dict[str, Any] | None = None, **context: Any) -> bytes:
    """Return a whole signed request, as it goes over the socket."""
    known = {"contact": {"whatsapp_id": "16506001008"}, **context}
    body = json.dumps({"function_name": name, "function_args": arguments or {}, "context": known}).encode()
    head = (
        "POST /function-calling HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{SIGNATURE_HEADER}: {sign(SECRET.encode(), body)}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def server(app: str, folder: Path, *options: str) -> Iterator[int]:
    """Run an app on uvicorn as anybody would; the port."""
    (folder / "benchmark.py").write_text(PACK, "utf-8")
    environment = os.environ | {
        "HOME": str(folder),
        "PYTHONPATH": str(Path.cwd()),
        "TURN_HMAC_SECRET": SECRET,
        "CHATBOT_PACK": str(folder / "benchmark.py"),
        "CHATBOT_STATE": str(folder / "state.db"),
    }
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log", *options]
    process = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, seconds: float = 30.0) -> None:
    """Wait until somebody listens. Raises TimeoutError."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens at port {port}")


def bare() -> Any:
    """Make an app that only reads the body and answers."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def answer(request: Request) -> JSONResponse:
        await request.body()
        return JSONResponse({"output": "fine"})

    return Starlette(routes=[Route("/function-calling", answer, methods=["POST"])])


async def loaded(port: int, request: bytes, clients: int, count: int) -> Load:
    """Let so many clients send so many requests each, over a connection of their own."""
    start = time.perf_counter()
    taken = await asyncio.gather(*(one_client(port, request, count) for _ in range(clients)))
    seconds = time.perf_counter() - start
    times = sorted(time for times in taken for time in times)
    return Load(len(times) / seconds, times[int(len(times) * 0.99)] * 1000)


async def one_client(port: int, request: bytes, count: int) -> list[float]:
    """Send requests one after the other; return how long each took, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(count):
        start = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        times.append(time.perf_counter() - start)
    writer.close()
    await writer.wait_closed()
    return times


def guarding() -> None:
    """What all guards cost a call, beside the function itself and the thread that every tool runs in."""
    arguments = '{"id": "12345"}'

    def work(arguments: dict[str, Any]) -> str:
        return f"fine: {arguments['id']}"

    tool = Tool(
        "work", "Work.", {"type": "object"}, json.loads, lambda given, _: work(given), grounded=frozenset({"id"})
    )
    pack, calls = Pack("p", (tool,)), [ToolCall("call_1", "work", arguments)]

    def guarded() -> None:
        runtime = Runtime((pack,))  # anew, as the server does it: what a session has learned would grow with the calls
        runtime.ledger.hear("It is 12345.")
        list(batch.run(runtime, calls, Interrupt()))

    def threaded() -> None:
        queue: SimpleQueue[str] = SimpleQueue()
        Thread(target=lambda: queue.put(work(json.loads(arguments))), daemon=True).start()
        queue.get()

    runs: dict[str, Callable[[], object]] = {
        "the function itself": lambda: work(json.loads(arguments)),
        "in a thread, over a queue": threaded,
        "with all guards (batch.run)": guarded,
    }
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            samples[name].append(per_call(run))
    took = {name: statistics.median(values) for name, values in samples.items()}
    _, thread, whole = took.values()
    values = {name: f"{microseconds:8.1f} µs" for name, microseconds in took.items()}
    values["so the guards themselves"] = f"{whole - thread:8.1f} µs a call"
    tell("guarding a call", values, "none")


def per_call(run: Callable[[], object]) -> float:
    """Return how long one call takes, in microseconds."""
    start = time.perf_counter()
    for _ in range(CALLS):
        run()
    return (time.perf_counter() - start) / CALLS * 1e6
