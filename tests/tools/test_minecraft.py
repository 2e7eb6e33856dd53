"""The Minecraft pack against a server on 127.0.0.1 that plays Mojang."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chatbot.pack import Context, InvalidArguments, ToolFailed
from chatbot.packs import open_packs

ID = "4e0b33ffc796431aa99253626e33d4a6"
PLAYER = {"username": "Merrydith", "id": ID, "uuid": "4e0b33ff-c796-431a-a992-53626e33d4a6"}
FOUND = (200, {}, json.dumps({"id": ID, "name": "Merrydith"}))
TOOL = open_packs(["minecraft"])[0].tools[0]


class Mojang(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.paths, self.delay = FOUND, [], 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """A client that does not wait is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.paths.append(self.path)
        time.sleep(self.server.delay)
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_): ...


@pytest.fixture
def serve():
    servers = []

    def start():
        server = Mojang()
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(serve, monkeypatch):
    server = serve()
    monkeypatch.setenv("MINECRAFT_API_URL", server.url + "/")
    monkeypatch.delenv("MOJANG_API_URL", raising=False)
    return server


def ask(name="merrydith", context=None):
    return TOOL.run(TOOL.parse(json.dumps({"username": name})), context or Context())


def test_schema():
    assert TOOL.description == "Retrieve the UUID given a Minecraft username."
    assert TOOL.parameters["properties"]["username"]["description"] == "The Minecraft username."
    for name in ("", "a" * 17, "../x", "a/b", "a b", "abc\n", "ä"):
        with pytest.raises(InvalidArguments):
            TOOL.parse(json.dumps({"username": name}))


def test_found_and_asked_only_once_a_session(server):
    context = Context()
    assert ask("merrydith", context) == ask("MERRYDITH", context) == PLAYER
    assert server.paths == ["/minecraft/profile/lookup/name/merrydith"]


@pytest.mark.parametrize("status", [404, 204])
def test_not_found_is_remembered(server, status):
    server.answer, context = (status, {}, ""), Context()
    for _ in range(2):
        with pytest.raises(ToolFailed, match=r"There is no Minecraft player named merrydith\."):
            ask(context=context)
    assert len(server.paths) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((429, {"Retry-After": "7"}, ""), "in 7 seconds"),
        ((429, {}, ""), "in a minute"),
        ((500, {}, ""), "status 500"),
        ((200, {}, "<html>"), "no player"),
        ((200, {}, "[]"), "no player"),
        ((200, {}, "[" * 99999), "no player"),
        ((200, {}, "{}"), "no player"),
        ((200, {}, json.dumps({"id": ID, "name": None})), "no player"),
        ((200, {"Content-Encoding": "gzip"}, "not gzip"), "cannot be reached"),
        ((200, {}, '{"id": 5, "name": "x"}'), "no player"),
        ((200, {}, '{"id": "zz", "name": "x"}'), "no player"),
    ],
)
def test_odd_answers_are_told_apart_and_not_remembered(server, answer, says):
    server.answer, context = answer, Context()
    with pytest.raises(ToolFailed, match=says):
        ask(context=context)
    server.answer = FOUND
    assert ask(context=context) == PLAYER


def test_a_redirect_elsewhere_is_not_followed(server, serve):
    elsewhere = serve()
    server.answer = (302, {"Location": elsewhere.url}, "")
    with pytest.raises(ToolFailed, match="status 302"):
        ask()
    assert elsewhere.paths == []


@pytest.mark.parametrize("status", [403, 429, 503])
def test_the_second_server_is_asked_where_the_first_does_not_answer(server, serve, monkeypatch, status):
    second = serve()
    monkeypatch.setenv("MOJANG_API_URL", second.url)
    server.answer = (status, {}, "")
    assert ask() == PLAYER
    assert second.paths == ["/users/profiles/minecraft/merrydith"]


def test_no_network(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(ToolFailed, match="cannot be reached"):
        ask()


def test_a_slow_server_is_given_up(server, monkeypatch):
    monkeypatch.setenv("MINECRAFT_TIMEOUT", "0.2")
    server.delay = 0.5
    with pytest.raises(ToolFailed, match=r"within 0\.2 seconds"):
        ask()
