"""Calls out, one signed POST each; outputs or one line of what went wrong in, whatever the server does."""

import base64
import gzip
import hmac
import json
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import flask
import httpx2
import pytest
from werkzeug.serving import make_server

from chatbot.config.endpoint import Endpoint
from chatbot.errors import ConfigError, UsageError
from chatbot.models.scripted import Scripted
from chatbot.pack import Context, NoOutput, ToolFailed
from chatbot.packs import available_packs, open_packs, post
from chatbot.packs.webhook import webhook_pack
from chatbot.session import Session
from chatbot.signing import scheme
from tests.conversation import calling, say, told
from tests.hook import Hook, cut, drip, head, output, raw, status

WEATHER = Path(__file__).parent.parent.parent / "examples" / "weather.json"
SECRET = "a-secret-that-both-ends-know"
CONTEXT = Context(
    session="s",
    call="call_7",
    fields=MappingProxyType({"wa_id": "+16506001008", "contact": {"name": "Jane", "birthday": None}}),
)


def tool_of(hook, **options):
    endpoint = Endpoint(hook if isinstance(hook, str) else hook.url, SECRET, **options)
    return webhook_pack(WEATHER, "weather", endpoint).tools[0]


def call(hook, context=CONTEXT, **options):
    return tool_of(hook, **options).run({"location": "Zürich"}, context)


def refused(hook, **options):
    """The notice and what the model reads, of a call that has no output."""
    with pytest.raises(NoOutput) as raised:
        call(hook, **options)
    notice, content = raised.value.notice, str(raised.value)
    assert notice.isprintable() and notice.startswith("get_weather got no output from 127.0.0.1: ")
    assert SECRET not in notice + content and "leaked" not in notice + content
    return notice.partition("127.0.0.1: ")[2], content


def failed(reason):
    return f"{reason}.", json.dumps({"output": "", "error": f"get_weather failed: {reason}"})


def test_a_call_is_the_formats_post_signed_as_it_is_sent():
    with Hook(output("sunny")) as hook:
        assert call(hook, headers={"X-Team": "blue"}) == "sunny"
    (sent,) = hook.calls
    assert list(sent.body) == ["function_name", "function_args", "wa_id", "tool_call_id", "context"]
    assert sent.body == {
        "function_name": "get_weather",
        "function_args": {"location": "Zürich"},
        "wa_id": "+16506001008",
        "tool_call_id": "call_7",
        "context": {"wa_id": "+16506001008", "contact": {"name": "Jane", "birthday": None}},
    }
    assert "Zürich".encode() in sent.raw
    assert (sent.path, sent.headers["content-type"]) == ("/hook?of=ours", "application/json")
    assert sent.headers["x-team"] == "blue"
    expected = base64.b64encode(hmac.new(SECRET.encode(), sent.raw, sha256).digest()).decode()
    assert sent.headers["x-turn-hook-signature"] == expected


def test_a_call_may_be_signed_as_a_standard_webhook():
    secret = "whsec_" + base64.b64encode(b"0" * 24).decode()
    with Hook(output(1)) as hook:
        tool = webhook_pack(WEATHER, "w", Endpoint(hook.url, secret, scheme="standard")).tools[0]
        assert [tool.run({"location": "x"}, CONTEXT) for _ in range(2)] == [1, 1]
    first, second = hook.calls
    for sent in (first, second):
        assert scheme("standard", [secret]).verify(sent.raw, sent.headers, time.time())
        assert "x-turn-hook-signature" not in sent.headers
    assert first.headers["webhook-id"] != second.headers["webhook-id"]  # the id of a call may come again


def test_without_a_known_user_there_is_no_wa_id():
    with Hook(output(None)) as hook:
        assert call(hook, Context()) is None
    assert hook.calls[0].body == {
        "function_name": "get_weather",
        "function_args": {"location": "Zürich"},
        "tool_call_id": "",
        "context": {},
    }


def test_what_utf8_cannot_hold_is_replaced_and_what_json_cannot_hold_is_told():
    with Hook(output("ok")) as hook:
        tool = tool_of(hook)
        assert tool.run({"location": "half \ud83d"}, Context()) == "ok"
        with pytest.raises(NoOutput, match="cannot be written as JSON"):
            tool.run({"location": "x"}, Context(fields={"n": float("nan")}))
    assert [sent.body["function_args"] for sent in hook.calls] == [{"location": "half ?"}]


@pytest.mark.parametrize("value", ["", "täxt", None, True, 0, 1.5, [], [1, {"a": None}], {"output": 1}], ids=repr)
def test_an_output_may_be_any_json(value):
    with Hook(output(value)) as hook:
        assert call(hook) == value


