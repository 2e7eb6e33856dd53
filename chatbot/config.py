"""Settings: flags > environment > .env > configuration file. The only reader of the environment (packs read their own).

The file is `config.toml` in the user's configuration folder. Its top level and its tables `[profiles.NAME]` hold the
options' names with underscores: model, base_url, api_key_env, packs, system, instructions, max_steps, timeout,
temperature. `profile = "NAME"` (or `--profile`) picks a table; what the table leaves out comes from the top level.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from chatbot.errors import ConfigError, UsageError
from chatbot.providers import PROVIDERS

T = TypeVar("T")
OFFLINE = "offline"
SDK_VARIABLES = {"model": ["OPENAI_MODEL"]}
"""What the openai SDK's users set; OPENAI_BASE_URL belongs to one provider, and is looked at where the URL is."""
TEXTS = {"model", "base_url", "api_key_env", "packs", "pack", "system", "instructions", "profile", "script"}
FILE_OPTIONS = TEXTS | {"no_greeting", "max_steps", "timeout", "temperature", "json", "plain", "deltas", "debug"}
DETERMINISTIC: float | None = 0.0


class ModelChoice(NamedTuple):
    """Which model answers, and where. provider "offline" needs nothing else; key_env names where the key came from."""

    provider: str
    name: str = ""
    base_url: str = ""
    api_key: str | None = None
    key_env: str = ""


class Settings(NamedTuple):
    """All options of a chat, resolved. timeout: seconds the model may stay silent. temperature None: not sent."""

    model: ModelChoice
    packs: tuple[str, ...] = ("support",)
    system: str | None = None
    instructions: str = ""
    greeting: bool = True
    max_steps: int = 10
    timeout: float = 120.0
    temperature: float | None = 0.0
    script: Path | None = None
    json: bool = False
    plain: bool = False
    deltas: bool = False
    debug: bool = False


def load_dotenv_file(folder: Path) -> None:
    """Put what the folder's own .env says into the environment, where nothing else has spoken. Raises ConfigError."""
    path = folder / ".env"
    if path.is_file():
        from dotenv import load_dotenv

        try:
            load_dotenv(path, override=False)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from None


