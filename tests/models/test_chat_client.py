"""The real SDK against a real server on the loopback interface."""

import socket
import subprocess
import sys
import threading
import time

import pytest

from chatbot.errors import CredentialsRefused, ModelError, ModelUnreachable
from chatbot.events import Notice, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.chat_completions import ChatCompletions
from chatbot.models.http.retry import Patience
from chatbot.pack import Tool
from chatbot.types import Assistant, ToolCall, ToolResult, Usage, User
from tests.loopback import Behaviour, ChatServer, calls, chunk, chunks, cut, raw, stall, status, text

QUICK = Patience(base=0.01)
TOOL = Tool("add", "Add.", {"type": "object", "properties": {}}, lambda _: {}, lambda _a, _c: 3)
PROMPT = Prompt("Be kind.", (User("Hi"),), (TOOL,))


@pytest.fixture
def open_model():
    models = []

    def opened(server, **more):
        url = server.url if isinstance(server, ChatServer) else server
        model = ChatCompletions("m", **{"base_url": url, "api_key": "sk-secret-key", "patience": QUICK, **more})
        models.append(model)
        return model

    yield opened
    for model in models:
        model.close()


def ask(model, prompt=PROMPT, interrupt=None):
    return list(model.stream(prompt, interrupt or Interrupt()))


def notices(events):
    return [event.text for event in events if isinstance(event, Notice)]


def failure(model):
    with pytest.raises(ModelError) as caught:
        ask(model)
    line = str(caught.value)
    assert line.isprintable() and "sk-secret-key" not in line
    return caught.value


def test_importing_it_does_not_load_the_sdk():
    code = "import sys, chatbot.models.chat_completions; print('openai' in sys.modules or 'httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_its_repr_hides_the_key():
    assert "sk-" not in repr(ChatCompletions("m", base_url=None, api_key="sk-secret-key"))


def test_an_answer_streams(open_model):
    with ChatServer(text("Hello dear world")) as server:
        events = ask(open_model(server))
    assert events == [
        StatusChanged("in_progress"),
        TextDelta("Hello "),
        TextDelta("dear "),
        TextDelta("world"),
        Assistant("Hello dear world", (), Usage(7, 3)),
    ]
    request = server.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-secret-key"
    assert request.headers["content-type"] == "application/json"
    assert request.body["temperature"] == 0 and request.body["stream_options"] == {"include_usage": True}


def test_calls_arrive_and_their_results_go_back(open_model):
    with ChatServer(calls(("add", {"a": 1}), ("add", '{"a": ')), text("3")) as server:
        model = open_model(server)
        reply = ask(model)[-1]
        assert reply.calls == (ToolCall("call_0", "add", '{"a": 1}'), ToolCall("call_1", "add", '{"a": '))
        results = (ToolResult("call_0", "add", "3"),)  # one is missing on purpose
        assert ask(model, Prompt("", (User("Hi"), reply, *results)))[-1].text == "3"
    assert server.violations == []
    assert "tools" not in server.bodies[1]


def test_no_turn_opens_a_new_connection(open_model):
    with ChatServer(text("a"), calls(("add", {})), text("b")) as server:
        model = open_model(server)
        for _ in range(5):
            ask(model)
        assert (len(server.requests), server.connections) == (5, 1)


def test_an_error_does_not_cost_the_connection(open_model):
    with ChatServer(status(429), text("a")) as server:
        ask(open_model(server))
        assert (len(server.requests), server.connections) == (2, 1)


def test_a_stream_that_stays_open_behind_done_is_left_soon(open_model):
    with ChatServer(chunks(chunk({"content": "a"}, "stop"), open_end=5.0)) as server:
        model = open_model(server)
        began = time.monotonic()
        assert ask(model)[-1].text == "a"
        assert time.monotonic() - began < 2
        server.then(text("b"))
        assert ask(model)[-1].text == "b"


def test_a_kept_connection_that_the_server_closed_is_no_news(open_model):
    with ChatServer(text("a"), cut(-1), text("b")) as server:
        model = open_model(server)
        ask(model)
        events = ask(model)
        assert events[-1].text == "b" and notices(events) == []


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (401, CredentialsRefused, "401 from 127.0.0.1:{port}: the key was not accepted. Check the API key."),
        (403, CredentialsRefused, "403 from 127.0.0.1:{port}: scripted 403. Check the API key and what it may use."),
        (404, ModelError, "404 from 127.0.0.1:{port}: scripted 404. Check the model's name (m) and the base URL."),
        (400, ModelError, "400 from 127.0.0.1:{port}: scripted 400."),
    ],
)
def test_what_cannot_be_mended_is_told_at_once(open_model, code, kind, words):
    with ChatServer(status(code)) as server:
        error = failure(open_model(server))
        assert type(error) is kind
        assert str(error) == words.format(port=server.url.split(":")[2].split("/")[0])
        assert len(server.requests) == 1


