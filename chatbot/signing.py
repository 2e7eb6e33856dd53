"""Signatures of HTTP messages: HMAC-SHA256 over the raw body, as Turn.io and as Standard Webhooks have it.

Turn.io signs the body alone (https://whatsapp.turn.io/docs, "AI Function Calling"); Standard Webhooks signs the
message's id and time too (https://www.standardwebhooks.com). Both ends of a line use this file.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from chatbot.errors import ConfigError

SchemeName = Literal["turn", "standard"]

SIGNATURE_HEADER = "X-Turn-Hook-Signature"
SECRET_PREFIX = "whsec_"
TOLERANCE = 5 * 60  # seconds that a message's time may be off, before or after
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class Scheme(Protocol):
    """How the messages of one line are signed. Names of headers are looked up in lower case."""

    def headers(self, body: bytes, *, id: str, now: float) -> dict[str, str]:
        """Return the headers that sign the body. id: the message's, the same when it is sent again. now: Unix time."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str], now: float) -> bool:
        """Return whether the message is signed with one of the secrets. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn.io's scheme: one header, the body's HMAC in base64. The first secret signs; every one verifies."""

    secrets: tuple[bytes, ...] = field(repr=False)

    def headers(self, body: bytes, *, id: str, now: float) -> dict[str, str]:  # noqa: ARG002 - only the body counts
        """Return the one header."""
        return {SIGNATURE_HEADER: sign(self.secrets[0], body)}

    def verify(self, body: bytes, headers: Mapping[str, str], now: float) -> bool:  # noqa: ARG002
        """Return whether one of the secrets signed the body."""
        return verify(self.secrets, body, headers.get(SIGNATURE_HEADER.lower()))


@dataclass(frozen=True, slots=True)
class StandardWebhooks:
    """Standard Webhooks, version 1: id, time and body are signed, by every secret, so that the other end may change."""

    secrets: tuple[bytes, ...] = field(repr=False)

    def headers(self, body: bytes, *, id: str, now: float) -> dict[str, str]:
        """Return the three headers."""
        time = str(int(now))
        content = _signed_content(id, time, body)
        signatures = " ".join(f"v1,{sign(secret, content)}" for secret in self.secrets)
        return {"webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures}

    def verify(self, body: bytes, headers: Mapping[str, str], now: float) -> bool:
        """Return whether one of the secrets signed the message, and not too long ago."""
        id, time = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not (id and _TIMESTAMP.fullmatch(time) and abs(now - int(time)) <= TOLERANCE):
            return False
        given = [signature.partition(",") for signature in headers.get("webhook-signature", "").split(" ")]
        signatures = [signature for version, _, signature in given if version == "v1"]
        return _is_signed(self.secrets, _signed_content(id, time, body), signatures)


def scheme(name: SchemeName, secrets: Sequence[str]) -> Scheme:
    """Return the scheme of that name. Raises ConfigError, which does not quote it, for a secret that is none."""
    if not secrets:
        raise ConfigError("There is no secret to sign with: give the one that both ends know.")
    if name == "standard":
        return StandardWebhooks(tuple(map(_standard_secret, secrets)))
    return Turn(tuple(map(_turn_secret, secrets)))


def sign(secret: bytes, body: bytes) -> str:
    """Return the HMAC-SHA256 of the body in base64."""
    return base64.b64encode(hmac.digest(secret, body, "sha256")).decode("ascii")


def verify(secrets: Sequence[bytes], body: bytes, signature: str | None) -> bool:
    """Return whether one of the secrets made the signature.

    Every secret is tried, each in constant time: neither how much of a signature is right nor which of two secrets
    made it can be told from how long this takes. Never raises.
    """
    return _is_signed(secrets, body, [signature or ""])


def _is_signed(secrets: Sequence[bytes], content: bytes, signatures: Sequence[str]) -> bool:
    made = [sign(secret, content).encode("ascii") for secret in secrets]
    given = [signature.encode("utf-8", "surrogatepass") for signature in signatures]
    matches = [hmac.compare_digest(ours, theirs) for ours in made for theirs in given]
    return True in matches  # all are made before one is looked at


def _signed_content(id: str, time: str, body: bytes) -> bytes:
    return f"{id}.{time}.".encode("utf-8", "surrogatepass") + body


def _turn_secret(secret: str) -> bytes:
    if not secret or secret != secret.strip() or not secret.isprintable():
        raise ConfigError("The webhook secret is empty, or has blanks around it or control characters in it.")
    return secret.encode("utf-8")


def _standard_secret(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key or not secret.startswith(SECRET_PREFIX):
        raise ConfigError(f"The secret of a Standard Webhook is {SECRET_PREFIX} and, behind it, the key in base64.")
    return key
