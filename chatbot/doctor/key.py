"""Whether there is a key, and whether it looks like one. What it is, is told nowhere."""

import re
from collections.abc import Mapping

from chatbot.catalogue import Draft
from chatbot.config import ModelChoice
from chatbot.doctor.finding import Finding, failed, ok, warned
from chatbot.errors import ConfigError
from chatbot.providers import PROVIDERS

_PREFIXES = {
    "sk-or-": "openrouter",
    "sk-ant-": "Anthropic",
    "sk-proj-": "openai",
    "gsk_": "groq",
    "AIza": "gemini",
    "fw_": "fireworks",
    "hf_": "Hugging Face",
}
"""How keys begin that only one provider gives out."""
_PLACEHOLDER = re.compile(r"\.\.\.|your|xxxx|<.*>", re.I)


def key(draft: Draft, environ: Mapping[str, str], before: Mapping[str, str]) -> Finding:
    """Return the finding. environ: with what .env says; before: without it."""
    choice = draft.choice
    name = choice.key_env
    if draft.keyless:
        blank = name in environ and not environ[name].strip()
        place = "in the environment, which goes before .env" if name in before else "in .env"
        return failed("key", draft.keyless, f"{name} is set to nothing {place}." if blank else "")
    if choice.api_key is None:
        return ok(
            "key", f"none ({name} is not set; this address may need none)" if name else "none, and none is needed"
        )
    place = f"{name}, {'the environment' if name in before else '.env'}"
    if _unusable(choice.api_key):
        return failed("key", ConfigError(f"The key has blanks or characters that no key has ({place})."), _change(name))
    if odd := _odd(choice):
        return warned("key", f"it {odd} ({place})", _change(name))
    return ok("key", f"there ({place})")


def _change(name: str) -> str:
    return f"Set {name} to the key alone, as the provider shows it."


def _unusable(key: str) -> bool:
    return not (key.isascii() and key.isprintable() and key == key.strip())


def _odd(choice: ModelChoice) -> str:
    """Return what is suspicious; a key for another address than the provider's own may look like anything."""
    key = choice.api_key or ""
    if key[0] in "'\"" or key[-1] in "'\"":
        return "is in quotes"
    if " " in key:
        return "has a blank in it"
    if choice.base_url != PROVIDERS[choice.provider].base_url:
        return ""
    if _PLACEHOLDER.search(key):
        return "looks like a placeholder"
    whose = next((owner for prefix, owner in _PREFIXES.items() if key.startswith(prefix)), choice.provider)
    return f"looks like one of {whose}, not of {choice.provider}" if whose != choice.provider else ""
