"""Settings of `chatbot serve`: who may call, where the server listens, and where contacts' verifications are kept."""

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from chatbot.config import Trusted, data_path, limits_of
from chatbot.config.packs import SECRET_ENV, PackChoice, endpoints, pack_choice, rules, signature
from chatbot.config.readers import at_least_one, boolean, positive, split
from chatbot.config.sources import Options, options
from chatbot.errors import ConfigError

if TYPE_CHECKING:
    from chatbot.config.endpoint import Endpoint
    from chatbot.signing import SchemeName

PREVIOUS = "_PREVIOUS"
SAID = ("messages", "last_message", "contact.last_message")
REMEMBER = 30 * 60.0  # seconds
STATE = "serve.db"


class Serving(NamedTuple):
    """All options of a server, resolved.

    secrets: what callers sign with; none only with --insecure. state: a SQLite file or a redis:// URL. remember: how
    many seconds a contact's success counts. said: where in a request's context the contact's words are, dotted paths.
    """

    packs: PackChoice
    endpoints: Mapping[str, "Endpoint"]
    trusted: Trusted
    secrets: tuple[str, ...]
    state: str
    signature: "SchemeName" = "turn"
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    remember: float = REMEMBER
    said: tuple[str, ...] = SAID


def load_serving(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Serving:
    """Return the settings; `flags` is what the command line gave. Raises ConfigError, UsageError."""
    chosen = options(flags, environ)
    packs = pack_choice(chosen)
    host = str(chosen.get("host", default="127.0.0.1"))
    return Serving(
        packs=packs,
        endpoints=endpoints(chosen, packs),
        trusted=_trusted(chosen),
        secrets=_secrets(chosen, host),
        state=str(chosen.get("state", default=data_path() / STATE)),
        signature=chosen.convert("signature", signature, "turn"),
        host=host,
        port=chosen.convert("port", _port, 5000),
        workers=chosen.convert("workers", at_least_one, 1),
        remember=chosen.convert("remember", positive, REMEMBER),
        said=split(chosen.get("said", default=SAID)),
    )


def as_environment(flags: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment that says what the flags say, for processes that are given none."""
    texts = {name: ",".join(value) if isinstance(value, list | tuple) else str(value) for name, value in flags.items()}
    return {f"CHATBOT_{name.upper()}": text for name, text in texts.items()}


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches the host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _trusted(chosen: Options) -> Trusted:
    """Return what every call is held against; there is no session, and nobody to be asked."""
    return Trusted(
        grounded=chosen.convert("grounded", boolean, False),
        rules=rules(chosen),
        confirm=chosen.convert("confirm", boolean, False),
        yes=chosen.convert("yes", boolean, False),
        limits=limits_of(chosen),
    )


def _secrets(chosen: Options, host: str) -> tuple[str, ...]:
    name = str(chosen.get("webhook_secret_env", default=SECRET_ENV))
    secrets = tuple(chosen.env[key] for key in (name, name + PREVIOUS) if key in chosen.env)
    if secrets:
        return secrets
    if not chosen.convert("insecure", boolean, False):
        raise ConfigError(
            f"There is no secret to check calls with: set {name}, in the environment or .env "
            "(or try it out on this machine alone, with --insecure)."
        )
    if not is_loopback(host):
        raise ConfigError(f"--insecure is for this machine alone, and {host} is open to others: set {name}.")
    return ()


def _port(value: Any) -> int:
    text = str(value).strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError(f"{value} is not a port, 0 to 65535")
    return int(text)
