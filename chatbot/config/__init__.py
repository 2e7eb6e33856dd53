"""Settings: flags > environment > .env > configuration file. The only reader of the environment (packs read their own).

The file is `config.toml` in the user's configuration folder. Its top level and its tables `[profiles.NAME]` hold the
options' names with underscores: model, base_url, api_key_env, pack, system, instructions, max_steps, timeout ... and
the tables [packs.NAME], [approvals] and [context]. `profile = "NAME"` (or `--profile`) picks a table; what the table
leaves out comes from the top level.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chatbot.config.context import context_of, field_at
from chatbot.config.model import ModelChoice, resolve_model
from chatbot.config.packs import PackChoice, endpoints, pack_choice, rules
from chatbot.config.readers import Theme, at_least_one, boolean, path, positive, split, temperature, text, theme
from chatbot.config.sources import Options, options
from chatbot.errors import ConfigError
from chatbot.limits import Limits
from chatbot.rules import Rule

__all__ = [
    "CHOOSE",
    "ModelChoice",
    "PackChoice",
    "Settings",
    "Trusted",
    "data_path",
    "load_dotenv_file",
    "load_packs",
    "load_settings",
]

if TYPE_CHECKING:
    from chatbot.config.endpoint import Endpoint

DETERMINISTIC: float | None = 0.0
LAST, CHOOSE = "last", "?"
SECRET_VARIABLES = "CHATBOT_SECRET_"


class Trusted(NamedTuple):
    """What the session goes by, whatever its model says.

    context: the trusted fields. shown: those that the model is told, by dotted path. secret: names of fields that are
    secret, whatever they are called. grounded: nothing may be made up. ask_secrets: secrets are asked for, out of the
    model's sight; those of a script are in `secrets`, by name.
    """

    context: Mapping[str, Any] = {}
    shown: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    grounded: bool = False
    rules: tuple[Rule, ...] = ()
    confirm: bool = False
    yes: bool = False
    ask_secrets: bool = False
    secrets: Mapping[str, str] = {}
    limits: Limits = Limits()


class Settings(NamedTuple):
    """All options of a chat, resolved.

    resume: the session to go on with, "last", or "?" for one that is chosen. timeout: seconds the model may stay
    silent. temperature None: not sent. record: where all that comes from the model and the tools is kept.
    """

    model: ModelChoice
    packs: PackChoice
    endpoints: Mapping[str, "Endpoint"] = {}
    trusted: Trusted = Trusted()
    system: str | None = None
    instructions: str = ""
    greeting: bool = True
    auto_compact: bool = False
    resume: str = ""
    save: bool = True
    theme: Theme = "auto"
    show_reasoning: bool = False
    timeout: float = 120.0
    temperature: float | None = 0.0
    script: Path | None = None
    record: Path | None = None
    json: bool = False
    plain: bool = False
    deltas: bool = False
    debug: bool = False


def load_dotenv_file(folder: Path) -> None:
    """Put what the folder's own .env says into the environment, where nothing else has spoken. Raises ConfigError."""
    file = folder / ".env"
    if file.is_file():
        from dotenv import load_dotenv

        try:
            load_dotenv(file, override=False)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} cannot be read: {error}") from None


def load_settings(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; `flags` is what the command line gave. Raises ConfigError, UsageError."""
    chosen = options(flags, environ)
    packs = pack_choice(chosen)
    return Settings(
        model=resolve_model(chosen, chosen.env),
        packs=packs,
        endpoints=endpoints(chosen, packs),
        trusted=_trusted(chosen),
        system=text(chosen.get("system")),
        instructions=text(chosen.get("instructions")) or "",
        greeting=not chosen.convert("no_greeting", boolean, False),
        resume=LAST if chosen.flags.get("continue_") else str(chosen.flags.get("resume") or ""),
        save=not chosen.convert("no_save", boolean, False),
        theme=chosen.convert("theme", theme, "auto"),
        show_reasoning=chosen.convert("show_reasoning", boolean, False),
        auto_compact=chosen.convert("auto_compact", boolean, False),
        timeout=chosen.convert("timeout", positive, 120.0),
        temperature=chosen.convert("temperature", temperature, DETERMINISTIC),
        script=chosen.convert("script", path, None),
        record=chosen.convert("record", path, None),
        json=chosen.convert("json", boolean, False),
        plain=chosen.convert("plain", boolean, False),
        deltas=chosen.convert("deltas", boolean, False),
        debug=chosen.convert("debug", boolean, False),
    )


def load_packs(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> PackChoice:
    """Return which packs are chosen, where nothing else matters. Raises ConfigError, UsageError."""
    return pack_choice(options(flags, environ))


def data_path() -> Path:
    """Return the user's data folder for chatbot; it may not exist yet."""
    from platformdirs import user_data_path

    return user_data_path("chatbot")


def _trusted(chosen: Options) -> Trusted:
    context = context_of(chosen)
    shown = split(chosen.get("show_context", default=""))
    for name in shown:
        field_at(context, name)
    start = len(SECRET_VARIABLES)
    return Trusted(
        context=context,
        shown=shown,
        secret=split(chosen.get("secret_context", default="")),
        grounded=chosen.convert("grounded", boolean, False),
        rules=rules(chosen),
        confirm=chosen.convert("confirm", boolean, False),
        yes=chosen.convert("yes", boolean, False),
        ask_secrets=chosen.convert("ask_secrets", boolean, False),
        secrets={name[start:]: value for name, value in chosen.env.items() if name.startswith(SECRET_VARIABLES)},
        limits=limits_of(chosen),
    )


def limits_of(chosen: Options) -> Limits:
    """Return how much a turn may take. Raises UsageError."""
    usual = Limits()
    return Limits(
        rounds=chosen.convert("max_steps", at_least_one, usual.rounds),
        calls=chosen.convert("max_calls", at_least_one, usual.calls),
        repeats=chosen.convert("max_repeats", at_least_one, usual.repeats),
        result=chosen.convert("max_result", at_least_one, usual.result),
        arguments=chosen.convert("max_arguments", at_least_one, usual.arguments),
        depth=chosen.convert("max_depth", at_least_one, usual.depth),
        context=chosen.convert("max_context", at_least_one, usual.context),
    )
