"""Where the settings come from, which model they choose, and why."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from chatbot.catalogue import Draft
from chatbot.config.model import OFFLINE, WANTED, shown
from chatbot.config.sources import Options, config_path
from chatbot.doctor.finding import Finding, failed, ok
from chatbot.errors import ChatbotError
from chatbot.providers import AZURE, PROVIDERS

_APIS = {"chat": "Chat Completions", "responses": "Responses"}
_RULES = "no language model, but rules that fit your words to the tools' descriptions; no key, no network"
_REAL = (
    "For a real model: set OPENAI_API_KEY, in the environment or in .env; or name one behind --model "
    "(chatbot models lists what there is; local:smollm2 needs no key)."
)


class Sources(NamedTuple):
    """The files that settings are read from; folder: where .env is looked for."""

    config: Path
    folder: Path

    def found(self, profile: str = "") -> str:
        """Return where they are, and whether they are read."""
        config = f"{self.config} is read" if self.config.is_file() else f"no {self.config}"
        dotenv = self.folder / ".env"
        told = f"{config}, {f'{dotenv} is read' if dotenv.is_file() else f'no .env in {self.folder}'}"
        return f"{told}, profile {profile}" if profile else told


def sources(env: Mapping[str, str], folder: Path) -> Sources:
    """Return where the files are."""
    return Sources(config_path(env), folder)


def configuration(where: Sources, profile: str, error: ChatbotError | None) -> Finding:
    """Return whether the settings can be read, but for the model."""
    return failed("configuration", error) if error else ok("configuration", where.found(profile))


def model(draft: Draft, options: Options) -> Finding:
    """Return which model is chosen, by what; fails where its name is missing."""
    choice = draft.choice
    if choice.provider == OFFLINE:
        return ok("model", f"{OFFLINE} ({_chosen_by(options)}): {_RULES}", _REAL)
    if choice.provider in WANTED:
        return ok("model", f"{choice.provider}:{choice.name} ({_chosen_by(options)})")
    if draft.nameless:
        return failed("model", draft.nameless, "chatbot models lists what there is.")
    api = options.find("api")[1] or "auto"
    where = f"{shown(choice.base_url)} ({address_from(choice.provider, options)})"
    return ok(
        "model",
        f"{choice.provider}:{choice.name} ({_chosen_by(options)}), at {where}, over {_APIS[choice.api]} ({api})",
    )


def address_from(provider: str, options: Options) -> str:
    """Return what the base URL comes from: the flag, variable or line that says it, or "the provider's own"."""
    own = {"openai": "OPENAI_BASE_URL", AZURE: "AZURE_OPENAI_ENDPOINT"}.get(provider, "")
    place = options.find("base_url")[1]
    if place and not (place.startswith("base_url in") and own in options.env):
        return place
    return own if own in options.env else "the provider's own"


def _chosen_by(options: Options) -> str:
    spec, place = options.find("model")
    if place:
        bare = str(spec).rstrip(":")
        return f"{place}, with its usual model" if bare in PROVIDERS and PROVIDERS[bare].model else place
    hints = [options.find(name)[1] for name in ("base_url", "api_key_env")]
    hints += [name for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY") if name in options.env]
    return next((f"since {hint} is set" for hint in hints if hint), "no model, key or base URL is set")
