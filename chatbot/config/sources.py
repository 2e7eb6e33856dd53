"""Where an option comes from: flags > environment > configuration file. A profile is a table of the file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from chatbot.errors import ConfigError, UsageError
from chatbot.paths import expanded

T = TypeVar("T")
SDK_VARIABLES = {"model": ["OPENAI_MODEL"]}
"""What the openai SDK's users set; OPENAI_BASE_URL belongs to one provider, and is looked at where the URL is."""
LISTS = {"pack", "packs", "show_context", "secret_context", "said"}
TEXTS = LISTS | {"model", "base_url", "api", "api_key_env", "system", "instructions", "profile", "script"}
TEXTS |= {"record", "webhook_url"}
LIMITS = {"max_steps", "max_calls", "max_repeats", "max_result", "max_arguments", "max_depth", "max_context"}
SWITCHES = {"no_greeting", "no_save", "json", "plain", "deltas", "debug", "show_reasoning", "auto_compact"}
SWITCHES |= {"background", "store", "grounded", "confirm", "yes", "ask_secrets"}
SERVING = {"host", "port", "workers", "state", "remember", "signature", "insecure"}
TABLES = {"packs", "approvals", "context"}
FILE_OPTIONS = TEXTS | LIMITS | SWITCHES | SERVING | TABLES | {"timeout", "temperature", "webhook_secret_env", "theme"}


class Options(NamedTuple):
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
            if name in self.profile and not isinstance(self.profile[name], dict):
                return self.profile[name], f"{name} in {config_path(self.env)}"
        return None, ""

    def get(self, *names: str, default: Any = None) -> Any:
        """Return the value, or the default."""
        value, _ = self.find(*names)
        return default if value is None else value

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table of the configuration file; empty where there is none."""
        value = self.profile.get(name)
        return value if isinstance(value, dict) else {}

    def convert(self, name: str, read: Callable[[Any], T], default: T) -> T:
        """Return the option as `read` makes it of its text. Raises UsageError that names where it was given."""
        value, place = self.find(name)
        if value is None:
            return default
        try:
            return read(value)
        except (ValueError, TypeError) as error:
            raise UsageError(f"{place}: {error}") from None


def options(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Options:
    """Return the sources; reads the configuration file. A variable set to nothing is not set. Raises ConfigError."""
    env = {name: value for name, value in (os.environ if environ is None else environ).items() if value.strip()}
    return Options(flags, env, _profile(flags.get("profile"), env))


def config_path(env: Mapping[str, str]) -> Path:
    """Return where the configuration file is: CHATBOT_CONFIG, else in the user's configuration folder."""
    if path := env.get("CHATBOT_CONFIG"):
        return expanded(path)
    home = env.get("XDG_CONFIG_HOME") or Path(env.get("HOME") or Path.home()) / ".config"
    return Path(home) / "chatbot" / "config.toml"


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
        if isinstance(value, dict) and name in TABLES:
            continue
        texts = isinstance(value, list) and name in LISTS and all(isinstance(item, str) for item in value)
        if not texts and (isinstance(value, list | dict) or (name in TEXTS and not isinstance(value, str))):
            raise ConfigError(f"{path}: {name} should be {'a list of texts' if name in LISTS else 'one value'}.")
        if name in TABLES - LISTS:
            raise ConfigError(f"{path}: {name} should be a table, [{name}].")