def load_settings(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; `flags` is what the command line gave. Raises ConfigError, UsageError."""
    env = {name: value for name, value in (os.environ if environ is None else environ).items() if value.strip()}
    chosen = _Options(flags, env, _profile(flags.get("profile"), env))
    return Settings(
        model=resolve_model(chosen, env),
        packs=_split(chosen.get("pack", "packs", default="support")),
        system=_text(chosen.get("system")),
        instructions=_text(chosen.get("instructions")) or "",
        greeting=not chosen.convert("no_greeting", _boolean, False),
        max_steps=chosen.convert("max_steps", _at_least_one, 10),
        timeout=chosen.convert("timeout", _positive, 120.0),
        temperature=chosen.convert("temperature", _temperature, DETERMINISTIC),
        script=chosen.convert("script", _path, None),
        json=chosen.convert("json", _boolean, False),
        plain=chosen.convert("plain", _boolean, False),
        deltas=chosen.convert("deltas", _boolean, False),
        debug=chosen.convert("debug", _boolean, False),
    )


class _Options(NamedTuple):
    """One option, asked of all its sources in order."""

    flags: Mapping[str, Any]
    env: Mapping[str, str]
    profile: Mapping[str, Any]

    def find(self, *names: str) -> tuple[Any, str]:
        """Return the value and where it stands; (None, "") where nobody gave it."""
        for name in names:
            if self.flags.get(name) not in (None, [], ()):
                return self.flags[name], f"--{name.replace('_', '-')}"
        for name in names:
            for variable in (f"CHATBOT_{name.upper()}", *SDK_VARIABLES.get(name, ())):
                if variable in self.env:
                    return self.env[variable], variable
        for name in names:
            if name in self.profile:
                return self.profile[name], f"{name} in {config_path(self.env)}"
        return None, ""

    def get(self, *names: str, default: Any = None) -> Any:
        """Return the value, or the default."""
        value, _ = self.find(*names)
        return default if value is None else value

    def convert(self, name: str, read: Callable[[Any], T], default: T) -> T:
        """Return the option as `read` makes it of its text. Raises UsageError that names where it was given."""
        value, place = self.find(name)
        if value is None:
            return default
        try:
            return read(value)
        except (ValueError, TypeError) as error:
            raise UsageError(f"{place}: {error}") from None


def resolve_model(options: _Options, env: Mapping[str, str]) -> ModelChoice:
    """Return which model answers: what was asked for; else OpenAI's where there is a key; else the offline one."""
    spec = str(options.get("model", default=""))
    hints = (options.get("base_url"), options.get("api_key_env"), env.get("OPENAI_BASE_URL"), env.get("OPENAI_API_KEY"))
    if spec == OFFLINE or not (spec or any(hints)):
        return ModelChoice(OFFLINE)
    name, model = split_spec(spec)
    provider = PROVIDERS[name]
    url = _checked_url(_base_url(name, options, env) or provider.base_url, name)
    model = model or (provider.model if url == provider.base_url else "")
    if not model:
        raise ConfigError(
            f"Which model of {url}? Name it: --model {name}:MODEL, or OPENAI_MODEL for the default provider."
        )
    key_env = str(options.get("api_key_env", default=provider.key_env))
    needed = url == provider.base_url or options.get("api_key_env") is not None
    return ModelChoice(name, model, url, _key(name, key_env, env, needed), key_env)


def split_spec(spec: str) -> tuple[str, str]:
    """Split `provider:model` into both; a bare model belongs to openai, a bare provider has an empty model."""
    head, colon, tail = spec.partition(":")
    if head in PROVIDERS:
        return head, tail
    import difflib

    if colon and (near := difflib.get_close_matches(head, PROVIDERS, 1, 0.75)):
        raise UsageError(
            f"There is no provider {head!r}. Did you mean {near[0]}:{tail}? Known: {', '.join(PROVIDERS)}."
        )
    return "openai", spec


def config_path(env: Mapping[str, str]) -> Path:
    """Return where the configuration file is: CHATBOT_CONFIG, else in the user's configuration folder."""
    if path := env.get("CHATBOT_CONFIG"):
        return Path(path).expanduser()
    home = env.get("XDG_CONFIG_HOME") or Path(env.get("HOME") or Path.home()) / ".config"
    return Path(home) / "chatbot" / "config.toml"


def data_path() -> Path:
    """Return the user's data folder for chatbot; it may not exist yet."""
    from platformdirs import user_data_path

    return user_data_path("chatbot")


def _profile(flag: object, env: Mapping[str, str]) -> dict[str, Any]:
    path = config_path(env)
    config: dict[str, Any] = {}
    if path.is_file():
        import tomllib

        try:
            config = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from None
    profiles: Any = config.pop("profiles", {})
    for table in (config, *(profiles.values() if isinstance(profiles, dict) else ())):
        _check(table, path)
    name = flag or env.get("CHATBOT_PROFILE") or config.pop("profile", None)
    if name is None:
        return config
    if not isinstance(profiles, dict) or not isinstance(profiles.get(name), dict):
        known = ", ".join(profiles) if isinstance(profiles, dict) and profiles else "none"
        raise ConfigError(f"There is no profile {name!r} in {path} (profiles there: {known}).")
    own: dict[str, Any] = profiles[name]
    return config | own


def _check(table: Any, path: Path) -> None:
    """Raise ConfigError for what is no option, or no value of one."""
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: a profile should be a table, [profiles.NAME].")
    for name, value in table.items():
        if name not in FILE_OPTIONS:
            raise ConfigError(f"{path}: there is no option {name!r}. Known: {', '.join(sorted(FILE_OPTIONS))}.")
        texts = isinstance(value, list) and name == "packs" and all(isinstance(item, str) for item in value)
        if not texts and (isinstance(value, list | dict) or (name in TEXTS and not isinstance(value, str))):
            raise ConfigError(f"{path}: {name} should be {'a list of texts' if name == 'packs' else 'one value'}.")


def _base_url(name: str, options: _Options, env: Mapping[str, str]) -> str:
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
        raise ConfigError(f"The base URL {url!r} must begin with http:// or https://.")
    return url.rstrip("/")


def _key(name: str, key_env: str, env: Mapping[str, str], needed: bool) -> str | None:
    if key := env.get(key_env):
        return key
    if key_env and needed:
        raise ConfigError(
            f"{name} needs a key: set {key_env}, in the environment or in .env. The model offline needs none."
        )
    return None


def _split(value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else list(value)
    names = [part.strip() for item in items for part in str(item).split(",")]
    return tuple(name for name in dict.fromkeys(names) if name and name != "none")


def _text(value: Any) -> str | None:
    """Return the text, or what the file says where it is given as @FILE."""
    if value is None or not str(value).startswith("@"):
        return None if value is None else str(value)
    path = Path(str(value)[1:]).expanduser()
    try:
        return path.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as a system prompt: {error}") from None


def _path(value: Any) -> Path | None:
    return Path(str(value)).expanduser()


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def _at_least_one(value: Any) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise ValueError(f"{value} is not a whole number") from None
    if number < 1:
        raise ValueError(f"{value} is less than 1")
    return number


def _positive(value: Any) -> float:
    number = _number(value)
    if not 0 < number < float("inf"):
        raise ValueError(f"{value} is not a positive number of seconds")
    return number


def _number(value: Any) -> float:
    try:
        return float(value)
    except (ValueError, TypeError):
        raise ValueError(f"{value} is not a number") from None


def _temperature(value: Any) -> float | None:
    if str(value).strip().lower() == "none":
        return None
    number = _number(value)
    if not 0 <= number <= 2:
        raise ValueError(f"{value} is not between 0 and 2 (nor none)")
    return number
