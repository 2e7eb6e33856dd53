"""Which packs are loaded, and how those are reached that answer over HTTP.

`[packs.NAME]` in the configuration file: functions (a JSON function list; a relative path begins at the file), url,
secret_env, timeout (seconds in total), retries, signature ("turn" or "standard"), headers (a table), and approval
(allow, ask or deny: the default for every tool of that pack, ours or not).
"""

from collections.abc import Callable, Mapping
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

from chatbot.config.readers import positive, split
from chatbot.config.sources import Options, config_path
from chatbot.errors import ConfigError, UsageError
from chatbot.paths import expanded
from chatbot.rules import Decision, Rule

if TYPE_CHECKING:  # most chats need neither
    from chatbot.config.endpoint import Endpoint
    from chatbot.signing import SchemeName

T = TypeVar("T")
SECRET_ENV = "TURN_HMAC_SECRET"
DECISIONS = get_args(Decision)
SIGNATURES: tuple["SchemeName", ...] = ("turn", "standard")
PACK_OPTIONS = ("functions", "url", "secret_env", "timeout", "retries", "signature", "headers", "approval")


class PackChoice(NamedTuple):
    """The packs to open, in order; `functions` are the function lists of those that the configuration names."""

    specs: tuple[str, ...]
    functions: Mapping[str, Path]


def pack_choice(chosen: Options) -> PackChoice:
    """Return the packs to open. Raises ConfigError."""
    folder = config_path(chosen.env).parent
    functions = {
        name: folder / expanded(table["functions"]) for name, table in _tables(chosen).items() if "functions" in table
    }
    return PackChoice(split(chosen.get("pack", "packs", default="support")), functions)


def endpoints(chosen: Options, packs: PackChoice) -> dict[str, "Endpoint"]:
    """Return how each chosen pack of functions is reached. Raises ConfigError, UsageError."""
    return {spec: _endpoint(chosen, spec) for spec in packs.specs if spec in packs.functions or spec.endswith(".json")}


def rules(chosen: Options) -> tuple[Rule, ...]:
    """Return what is decided by the tools' names: `[approvals]`, then the packs' defaults. Raises ConfigError."""
    given = [(pattern, decision, f"approvals.{pattern!r}") for pattern, decision in chosen.table("approvals").items()]
    given += [
        (f"{escape(_name(name))}.*", table["approval"], f"packs.{name}.approval")
        for name, table in _tables(chosen).items()
        if "approval" in table
    ]
    for _, decision, place in given:
        if decision not in DECISIONS:
            raise ConfigError(f"{place} in {config_path(chosen.env)}: {decision!r} is none of {', '.join(DECISIONS)}.")
    return tuple(Rule(pattern, decision) for pattern, decision, _ in given)


def signature(value: Any) -> "SchemeName":
    """Return the name of a way to sign. Raises ValueError."""
    for name in SIGNATURES:
        if name == value:
            return name
    raise ValueError(f"{value!r} is none of {', '.join(SIGNATURES)}")


def _endpoint(chosen: Options, spec: str) -> "Endpoint":
    from chatbot.config.endpoint import Endpoint  # late: most chats have none

    table = _tables(chosen).get(spec, {})
    url = str(chosen.flags.get("webhook_url") or table.get("url") or chosen.get("webhook_url", default=""))
    if not url.startswith(("http://", "https://")):
        given = f"{url!r} is no address" if url else "the pack needs the address that its functions are called at"
        raise ConfigError(f"{spec}: {given}. Give --webhook-url https://...")
    name = str(table.get("secret_env") or chosen.get("webhook_secret_env", default=SECRET_ENV))
    secret = chosen.env.get(name)
    if not secret:
        raise ConfigError(f"{spec}: its calls cannot be signed: set {name}, in the environment or .env.")

    def option(key: str, read: Callable[[Any], T], default: T) -> T:
        try:
            return read(table[key]) if key in table else default
        except ValueError as error:
            raise UsageError(f"packs.{spec}.{key} in {config_path(chosen.env)}: {error}") from None

    try:
        return Endpoint(
            url,
            secret,
            option("timeout", _seconds, 10.0),
            option("headers", _headers, {}),
            option("retries", _retries, 0),
            option("signature", signature, "turn"),
        )
    except ConfigError as error:
        raise ConfigError(f"{spec}: {error}") from None


def _tables(chosen: Options) -> dict[str, Mapping[str, Any]]:
    """Return the tables [packs.NAME]. Raises ConfigError for what no such table holds."""
    path = config_path(chosen.env)
    tables: dict[str, Mapping[str, Any]] = {}
    for name, table in chosen.table("packs").items():
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: packs.{name} should be a table, [packs.{name}].")
        for key, value in table.items():
            if key not in PACK_OPTIONS:
                raise ConfigError(f"{path}: packs.{name} has no option {key!r}. Known: {', '.join(PACK_OPTIONS)}.")
            if key in ("functions", "url", "secret_env", "signature", "approval") and not isinstance(value, str):
                raise ConfigError(f"{path}: packs.{name}.{key} should be a text.")
        tables[name] = table
    return tables


def _name(spec: str) -> str:
    """Return what a pack is called that is given by this name or path."""
    return Path(spec).stem if spec.endswith((".json", ".py")) else spec


def _seconds(value: Any) -> float:
    if isinstance(value, bool):  # a number to Python
        raise ValueError(f"{value} is not a number")
    return positive(value)


def _retries(value: Any) -> int:
    try:
        count = int(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a whole number") from None
    if count < 0:
        raise ValueError(f"{value} is less than 0")
    return count


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("should be a table of texts")
    return dict(value)