@pytest.mark.parametrize(
    "answer",
    [
        raw(b'\xef\xbb\xbf{"output":"x","more":1}', 201, Content_Type="text/plain"),
        raw(gzip.compress(b'{"output":"x"}'), Content_Encoding="gzip"),
        cut(head(Connection="close") + b'{"output":"x"}'),
        cut(head(Transfer_Encoding="chunked") + b'5\r\n{"out\r\n9\r\nput":"x"}\r\n0\r\n\r\n'),
    ],
)
def test_an_answer_may_be_sent_in_any_proper_way(answer):
    with Hook(answer) as hook:
        assert call(hook) == "x"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(500), "it answered with status 500"),
        (status(403), "it answered with status 403"),
        (status(304), "it answered with status 304"),
        (status(204), "its answer is not JSON"),
        (raw(b"<leaked>"), "its answer is not JSON"),
        (raw(b'{"output": NaN}'), "its answer is not JSON"),
        (raw(b"[" * 90_000), "its answer is not JSON"),
        (raw(b'{"output":' + b"[" * 200 + b"]" * 200 + b"}"), "its answer is nested too deep"),
        (raw(b'{"output": "leaked\xff"}'), "its answer is not UTF-8"),
        (raw(b'{"Output": "leaked"}'), 'its answer is no JSON object with an "output"'),
        (raw(b'["output"]'), 'its answer is no JSON object with an "output"'),
        (raw(b"leaked", Content_Encoding="gzip"), "its answer cannot be unpacked"),
        (raw(b"leaked", Content_Encoding="br"), "its answer is packed in a way that was not asked for"),
        (raw(gzip.compress(b'{"output":1}')[:-9], Content_Encoding="gzip"), "the connection ended before a whole"),
        (cut(b""), "the connection ended before a whole answer came"),
        (cut(b"HTTP/1.1 200 O"), "the connection ended before a whole answer came"),
        (cut(b"leaked, not HTTP\r\n\r\n"), "the connection ended before a whole answer came"),
        (cut(head(Content_Length=99) + b'{"output":1}'), "the connection ended before a whole answer came"),
        (status(302, Location="/there"), "it answered with a redirect that is not followed (status 302)"),
        (status(303, Location="/there"), "it answered with a redirect that is not followed (status 303)"),
        (status(308, Location="https://127.0.0.1/"), "it answered with a redirect that is not followed (status 308)"),
        (status(307, Location="http://leaked.test/"), "it answered with a redirect that is not followed (status 307)"),
        (status(307, Location="http://127.0.0.1:1/"), "it answered with a redirect that is not followed (status 307)"),
        (status(307, Location="http://[leaked"), "it answered with a redirect that is not followed (status 307)"),
        (status(307, Location="/round"), "it answered with more than 3 redirects"),
        (status(307), "it answered with status 307"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_other_answer_is_told_in_our_own_words(answer, reason):
    with Hook(answer) as hook:
        notice, content = refused(hook)
    assert notice.startswith(reason) and (notice, content) == failed(notice[:-1])


def test_a_redirect_to_the_same_server_is_followed_with_the_same_signed_body():
    with Hook(status(307, Location="/there"), status(308, Location="here?x=1"), output("found")) as hook:
        assert call(hook) == "found"
    assert [sent.path for sent in hook.calls] == ["/hook?of=ours", "/there", "/here?x=1"]
    assert len({(sent.raw, sent.headers["x-turn-hook-signature"]) for sent in hook.calls}) == 1


def test_an_answer_is_bounded_also_when_it_is_a_bomb():
    big = failed("its answer has more than 100 bytes")
    bomb = gzip.compress(b'{"output":"' + b"a" * 20_000_000 + b'"}', 1)
    for answer in (raw(b" " * 101), raw(bomb, Content_Encoding="gzip"), drip(head(), b"x" * 64)):
        with Hook(answer) as hook:
            assert refused(hook, max_bytes=100, timeout=20.0) == big
    with Hook(raw(b'{"output":1}' + b" " * 88)) as hook:
        assert call(hook, max_bytes=100) == 1


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
    post._tls.cache_clear()
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


def test_the_tool_tells_the_session_what_it_needs():
    with Hook(output("sunny"), drip(b"", b"")) as hook:
        tool = tool_of(hook, timeout=0.5)
        assert (tool.timeout, tool.unanswered) == (0.5, "")
        assert tool.injected == {"context", "wa_id", "tool_call_id", "function_name", "function_args"}
        pack = webhook_pack(WEATHER, "weather", Endpoint(hook.url, SECRET))
        session = Session(Scripted(calling(("get_weather", {"location": "Rome"})), "It is sunny."), [pack])
        lines = told(say(session, "How is the weather in Rome?")[0])
    assert lines[-5:-1] == ["result: sunny", "[in_progress]", "assistant: It is sunny.", "[completed]"]
    assert hook.calls[0].body["tool_call_id"] == "call_1"


def test_a_function_that_declares_an_argument_called_context_gets_it(tmp_path):
    schema = {"type": "object", "properties": {"context": {"type": "string"}}}
    (tmp_path / "own.json").write_text(json.dumps([{"name": "f", "description": "d", "parameters": schema}]))
    (tool,) = webhook_pack(tmp_path / "own.json", "own", Endpoint("http://h.test", "s")).tools
    assert "context" not in tool.injected and "wa_id" in tool.injected
    assert tool.parse('{"context":"mine"}') == {"context": "mine"}


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ftp://h.test"},
        {"url": "http://"},
        {"url": "hidden"},
        {"url": "http://h.test:hidden"},
        {"url": "http://h.test/\n"},
        {"secret": ""},
        {"secret": "hidden\n"},
        {"secret": "hidden", "scheme": "standard"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": 1e300},
        {"retries": -1},
        {"max_bytes": 0},
        {"headers": {"X": "hidden\n"}},
        {"headers": {"X": "hidden\u00fc"}},
        {"headers": {"X y": "hidden"}},
        {"headers": {"Content-type": "hidden"}},
        {"headers": {"X-Turn-Hook-Signature": "hidden"}},
    ],
    ids=str,
)
def test_an_endpoint_that_makes_no_sense_is_told_without_its_secrets(options):
    with pytest.raises(ConfigError) as raised:
        webhook_pack(WEATHER, "weather", Endpoint(**{"url": "http://h.test", "secret": "s"} | options))
    assert "hidden" not in str(raised.value) and str(raised.value).isprintable()


