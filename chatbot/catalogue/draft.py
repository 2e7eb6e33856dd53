"""Who answers, as far as it is known: a model's name or a key may still be missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatbot.config.model import ModelChoice, resolve_model, split_spec
from chatbot.config.sources import Options
from chatbot.errors import ConfigError
from chatbot.providers import PROVIDERS

_STAND_IN = "?"


@dataclass(frozen=True, slots=True)
class Draft:
    """A choice, and what is wrong with it: nameless says that its name is missing, keyless that its key is."""

    choice: ModelChoice
    nameless: ConfigError | None = None
    keyless: ConfigError | None = None


def draft(options: Options, env: Mapping[str, str]) -> Draft:
    """Return who answers. Raises ConfigError, UsageError for what is wrong with more than the name and the key."""
    if not _wrong(options, env):
        return Draft(resolve_model(options, env))
    provider, name = split_spec(str(options.get("model", default="")))
    named = options._replace(flags={**options.flags, "model": f"{provider}:{name or _STAND_IN}"})
    keyed = {str(options.get("api_key_env", default=PROVIDERS[provider].key_env)): _STAND_IN, **env}
    nameless, keyless = _wrong(options, keyed), _wrong(named, env)
    choice = resolve_model(named if nameless else options, keyed if keyless else env)
    if nameless:
        choice = choice._replace(name="")
    if keyless:
        choice = choice._replace(api_key=None)
    return Draft(choice, nameless, keyless)


def draft_of(provider: str, env: Mapping[str, str]) -> Draft:
    """Return a provider as the environment alone configures it; a name is not needed. Raises ConfigError."""
    return draft(Options({"model": f"{provider}:"}, {}, {}), env)


def _wrong(options: Options, env: Mapping[str, str]) -> ConfigError | None:
    try:
        resolve_model(options, env)
    except ConfigError as error:
        return error
    return None
