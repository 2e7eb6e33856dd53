"""Ten thousand random and hostile bodies: no 5xx, no exception, and nothing runs without a valid signature."""

import asyncio
import json
import re
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.pack import Verified
from chatbot.serve.web import web_app
from chatbot.signing import scheme
from tests.conversation import pack, tool
from tests.serve.caller import ANN, SECRET, body_of, signature
from tests.serve.inside import request, service

pytestmark = pytest.mark.xdist_group("serve")  # takes long: not to be the last
TOTAL, PARTS, MUTANTS = 10_000, 4, 49
EXAMPLES = TOTAL // PARTS // (1 + MUTANTS)
VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9]+|true|false|null')
HOSTILE = [
    *(b"NaN", b"-Infinity", b"1e999", b"-0.0", b"9" * 400, b"9" * 5000, b"[[[[[[]]]]]]", b"{}", b"null", b"true"),
    *(b'""', b'"\\ud800"', b'"\\u0000"', b'"\\u202e\\u001b[31m"', b'{"a": 1, "a": 2}', b'"{\\"a\\": 1}"', b'"[1]"'),
    *(
        b'"verify"',
        b'"ticket"',
        b'"echo"',
        b'"contact"',
        b'"context"',
        b'"wa_id"',
        b'"__proto__"',
        b"[" * 70 + b"]" * 70,
    ),
]
NAMES = ["verify", "ticket", "echo", "", "x" * 300, "\0", "__init__", "verify\n"]
ODD = [
    *(b"", b"null", b"NaN", b"[]", b"\xff\xfe", b"\xef\xbb\xbf{}", b'"\\ud800"', b"{" * 2000, b"[" * 200_000),
    *(b'{"function_name":' + text for text in (b"1e999}", b'"\\ud800"}', b'"echo","function_name":"verify"}')),
    b'{"function_name":"echo","function_args":{"a":' + b"[" * 60 + b"]" * 60 + b"}}",
    b'{"function_name":"echo","function_args":{"a":' + b"1" * 4299 + b"}}",
    b'{"function_name":"echo","function_args":{"a":-' + b"1" * 5000 + b"}}",
    b'{"function_name":"echo","function_args":"{\\"a\\":\\"\\\\ud800\\"}","context":{"contact":{"uuid":"\\udfff\\u0000"}}}',
    b'{"function_name":"echo","context":{"messages":["\\ud800"],"contact":{"last_message":"\\u0000"}}}',
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(exclude_categories=()), max_size=12)
    | st.sampled_from([ANN, "ann", -1, 10**30, "../../etc", "'; DROP TABLE contacts; --"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
people = st.fixed_dictionaries(
    {}, optional={"whatsapp_id": values, "uuid": values, "id": values, "last_message": values}
)
contexts = st.fixed_dictionaries({}, optional={"contact": people | values, "wa_id": values, "messages": values})
shaped = st.fixed_dictionaries(
    {"function_name": st.sampled_from(NAMES) | values},
    optional={
        "function_args": st.dictionaries(st.sampled_from(["name", "user", "contact", "wa_id", "a"]), values) | values,
        "context": contexts | values,
        "wa_id": values,
        "tool_call_id": values,
    },
).map(lambda call: json.dumps(call).encode())


bodies = shaped | shaped | st.binary(max_size=200) | st.sampled_from(ODD)


def mutant(body, places, random):
    """The body with a value at one of these places replaced, or with a few bytes that are others, missing or twice."""
    kind = random.random()
    if places and kind < 0.6:
        place = random.choice(places)
        return body[: place.start()] + random.choice(HOSTILE) + body[place.end() :]
    at, length = random.randrange(len(body) + 1), random.randrange(1, 5)
    if kind < 0.8:
        return body[:at] + random.randbytes(length) + body[at + length :]
    return body[:at] + body[at + length :] if kind < 0.9 else body[: at + length] + body[at:]


def signed(body, random):
    """The kind of the body's signature, the body, and the headers that carry the signature."""
    kind = random.choice(["right", "right", "none", "wrong", "odd"])
    given = {"right": signature(body), "wrong": signature(body + b" "), "odd": random.choice(["", "é" * 44, "=" * 44])}
    return kind, body, {"X-Turn-Hook-Signature": given[kind]} if kind in given else {}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_body_does_any_harm(part, capsys):
    ran, seen = [], []
    tools = [
        tool("verify", lambda arguments, _context: ran.append(1) or Verified(True, str(arguments.get("name")))),
        tool("ticket", lambda _arguments, context: ran.append(1) or context.user, requires=("verify",)),
        tool("echo", lambda arguments, _context: ran.append(1) or arguments, grounded=frozenset({"a"})),
    ]
    app = web_app(service(pack(*tools)), scheme("turn", [SECRET]))

    async def answered(body, headers):
        before = len(ran)
        answer = await request(app, body, headers)
        seen.append(answer.status)
        assert answer.entry.outcome != "internal"
        assert answer.entry.line().isascii()
        assert answer.status in (200, 400, 403)
        assert answer.status == 200 or len(ran) == before
        assert answer.status != 200 or isinstance(answer.output, str)
        return answer.status

    async def harmless_all(some):
        for kind, body, headers in some:
            assert (await answered(body, headers) == 403) == (kind != "right")

    with asyncio.Runner() as runner:

        @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
        @given(bodies, st.integers(0, 2**32))
        def harmless(body, seed):
            random = Random(seed)
            places = list(VALUE.finditer(body))
            some = [body, *(mutant(body, places, random) for _ in range(MUTANTS))]
            runner.run(harmless_all([signed(hostile, random) for hostile in some]))

        harmless()
        valid = body_of("verify")
        assert runner.run(answered(valid, {"X-Turn-Hook-Signature": signature(valid)})) == 200
    assert set(seen) == {200, 400, 403}
    assert len(seen) > TOTAL // PARTS
    assert "Traceback" not in capsys.readouterr().err
