"""Calls out, one signed POST each; outputs or one line of what went wrong in, whatever the server answers."""

import base64
import gzip
import hmac
import time
from hashlib import sha256

import pytest

from chatbot.config.endpoint import Endpoint
from chatbot.pack import Context, NoOutput
from chatbot.packs.webhook import webhook_pack
from chatbot.signing import scheme
from tests.hook import Hook, cut, drip, head, output, raw, status
from tests.packs.weather_calls import CONTEXT, SECRET, WEATHER, call, failed, refused, tool_of


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