@pytest.mark.parametrize("code", [408, 409, 429, 500, 503])
def test_what_may_mend_itself_is_tried_three_times(open_model, code):
    with ChatServer(status(code)) as server:
        model = open_model(server)
        events = []
        with pytest.raises(ModelError, match=f"^{code} from 127"):
            events.extend(ask(model))
        assert len(server.requests) == 3
        server.then(status(code), text("a"))
        events = ask(model)
    assert notices(events)[0].endswith("; trying again in 0.0 s (1 of 2)")
    assert events[0].level == "warning" and events[-1].text == "a"


@pytest.mark.parametrize("headers", [{"Retry-After": "0.2"}, {"retry-after-ms": "200"}])
def test_the_server_says_how_long_to_wait(open_model, headers):
    with ChatServer(status(429, headers), text("a")) as server:
        events = ask(open_model(server))
    assert "trying again in 0.2 s" in notices(events)[0]
    assert server.requests[1].at - server.requests[0].at >= 0.2


def test_patience_doubles_and_ends():
    patience = Patience(base=1.0)
    assert 1.0 <= patience.wait(1, None) <= 1.25 and 2.0 <= patience.wait(2, None) <= 2.5
    assert patience.wait(1, 3600) == 20.0 and patience.wait(1, 0.0) == 0.0


def test_a_used_up_quota_is_not_tried_again(open_model):
    body = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    with ChatServer(status(429, body=body)) as server:
        assert "billing" in str(failure(open_model(server)))
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "too long", "code": "context_length_exceeded"}}, "Start a new one"),
        ({"error": "maximum context length is 4096"}, "Start a new one"),
        ({"error": {"message": "m does not support tools"}}, "Choose another model than m"),
        ({"error": {"message": "Tools with reasoning: use /v1/responses instead"}}, "Use --api responses."),
        ({"error": {"message": "filtered", "code": "content_filter"}}, "filtered. Say it otherwise."),
        ({"detail": [{"msg": "field\x1b[31m\r\nrequired"}]}, "field[31m required"),
        ("<html>oops</html>", "a web page"),
        ({"error": {"message": "bad sk-secret-key " + "x" * 500}}, "bad *** xxx"),
        ([{"error": {"message": "as Gemini does"}}], "as Gemini does"),
    ],
)
def test_a_400_shows_what_the_server_says(open_model, body, words):
    with ChatServer(status(400, body=body)) as server:
        error = failure(open_model(server))
        assert words in str(error) and len(str(error)) < 450


@pytest.mark.parametrize("name", ["stream_options", "temperature"])
def test_a_refused_parameter_is_left_out_from_then_on(open_model, name):
    refusal = status(400, body={"error": {"message": f"Unsupported parameter: '{name}'", "param": name}})

    def picky(body):
        return refusal if name in body else text("a")

    with ChatServer(picky) as server:
        model = open_model(server)
        events = ask(model)
        assert events[-1].text == "a" and name in notices(events)[0] and events[0].level == "info"
        assert notices(ask(model)) == []
        assert [name in body for body in server.bodies] == [True, False, False]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (cut(200), "before its answer was whole"),
        (raw(b""), "broke the answer off before its end"),
        (raw(b": wait\n\ndata: {}\n\n"), "broke the answer off before its end"),
        (raw(b"<html>Login</html>", "text/html"), "answered with a web page: <html>Login</html>. Check the base URL"),
        (raw(b'{"error": {"message": "loading model"}}', "application/json"), "loading model"),
        (raw(b'{"hello": 1}', "application/json"), "no answer"),
        (raw(b"Internal error", "text/plain"), "no answer: Internal error"),
        (chunks(chunk({"content": "a"}), {"error": {"message": "out of memory"}}), "out of memory"),
    ],
)
def test_a_broken_answer_is_an_error_and_not_asked_for_again(open_model, behaviour, words):
    with ChatServer(behaviour) as server:
        assert words in str(failure(open_model(server)))
        assert len(server.requests) == 1


def test_a_server_that_does_not_stream(open_model):
    whole = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}'
    with ChatServer(raw(whole, "application/json")) as server:
        model = open_model(server)
        assert ask(model)[1:] == [TextDelta("Hi"), Assistant("Hi")]
        ask(model)
        assert server.connections == 1


def test_silence_ends_with_the_timeout(open_model):
    with ChatServer(stall(-1)) as server:
        assert "said nothing for 0.2 s" in str(failure(open_model(server, timeout=0.2)))
    with ChatServer(stall(300)) as server:
        assert "said nothing for 0.2 s" in str(failure(open_model(server, timeout=0.2)))


def test_nobody_there(open_model):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    events = []
    with pytest.raises(ModelUnreachable, match=r"No connection to .*refused\. Is the server running"):
        events.extend(ask(open_model(url)))


