"""The mock server llmock; its address on stdout, and the end with that of stdin."""

import socket
import sys
import threading

import uvicorn
from llmock.chaos import StreamChaos
from llmock.main import create_app
from llmock.ratelimit import LimitSettings
from llmock.simulation import MockResponseSettings

app = create_app(
    responses=MockResponseSettings(response_style="echo"),
    limits=LimitSettings(context_window=2048),
    stream_chaos=StreamChaos(chunk_delay_ms=1),
)
server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
sys.stdin.read()
