"""Lists of functions as packs: their endpoint, how they are opened, and whole conversations that call them."""

import base64
import hmac
import json
import threading
from contextlib import contextmanager
from hashlib import sha256

import httpx2
import pytest

from chatbot.config.endpoint import Endpoint
from chatbot.errors import ConfigError, UsageError
from chatbot.models.scripted import Scripted
from chatbot.pack import ToolFailed
from chatbot.packs import available_packs, open_packs
from chatbot.packs.webhook import webhook_pack
from chatbot.session import Session
from tests.conversation import calling, say, told
from tests.hook import Hook, drip, output
from tests.packs.weather_calls import CONTEXT, SECRET, WEATHER, call, failed, refused, tool_of


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
    import flask
    from werkzeug.serving import make_server

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
