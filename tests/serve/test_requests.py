"""One server on a real socket: every status, and what the log says."""

import json
import socket
import time
from http.client import HTTPConnection

import pytest

from tests.serve.caller import ANN, SECRET, body_of, output, posted, sent, signature


@pytest.fixture(scope="module")
def server(tmp_path_factory, serving):
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server
    assert "internal" not in {entry.get("outcome") for entry in server.log}


@pytest.fixture
def url(server):
    return server.url


def test_a_call_written_from_the_formats_text_alone_is_answered(url):
    body = body_of("who", {}, ANN, journey_uuid="b5ddb14c")
    status, headers, text = posted(url, body)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    told = json.loads(json.loads(text)["output"])
    assert told == {
        "fields": {"contact": {"whatsapp_id": ANN}, "journey_uuid": "b5ddb14c"},
        "user": None,
        "call": "call_1",
    }


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_flipped_bit_in_the_body_is_an_invalid_signature(url, place):
    body = bytearray(body_of("who"))
    signed = signature(bytes(body))
    body[place] ^= 1
    status, _, text = posted(url, bytes(body), signed)
    assert (status, text) == (403, "Invalid signature")


@pytest.mark.parametrize("given", ["", "none", signature(b"another body"), signature(body_of("who"), "another secret")])
def test_a_wrong_signature_is_refused(url, given):
    assert posted(url, body_of("who"), given or " ")[0] == 403


def test_a_flipped_bit_in_the_signature_is_refused(url):
    right = signature(body_of("who"))
    wrong = chr(ord(right[0]) ^ 1) + right[1:]
    assert posted(url, body_of("who"), right)[0] == 200
    assert posted(url, body_of("who"), wrong)[0] == 403


def test_a_missing_signature_is_refused_before_anything_is_looked_at(url):
    assert sent(f"{url}/function-calling", b"{not json")[::2] == (403, "Invalid signature")


def test_a_function_that_is_not_there_is_not_supported(url):
    assert output(url, "launch") == "This function is not supported."


def test_invalid_arguments_and_failures_are_outputs_that_a_model_can_act_on(url):
    assert output(url, "slow", {"seconds": "five"}) == (
        "The arguments of slow are not valid: seconds: should be a number"
    )
    assert output(url, "fail", {"how": "politely"}) == "Ask for another day."
    assert output(url, "fail", {"how": "badly"}) == "fail failed: ZeroDivisionError: division by zero"


def test_arguments_may_be_the_json_text_of_an_object(url):
    assert output(url, "slow", '{"seconds": 0}') == "done"


def test_the_number_beside_the_context_is_the_contacts(url):
    call = {"function_name": "who", "function_args": None, "wa_id": f"+{ANN}", "context": {"context_type": "journey"}}
    told = json.loads(json.loads(posted(url, json.dumps(call).encode())[2])["output"])
    assert told["fields"] == {"context_type": "journey", "wa_id": f"+{ANN}"}


def test_a_tool_that_changes_something_is_declined_where_nobody_can_be_asked(url):
    assert output(url, "change").startswith("The user did not allow change")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body is not JSON: line 1, column 1: Expecting value."),
        (b"\xff{}", "The body is not UTF-8, which JSON is written in."),
        (b"[]", "The body should be a JSON object."),
        (b'{"function_name": "who", "context": {"n": NaN}}', "The body is not JSON: NaN is not JSON."),
        (b'{"function_name": "who", "function_name": "x"}', "The body is not JSON: a name is given twice."),
        (b'{"function_name": "who", "context": {"n": 1e999}}', "The body is not JSON: a number is too big."),
        (b'{"function_name": "who", "context": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep."),
        (b'{"function_name": "who", "context": ' + b'{"a":' * 70 + b"1" + b"}" * 71, "nested too deep."),
        (
            b'{"function_name": "who", "context": {"n": ' + b"9" * 5000 + b"}}",
            "The body is not JSON: Exceeds the limit",
        ),
        (b"{}", "function_name should be a text."),
        (b'{"function_name": ""}', "function_name should be a text."),
        (b'{"function_name": ["who"]}', "function_name should be a text."),
        (b'{"function_name": "who", "function_args": [1]}', "function_args should be an object."),
        (b'{"function_name": "who", "function_args": "[1]"}', "function_args should be a JSON object."),
        (b'{"function_name": "who", "function_args": "{"}', "function_args is not JSON: line 1, column 2"),
        (b'{"function_name": "who", "context": "me"}', "context should be an object."),
    ],
)
def test_a_body_that_is_no_call_is_a_bad_request_in_one_line(url, body, reason):
    status, _, text = posted(url, body)
    assert status == 400
    assert reason in json.loads(text)["error"]
    assert "\n" not in text


def test_the_other_pages(url):
    assert sent(f"{url}/")[0] == 200
    assert sent(f"{url}/health")[::2] == (200, '{"status": "ok"}')
    functions = json.loads(sent(f"{url}/functions")[2])
    assert [function["name"] for function in functions][:2] == ["verify", "ticket"]
    assert functions[1]["parameters"]["x-requires"] == ["verify"]


@pytest.mark.parametrize("path", ["/functions/", "/admin", "/function-calling/x", "//", "/%00"])
def test_an_unknown_path_is_not_found(url, path):
    assert sent(url + path)[::2] == (404, '{"error": "Not Found."}')


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("GET", "/function-calling", "POST"), ("POST", "/health", "GET")]
)
def test_a_wrong_method_is_told_the_right_one(url, method, path, allowed):
    status, headers, _ = sent(url + path, method=method)
    assert status == 405
    assert allowed in headers["Allow"]


def test_a_body_of_a_mebibyte_is_read(url):
    assert posted(url, b" " * (1 << 20))[0] == 400


def test_a_body_that_says_it_is_larger_is_not_read_at_all(url):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/function-calling")
    connection.putheader("Content-Length", str((1 << 20) + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_without_a_length_is_counted_and_not_read_to_its_end(url):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/function-calling")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for size in (*[1 << 16] * 16, 1):  # of a body that has no end
        connection.send(b"%x\r\n%s\r\n" % (size, b" " * size))
    assert connection.getresponse().status == 413
    connection.close()


def test_a_caller_that_goes_away_in_the_middle_harms_nobody(url):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST /function-calling HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert sent(f"{url}/health")[0] == 200


def test_the_log_has_one_object_a_line_and_nothing_secret(server):
    body = body_of("verify", {"name": "ann\x1b[31m", "key": "k-7c1"})
    odd = body.replace(b'"call_1"', b'"call\\u0000\\u001b[31m\\u007f%s"' % (b"x" * 300))
    assert posted(server.url, odd)[0] == 200
    assert posted(server.url, odd, "wrong")[0] == 403
    until = time.monotonic() + 5
    while not any(entry.get("call", "").startswith("call\0") for entry in server.log):
        assert time.monotonic() < until, "the line does not come"
        time.sleep(0.01)
    entry = next(entry for entry in server.log if entry.get("call", "").startswith("call\0"))
    assert {name: entry[name] for name in ("method", "path", "status", "function", "outcome")} == {
        "method": "POST",
        "path": "/function-calling",
        "status": 200,
        "function": "verify",
        "outcome": "ok",
    }
    assert len(entry["contact"]) == 4
    assert len(entry["call"]) == 200
    text = "".join(server.lines)
    assert all(line.isascii() and line.removesuffix("\n").isprintable() for line in server.lines[1:])
    for secret in (SECRET, "k-7c1", signature(odd), ANN):
        assert secret not in text
