"""`chatbot serve`: what is wrong is said before the first call; then it serves until it is told to stop."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatbot.config.serving import Serving, as_environment, load_serving
from chatbot.errors import ConfigError, ExitCode
from chatbot.render.clean import clean
from chatbot.serve.access import LOGGING
from chatbot.serve.building import MISSING, app_of, service_of
from chatbot.serve.service import Service
from chatbot.serve.store import StoreUnreachable

if TYPE_CHECKING:
    from uvicorn import Config

APP = "chatbot.serve:app"
FAREWELL = 10  # seconds that open requests get when the server stops
START = 60  # seconds that a worker may take to come up on a busy machine
KEEP_ALIVE = 75  # seconds that a connection may be idle: a platform's calls come in bursts


def serve(flags: Mapping[str, Any]) -> ExitCode:
    """Serve until SIGTERM or Ctrl-C. `flags` is what the command line gave. Raises ConfigError, UsageError."""
    try:
        import uvicorn
    except ImportError:
        raise ConfigError(MISSING) from None
    serving = load_serving(flags)
    service = service_of(serving)
    app = app_of(serving, service)
    _check(service)
    os.environ |= as_environment(flags)  # workers are new processes, and make the app anew
    with _listening(serving.host, serving.port) as listener:
        sys.stderr.write(f"{clean(_start_line(serving, service, listener))}\n")
        sys.stderr.flush()
        config = uvicorn.Config(
            APP if serving.workers > 1 else app,
            workers=serving.workers,
            access_log=False,
            log_config=LOGGING,
            log_level=None,
            server_header=False,
            ws="none",
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=FAREWELL,
            timeout_worker_healthcheck=START,
        )
        gc.freeze()
        gc.enable()
        _run(config, listener)
    return ExitCode.OK


def _run(config: "Config", listener: socket.socket) -> None:
    from uvicorn import Server

    if config.workers > 1:
        from chatbot.serve.workers import Workers

        Workers(config, sockets=[listener]).run()
        return
    server = Server(config)

    def stop(*_: object) -> None:  # also what uvicorn hands the signal back to, once it has stopped
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
    server.run(sockets=[listener])


def _check(service: Service) -> None:
    store = service.contacts.store
    try:
        store.check()
    except StoreUnreachable as error:
        raise ConfigError(f"The state cannot be kept: {error}. Give another --state.") from None
    finally:
        store.close()


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server((str(address[0]), int(address[1])), family=family, backlog=2048)
    except socket.gaierror as error:
        reason = error.strerror
    except OSError as error:
        reason = os.strerror(error.errno or 0)
    except UnicodeError:
        reason = "no host has such a name"
    raise ConfigError(f"{host}:{port} cannot be listened at: {reason}. Give another --host or --port.")


def _start_line(serving: Serving, service: Service, listener: socket.socket) -> str:
    host = f"[{serving.host}]" if ":" in serving.host else serving.host
    parts = [
        f"chatbot serve: http://{host}:{listener.getsockname()[1]}",
        ", ".join(pack.name for pack in service.packs) or "no packs",
        f"state in {service.contacts.store.place}",
        _grounding(service),
    ]
    if not serving.secrets:
        parts.append("INSECURE: calls from this machine need no signature")
    return " · ".join(parts)


def _grounding(service: Service) -> str:
    """Return what holds for arguments that nobody may make up."""
    tools = ", ".join(tool.name for tool in service.grounded)
    if not tools:
        return "no grounded arguments"
    given = "the context and earlier results"
    if service.always:
        return f"grounded, always: {tools} (against {', '.join(service.said)}, {given})"
    return f"grounded: {tools} (against {given} where the context has {' or '.join(service.said)}; else not checked)"
