"""Bodies and secrets in, signatures out; the vectors were made with openssl."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import ConfigError
from chatbot.signing import SIGNATURE_HEADER, scheme, sign, verify

BODY = '{"function_name":"get_weather","function_args":{"location":"Zürich"}}'.encode()
SECRET = "PASTE-THE-SECRET-HERE"
# printf '%s' BODY | openssl dgst -sha256 -hmac PASTE-THE-SECRET-HERE -binary | base64
SIGNATURE = "VIxh36kuEtoNPeEtXMFy5ijJdyhiGbCn3Gm11xToNI8="

# printf 'msg_1.1700000000.{"a":1}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1617 -binary | base64
STANDARD_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"  # the 24 bytes 00 to 17
STANDARD = {
    "webhook-id": "msg_1",
    "webhook-timestamp": "1700000000",
    "webhook-signature": "v1,YOREwC5BRUvI4ezImQEgEteB7JbPr/Iy2YCZe049/5g=",
}
STANDARD_BODY, NOW = b'{"a":1}', 1_700_000_000.7
OTHER = "whsec_" + "b3RoZXI="


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def test_a_body_is_signed_as_openssl_signs_it():
    assert sign(SECRET.encode(), BODY) == SIGNATURE
    # printf '' | openssl dgst -sha256 -hmac key -binary | base64
    assert sign(b"key", b"") == "XV0TlWPJW1lnub2ajJsjOp3ttFByeUzSMtwbdIMmB9A="


def test_every_key_verifies_while_keys_change():
    assert verify([b"new", SECRET.encode()], BODY, SIGNATURE)
    assert verify([SECRET.encode(), b"old"], BODY, SIGNATURE)
    assert not verify([b"new", b"old"], BODY, SIGNATURE)
    assert not verify([], BODY, SIGNATURE)


@pytest.mark.parametrize("signature", [None, "", SIGNATURE.lower(), SIGNATURE + "=", f" {SIGNATURE}", "ü", "\udcff"])
def test_any_other_signature_is_refused(signature):
    assert not verify([SECRET.encode()], BODY, signature)


@given(secrets=st.lists(st.binary()), body=st.binary(), signature=st.text() | st.text(st.characters()))
def test_nothing_that_anyone_sends_raises(secrets, body, signature):
    assert verify(secrets, body, signature) is (signature in [sign(secret, body) for secret in secrets])


@given(body=st.binary(min_size=1), bit=st.integers(0))
def test_a_flipped_bit_is_seen(body, bit):
    at = bit % (len(body) * 8)
    flipped = bytearray(body)
    flipped[at // 8] ^= 1 << at % 8
    for name, secret in (("turn", SECRET), ("standard", STANDARD_SECRET)):
        line = scheme(name, [secret])
        headers = lower(line.headers(body, id="msg_1", now=NOW))
        assert line.verify(body, headers, NOW)
        assert not line.verify(bytes(flipped), headers, NOW)


def test_turn_signs_with_the_first_secret_in_one_header():
    line = scheme("turn", [SECRET, "old"])
    headers = line.headers(BODY, id="msg_1", now=0)
    assert headers == {SIGNATURE_HEADER: SIGNATURE} == {"X-Turn-Hook-Signature": SIGNATURE}
    assert line.verify(BODY, lower(headers), now=10**9)
    assert not line.verify(BODY, {}, now=0)


def test_a_standard_webhook_is_signed_as_openssl_signs_it():
    assert scheme("standard", [STANDARD_SECRET]).headers(STANDARD_BODY, id="msg_1", now=NOW) == STANDARD


def test_a_standard_webhook_is_signed_with_both_keys_while_they_change():
    headers = scheme("standard", [STANDARD_SECRET, OTHER]).headers(STANDARD_BODY, id="msg_1", now=NOW)
    assert headers["webhook-signature"].split()[0] == STANDARD["webhook-signature"]
    for secret in (STANDARD_SECRET, OTHER):
        assert scheme("standard", [secret]).verify(STANDARD_BODY, headers, NOW)


@pytest.mark.parametrize(
    ("changed", "now", "fits"),
    [
        ({}, NOW, True),
        ({}, 1_700_000_300, True),
        ({}, 1_699_999_700, True),
        ({}, 1_700_000_301, False),
        ({}, 1_699_999_699, False),
        ({"webhook-id": "msg_2"}, NOW, False),
        ({"webhook-id": ""}, NOW, False),
        ({"webhook-timestamp": "1700000001"}, NOW, False),
        ({"webhook-timestamp": "+1700000000"}, NOW, False),
        ({"webhook-timestamp": "1_700_000_000"}, NOW, False),
        ({"webhook-timestamp": "١٧٠٠٠٠٠٠٠٠"}, NOW, False),
        ({"webhook-timestamp": "nan"}, NOW, False),
        ({"webhook-timestamp": "9" * 5000}, NOW, False),
        ({"webhook-signature": "v1a,zz v1,zz " + STANDARD["webhook-signature"]}, NOW, True),
        ({"webhook-signature": STANDARD["webhook-signature"].replace("v1", "v2")}, NOW, False),
        ({"webhook-signature": "v1,\udcff , v1"}, NOW, False),
        ({"webhook-signature": ""}, NOW, False),
    ],
)
def test_a_standard_webhook_is_taken_within_five_minutes_and_unchanged(changed, now, fits):
    assert scheme("standard", [STANDARD_SECRET]).verify(STANDARD_BODY, STANDARD | changed, now) is fits


@pytest.mark.parametrize(
    ("name", "secrets"),
    [
        ("turn", []),
        ("turn", [""]),
        ("turn", ["hidden\n"]),
        ("turn", ["ok", "hidden\udcff"]),
        ("standard", []),
        ("standard", ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"]),
        ("standard", ["whsec_"]),
        ("standard", ["whsec_hidden!"]),
        ("standard", ["whsec_hiddenü"]),
    ],
)
def test_a_bad_secret_is_told_without_it(name, secrets):
    with pytest.raises(ConfigError) as raised:
        scheme(name, secrets)
    assert "hidden" not in str(raised.value) and "\n" not in str(raised.value)


def test_a_secret_is_not_in_what_is_printed():
    assert "secret" not in repr(scheme("turn", ["secret"])).replace("secrets", "")