def test_an_endpoint_does_not_show_its_secrets():
    assert "hidden" not in repr(Endpoint("http://h.test", "hidden", headers={"Authorization": "hidden"}))


def test_lists_are_opened_by_path_and_by_the_names_of_the_configuration(tmp_path):
    with Hook(output("hooked")) as hook:
        endpoint = Endpoint(hook.url, SECRET)
        (pack,) = open_packs([str(WEATHER)], {str(WEATHER): endpoint})
        assert (pack.name, pack.tools[0].run({}, CONTEXT)) == ("weather", "hooked")
        named = {"mine": WEATHER, "support": WEATHER}
        (pack,) = open_packs(["mine", "mine"], {"mine": endpoint}, named)
        assert (pack.name, pack.tools[0].run({}, CONTEXT)) == ("mine", "hooked")
        (pack,) = open_packs(["support"], functions=named)  # these names go first
        assert [tool.name for tool in pack.tools] == ["get_weather"]
        with pytest.raises(UsageError, match="The packs mine and weather both offer a tool get_weather"):
            open_packs(["mine", "weather"], functions={"mine": WEATHER})
    assert "mine" in available_packs(named)
    with pytest.raises(UsageError, match="Did you mean mine"):
        open_packs(["mind"], functions=named)
    with pytest.raises(UsageError, match=r"There is no pack file .*gone\.json"):
        open_packs([str(tmp_path / "gone.json")])
    with pytest.raises(UsageError, match=r"a pack is a \.py or \.json file"):
        open_packs([str(tmp_path / "pack.toml")])


def test_a_list_without_an_endpoint_can_be_looked_at_but_not_called():
    (pack,) = open_packs([str(WEATHER)])
    with pytest.raises(ToolFailed, match=r"^get_weather cannot be called: no --webhook-url was given\.$"):
        pack.tools[0].run({}, CONTEXT)


@contextmanager
def flask_endpoint(secret):
    """The endpoint that the format's text describes, written with Flask and the standard library alone."""
    app = flask.Flask("endpoint")

    @app.post("/function-calling")
    def function_calling():
        computed = base64.b64encode(hmac.new(secret, flask.request.get_data(), sha256).digest()).decode("ascii")
        if computed != flask.request.headers.get("X-Turn-Hook-Signature"):
            return "Invalid signature", 403
        body = flask.request.get_json()
        if body["function_name"] != "get_weather":
            return {"output": "This function is not supported."}
        name = body["context"].get("contact", {}).get("name")
        location = body["function_args"]["location"]
        return {"output": f"The weather for {location} is sunny and it's 22 degrees, {name} ({body['wa_id']})."}

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/function-calling"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_formats_own_endpoint_takes_our_calls_and_no_others():
    with flask_endpoint(SECRET.encode()) as url, Hook(output(1)) as recorder:
        sunny = "The weather for Zürich is sunny and it's 22 degrees, Jane (+16506001008)."
        assert call(url) == sunny
        assert call(recorder) == 1
        (sent,) = recorder.calls
        headers = {"X-Turn-Hook-Signature": sent.headers["x-turn-hook-signature"], "Content-Type": "application/json"}
        assert httpx2.post(url, content=sent.raw, headers=headers).json() == {"output": sunny}
        flipped = bytes([*sent.raw[:-3], sent.raw[-3] ^ 1, *sent.raw[-2:]])
        assert httpx2.post(url, content=flipped, headers=headers).status_code == 403
    with flask_endpoint(b"another secret") as url:
        assert refused(url) == failed("it answered with status 403")