@pytest.mark.parametrize("url", ["localhost:1234/v1", "ftp://127.0.0.1/v1", "http://[::1", "nonsense"])
def test_an_address_that_is_none(open_model, url):
    error = failure(open_model(url))
    assert isinstance(error, ModelUnreachable) and "Check the base URL" in str(error)


def test_tls_where_there_is_none(open_model):
    with ChatServer(text("a")) as server:
        error = failure(open_model(server.url.replace("http:", "https:")))
        assert isinstance(error, ModelUnreachable) and "secure" in str(error)


@pytest.mark.parametrize("key", ["sk-secret-key\n", "sk-secret-kéy", " sk-secret-key"])
def test_a_key_that_no_header_can_hold_is_not_shown(open_model, key):
    with ChatServer(text("a")) as server:
        model = open_model(server, api_key=key)
        model.warm()
        with pytest.raises(CredentialsRefused) as caught:
            ask(model)
    assert "sk-" not in str(caught.value)


def test_no_key_is_fine_where_none_is_needed(open_model, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with ChatServer(text("a")) as server:
        assert ask(open_model(server, api_key=None))[-1].text == "a"
        assert server.requests[0].headers["authorization"] == "Bearer not-needed"


def interrupted_after(model, seconds):
    """Interrupt a stream from another thread; return its events and how long it went on after."""
    interrupt, events, ended = Interrupt(), [], []

    def run():
        events.extend(model.stream(PROMPT, interrupt))
        ended.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(seconds)
    interrupt.set()
    at = time.monotonic()
    thread.join(5)
    assert ended
    return events, ended[0] - at


def test_a_server_that_says_why_it_stopped_but_does_not_stop(open_model):
    body = b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
    endless = Behaviour((body,), stop_after=len(body), silence=30.0)
    with ChatServer(endless) as server:
        began = time.monotonic()
        assert ask(open_model(server))[-1] == Assistant("a")
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("after", [-1, 0, 500])
def test_an_interrupt_ends_a_wait_at_once_20_of_20(open_model, after, kept):
    with ChatServer(text("a")) as server:
        model = open_model(server)
        model.warm()
        for _ in range(20):
            if kept:
                server.then(text("a"))
                assert ask(model)[-1].text == "a"
            server.then(stall(after))
            events, late = interrupted_after(model, 0.01)
            assert late < 1
            assert not any(isinstance(event, Assistant | Notice) for event in events)
        server.then(text("b"))
        events = ask(model)
        assert events[-1].text == "b" and notices(events) == []
        assert server.disconnected.wait(1)


def test_an_interrupt_ends_the_wait_before_a_retry(open_model):
    with ChatServer(status(429, {"Retry-After": "15"})) as server:
        model = open_model(server)
        model.warm()
        events, late = interrupted_after(model, 0.1)
        assert late < 1 and "15.0 s" in notices(events)[0]
        assert len(server.requests) == 1


def test_an_interrupt_ends_the_wait_behind_a_retry(open_model):
    with ChatServer(status(429), stall(-1)) as server:
        model = open_model(server)
        model.warm()
        events, late = interrupted_after(model, 0.1)
        assert late < 1 and len(notices(events)) == 1
        assert (len(server.requests), server.connections) == (2, 1)


def test_an_interrupt_before_the_start_sends_nothing(open_model):
    with ChatServer(text("a")) as server:
        interrupt = Interrupt()
        interrupt.set()
        assert ask(open_model(server), interrupt=interrupt) == []
        assert server.requests == []


def test_an_interrupt_does_not_touch_a_stream_beside_it(open_model):
    with ChatServer(lambda body: text("a b c d e f", delay=0.03) if len(server.requests) == 1 else stall(-1)) as server:
        model = open_model(server)
        model.warm()
        beside = []
        thread = threading.Thread(target=lambda: beside.extend(ask(model)))
        thread.start()
        time.sleep(0.1)
        interrupted_after(model, 0.05)
        thread.join(5)
        assert beside[-1].text == "a b c d e f"


def test_warming_up_from_many_threads_while_streaming(open_model):
    with ChatServer(text("a")) as server:
        model = open_model(server)
        threads = [threading.Thread(target=model.warm) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert ask(model)[-1].text == "a"
        for thread in threads:
            thread.join()


def test_streams_beside_each_other(open_model):
    with ChatServer(text("a b c", delay=0.01)) as server:
        model = open_model(server)
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(ask(model)[-1].text)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert replies == ["a b c"] * 8


def test_a_server_that_asks_for_an_hour_is_not_asked_again(open_model):
    with ChatServer(status(429, {"Retry-After": "3600"})) as server:
        assert str(failure(open_model(server))).endswith("Ask again in 3600 s.")
    assert len(server.requests) == 1
