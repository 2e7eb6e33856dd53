"""A client of the format, written from its text alone: urllib, json and hmac, nothing of ours."""

import base64
import hmac
import json
from contextlib import closing
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SECRET = "a secret of both ends"
ANN, BOB = "16506001008", "16506001009"


def signature(body, secret=SECRET):
    return base64.b64encode(hmac.new(secret.encode(), body, "sha256").digest()).decode()


def body_of(name, arguments=None, contact=ANN, /, **context):
    known = {"contact": {"whatsapp_id": contact}} if contact else {}
    call = {
        "function_name": name,
        "function_args": arguments or {},
        "tool_call_id": "call_1",
        "context": known | context,
    }
    return json.dumps(call).encode()


def sent(url, body=None, headers=(), method=None):
    """The status, the headers and the text of an answer."""
    request = Request(url, body, dict(headers), method=method)
    try:
        with closing(urlopen(request, timeout=20)) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as error:
        with closing(error):
            return error.code, error.headers, error.read().decode()


def posted(url, body, given=None):
    """The answer to a signed body; `given` is another signature."""
    headers = {"X-Turn-Hook-Signature": given or signature(body), "Content-Type": "application/json"}
    return sent(f"{url}/function-calling", body, headers)


def output(url, name, arguments=None, contact=ANN, /, **context):
    """What a model reads."""
    status, _, text = posted(url, body_of(name, arguments, contact, **context))
    assert status == 200, text
    return json.loads(text)["output"]
