"""Endpoints that are not there, late or busy; connections; what is sent again, and what never is."""

import base64
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatbot.config.endpoint import Endpoint
from chatbot.pack import NoOutput
from chatbot.packs.webhook import webhook_pack
from chatbot.tls import trusted
from tests.hook import Hook, cut, drip, head, output, raw, status
from tests.packs.weather_calls import CONTEXT, WEATHER, call, failed, refused, tool_of


def test_a_server_that_is_not_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert refused(f"http://127.0.0.1:{port}/") == failed("the connection was refused")


def test_a_name_that_nobody_has_is_told(monkeypatch):
    def look_up(*_, **__):
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NoOutput) as raised:
        call("http://nowhere.test/")
    assert (
        raised.value.notice == "get_weather got no output from nowhere.test: the name of its host cannot be resolved."
    )


@pytest.mark.parametrize(
    "proxy", ["ftp://me:hidden@proxy.test", "http://me:hidden@[::1", "socks5://me:hidden@proxy.test"]
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(proxy, monkeypatch):
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("http_proxy", proxy)
    assert refused("http://127.0.0.1:1/") == failed(
        "a proxy or a file of certificates that the environment names cannot be used"
    )


@pytest.mark.parametrize("file", [WEATHER, WEATHER.parent / "no-such-file.pem"], ids=["no certificates", "no file"])
def test_certificates_that_cannot_be_read_are_told(file, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    trusted.cache_clear()
    assert refused("https://127.0.0.1:1/") == failed(
        "a proxy or a file of certificates that the environment names cannot be used"
    )


def test_a_server_without_tls_is_told():
    with Hook(output(1)) as hook:
        said = refused(hook.url.replace("http:", "https:"))
    assert said == failed("no secure connection could be made (TLS)")


@pytest.mark.parametrize(
    "answer",
    [
        drip(b"", b""),
        drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
        drip(head(Content_Length=10_000)),
        drip(head(Connection="close") + b'{"output":1}', b" "),
        drip(head(Transfer_Encoding="chunked"), b"1\r\nx\r\n"),
    ],
    ids=["silence", "headers", "body", "a body without an end", "chunks"],
)
@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
def test_the_time_is_over_when_it_is_over_whatever_drips(answer, kept):
    with Hook(*[output("first")] * kept, answer) as hook:
        tool = tool_of(hook, timeout=0.3 if not kept else 0.5)
        if kept:
            assert tool.run({}, CONTEXT) == "first"
        started = time.monotonic()
        with pytest.raises(NoOutput) as raised:
            tool.run({}, CONTEXT)
        assert 0.25 < time.monotonic() - started < 2
        assert str(raised.value) == ""
        assert raised.value.notice.startswith("get_weather got no output from 127.0.0.1: ")
        assert "seconds)" in raised.value.notice
        assert hook.connections == 1


def test_a_dripping_server_sees_the_client_leave():
    with Hook(drip(head(Content_Length=10_000))) as hook:
        with pytest.raises(NoOutput):
            call(hook, timeout=0.2)
        assert hook.gone.wait(5)


def test_the_other_calls_of_the_pack_go_on_when_one_is_late():
    slow = threading.Event()

    def late_but_fine(line):
        slow.wait(5)
        return output("fine")(line)

    def behave(line):
        return late_but_fine(line) if len(hook.calls) == 3 else drip(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n")(line)

    with Hook(output(1), output(2), behave) as hook:
        tool = tool_of(hook, timeout=1.0)
        assert tool.run({}, CONTEXT) == 1
        with ThreadPoolExecutor() as pool:
            first = pool.submit(tool.run, {}, CONTEXT)
            assert first.result() == 2
            fine = pool.submit(tool.run, {}, CONTEXT)
            while len(hook.calls) < 3:
                time.sleep(0.01)
            time.sleep(0.2)
            late = pool.submit(tool.run, {}, CONTEXT)
            while len(hook.calls) < 4:
                time.sleep(0.01)
            slow.set()
            assert fine.result() == "fine"
            with pytest.raises(NoOutput):
                late.result()


def test_connections_are_kept_and_cookies_are_not():
    with Hook(raw(b'{"output":1}', Set_Cookie="id=1")) as hook:
        tool = tool_of(hook)
        for _ in range(3):
            assert tool.run({}, CONTEXT) == 1
    assert hook.connections == 1
    assert not any("cookie" in sent.headers for sent in hook.calls)


def test_calls_run_side_by_side_and_then_share_what_was_opened():
    both = threading.Barrier(2, timeout=10)

    def together(line):
        both.wait()
        return output("ok")(line)

    with Hook(together) as hook, ThreadPoolExecutor(2) as pool:
        tool = tool_of(hook)
        for _ in range(2):
            assert list(pool.map(lambda _: tool.run({}, CONTEXT), range(2))) == ["ok", "ok"]
    assert hook.connections == 2


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_a_call_that_was_not_taken_is_sent_again_only_where_that_is_wanted(code):
    secret = "whsec_" + base64.b64encode(b"0" * 24).decode()
    busy = status(code, Retry_After="0")
    with Hook(busy, busy, output("at last")) as hook:
        endpoint = Endpoint(hook.url, secret, retries=2, scheme="standard")
        assert webhook_pack(WEATHER, "w", endpoint).tools[0].run({}, CONTEXT) == "at last"
    assert len({(sent.raw, sent.headers["webhook-id"]) for sent in hook.calls}) == 1
    with Hook(busy) as hook:
        assert refused(hook) == failed(f"it answered with status {code}")
        assert len(hook.calls) == 1
        assert refused(hook, retries=1) == failed(f"it answered with status {code}")
        assert len(hook.calls) == 3


def test_a_call_that_may_have_been_taken_is_never_sent_again():
    for answer in (status(500), cut(b""), raw(b"no JSON"), status(404)):
        with Hook(answer) as hook:
            refused(hook, retries=3)
        assert len(hook.calls) == 1


def test_a_server_that_wants_to_be_left_alone_for_longer_than_there_is_time_is_left_alone():
    with Hook(status(503, Retry_After="60")) as hook:
        assert refused(hook, retries=3) == failed("it answered with status 503")
    assert len(hook.calls) == 1
