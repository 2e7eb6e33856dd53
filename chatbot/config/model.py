"""Which model answers: a provider's, one behind a URL, one that runs in this process, or a recording."""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from chatbot.config.readers import boolean, one_of
from chatbot.config.sources import Options
from chatbot.errors import ConfigError, UsageError
from chatbot.providers import PROVIDERS, is_openai

OFFLINE, LOCAL, PLAYBACK = "offline", "local", "playback"
WANTED = {LOCAL: "local:PATH.gguf, local:hf:OWNER/REPO/FILE or local:smollm2", PLAYBACK: "playback:FILE"}
"""The models of this process that are named by what they are made of, and how."""
Api = Literal["chat", "responses"]
_OF_SERVERS = ("base_url", "api", "background", "store")
"""Options that say nothing to a model of this process."""
_NOT_SHOWN = re.compile(r"^(\w+://)?.*@|[?#].*")
"""What may be secret in an address: a user with a password, and a query."""


class ModelChoice(NamedTuple):
    """Which model answers, and where. Models that run in this process need a name at most.

    key_env: where the key came from. api: which one the server is asked over. background: the response goes on on the
    server, whatever becomes of the connection. store: the server keeps the conversation.
    """

    provider: str
    name: str = ""
    base_url: str = ""
    api_key: str | None = None
    key_env: str = ""
    api: Api = "chat"
    background: bool = False
    store: bool = False


class _Wish(NamedTuple):
    """How a server is to be asked."""

    api: str
    background: bool
    store: bool


def resolve_model(options: Options, env: Mapping[str, str]) -> ModelChoice:
    """Return which model answers: what was asked for; else OpenAI's where there is a key; else the offline one."""
    spec = str(options.get("model", default=""))
    wish = _wish(options)
    hints = (options.get("base_url"), options.get("api_key_env"), env.get("OPENAI_BASE_URL"), env.get("OPENAI_API_KEY"))
    if spec == OFFLINE or not (spec or any(hints)):
        return ModelChoice(OFFLINE)
    name, model = split_spec(spec)
    if name in WANTED:
        return ModelChoice(name, _named(name, model))
    provider = PROVIDERS[name]
    url = _checked_url(_base_url(name, options, env) or provider.base_url, name)
    model = model or (provider.model if url == provider.base_url else "")
    if not model:
        raise ConfigError(
            f"Which model of {shown(url)}? Name it: --model {name}:MODEL, or OPENAI_MODEL for the default provider."
        )
    key_env = str(options.get("api_key_env", default=provider.key_env))
    needed = url == provider.base_url or options.get("api_key_env") is not None
    key = _key(name, key_env, env, needed)
    return _over_api(ModelChoice(name, model, url, key, key_env), wish)


def refuse_unheeded(flags: Mapping[str, Any], choice: ModelChoice) -> None:
    """Raise UsageError for a flag that is for models behind a URL, where the one that is chosen has none."""
    for name in () if choice.base_url else _OF_SERVERS:
        if flags.get(name, "auto") != "auto":
            flag = f"--{name.replace('_', '-')}"
            fix = f"leave {flag} out, or name another --model"
            raise UsageError(f"{flag} is for a model behind a URL, and {choice.provider} is none: {fix}.")


def shown(url: str) -> str:
    """Return the address without user, password and query."""
    return _NOT_SHOWN.sub(r"\1", url)


def split_spec(spec: str) -> tuple[str, str]:
    """Split `provider:model` into both; a bare model belongs to openai, a bare provider has an empty model."""
    head, colon, tail = spec.partition(":")
    known = [*PROVIDERS, *WANTED]
    if head in known:
        return head, tail
    if meant := _meant(head, tail if colon else None):
        wrong = "provider" if colon else "model"
        raise UsageError(f"There is no {wrong} {head!r}. Did you mean {meant}? Known: {', '.join([*known, OFFLINE])}.")
    return "openai", spec


def _meant(head: str, tail: str | None) -> str:
    """Return the spec that is like this one; "" where none is. tail: None in a bare name."""
    from difflib import get_close_matches

    name = head.lower()
    if tail is None:
        return OFFLINE if get_close_matches(name, [OFFLINE], 1, 0.85) else ""
    near = next(iter(get_close_matches(name, [*PROVIDERS, *WANTED, OFFLINE], 1, 0.75)), "")
    return f"{near}:{tail}" if near not in ("", OFFLINE) else near


def _named(provider: str, name: str) -> str:
    if not name:
        raise UsageError(f"Which {provider} model? Name it: --model {WANTED[provider]}.")
    return name


def _wish(options: Options) -> _Wish:
    return _Wish(
        api=options.convert("api", one_of("auto", "chat", "responses"), "auto"),
        background=options.convert("background", boolean, False),
        store=options.convert("store", boolean, False),
    )


def _over_api(choice: ModelChoice, wish: _Wish) -> ModelChoice:
    """Return the choice with the API that the server is asked over: what was said, or what fits the server."""
    api, background, store = wish
    if api == "chat" and (background or store):
        name = "background" if background else "store"
        raise UsageError(f"--{name} is only for the Responses API: leave --api chat out.")
    responses = api == "responses" or (api == "auto" and (background or store or is_openai(choice.base_url)))
    return choice._replace(api="responses" if responses else "chat", background=background, store=store)


def _base_url(name: str, options: Options, env: Mapping[str, str]) -> str:
    given, place = options.find("base_url")
    if given and not place.startswith("base_url in"):
        return str(given)
    return _own_url(name, env) or str(given or "")  # the environment goes before the file


def _own_url(name: str, env: Mapping[str, str]) -> str:
    if name == "openai":
        return env.get("OPENAI_BASE_URL", "")
    if name == "azure" and (endpoint := env.get("AZURE_OPENAI_ENDPOINT")):
        return endpoint.rstrip("/").removesuffix("/openai/v1") + "/openai/v1"
    return ""


def _checked_url(url: str, provider: str) -> str:
    if not url:
        raise ConfigError(f"{provider} has no address of its own: give --base-url, or AZURE_OPENAI_ENDPOINT for azure.")
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"The base URL {shown(url)!r} must begin with http:// or https://.")
    return url.rstrip("/")


def _key(name: str, key_env: str, env: Mapping[str, str], needed: bool) -> str | None:
    if key := env.get(key_env):
        return key
    if key_env and needed:
        raise ConfigError(
            f"{name} needs a key: set {key_env}, in the environment or in .env. The model offline needs none."
        )
    return None
