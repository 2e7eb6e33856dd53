"""Which packs are loaded, and how those are reached that answer over HTTP.

`[packs.NAME]` in the configuration file: functions (a JSON function list; a relative path begins at the file), url,
secret_env, timeout (seconds in total), retries, signature ("turn" or "standard"), headers (a table), and approval
(allow, ask or deny: the default for every tool of that pack, ours or not).
"""

from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import Any, NamedTuple, get_args

from chatbot.config.readers import at_least_one, positive, split
from chatbot.config.sources import Options, config_path
from chatbot.errors import ConfigError, UsageError
from chatbot.rules import Decision, Rule

SECRET_ENV = "TURN_HMAC_SECRET"
DECISIONS = get_args(Decision)
SIGNATURES = ("turn", "standard")
PACK_OPTIONS = ("functions", "url", "secret_env", "timeout", "retries", "signature", "headers", "approval")


class Webhook(NamedTuple):
    """Where a pack's functions are called, and how the calls are signed. timeout: seconds, in total."""

    url: str
    secret: str
    timeout: float = 10.0
    headers: Mapping[str, str] = {}
    retries: int = 0
    scheme: str = "turn"


class PackChoice(NamedTuple):
    """The packs to open, in order; `functions` are the function lists of those that the configuration names."""

    specs: tuple[str, ...]
    functions: Mapping[str, Path]


def pack_choice(chosen: Options) -> PackChoice:
    """Return the packs to open. Raises ConfigError."""
    folder = config_path(chosen.env).parent
    functions = {
        name: folder / Path(table["functions"]).expanduser()
        for name, table in _tables(chosen).items()
        if "functions" in table
    }
    return PackChoice(split(chosen.get("pack", "packs", default="support")), functions)


def webhooks(chosen: Options, packs: PackChoice) -> dict[str, Webhook]:
    """Return how each chosen pack of functions is reached. Raises ConfigError, UsageError."""
    return {spec: _webhook(chosen, spec) for spec in packs.specs if spec in packs.functions or spec.endswith(".json")}


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


def _webhook(chosen: Options, spec: str) -> Webhook:
    table = _tables(chosen).get(spec, {})
    url = str(chosen.flags.get("webhook_url") or table.get("url") or chosen.get("webhook_url", default=""))
    if not url.startswith(("http://", "https://")):
        given = f"{url!r} is no address" if url else "the pack needs the address that its functions are called at"
        raise ConfigError(f"{spec}: {given}. Give --webhook-url https://...")
    name = str(table.get("secret_env") or chosen.get("webhook_secret_env", default=SECRET_ENV))
    secret = chosen.env.get(name)
    if not secret:
        raise ConfigError(f"{spec}: its calls cannot be signed: set {name}, in the environment or .env.")
    place = f"packs.{spec} in {config_path(chosen.env)}"
    try:
        return Webhook(
            url,
            secret,
            positive(table.get("timeout", 10.0)),
            _headers(table.get("headers", {})),
            at_least_one(table["retries"]) if table.get("retries") else 0,
            _one_of(table.get("signature", "turn"), SIGNATURES),
        )
    except ValueError as error:
        raise UsageError(f"{place}: {error}") from None


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


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("headers should be a table of texts")
    return dict(value)


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)
