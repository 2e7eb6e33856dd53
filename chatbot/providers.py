"""The providers people use: where each answers, and which variable holds its key."""

from typing import NamedTuple
from urllib.parse import urlsplit


class Provider(NamedTuple):
    """An OpenAI-compatible server. key_env "": it needs no key; base_url "": only the user knows it."""

    base_url: str
    key_env: str = ""
    model: str = ""


AZURE = "azure"
PROVIDERS = {
    "openai": Provider("https://api.openai.com/v1", "OPENAI_API_KEY", "gpt-4.1-mini"),
    AZURE: Provider("", "AZURE_OPENAI_API_KEY"),
    "deepseek": Provider("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "deepseek-chat"),
    "empower": Provider("https://app.empower.dev/api/v1", "EMPOWER_API_KEY", "empower-functions"),
    "fireworks": Provider("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "gemini": Provider("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "groq": Provider("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": Provider("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "openrouter": Provider("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "together": Provider("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "llamacpp": Provider("http://127.0.0.1:8080/v1", model="default"),
    "lmstudio": Provider("http://127.0.0.1:1234/v1"),
    "ollama": Provider("http://127.0.0.1:11434/v1"),
    "vllm": Provider("http://127.0.0.1:8000/v1"),
}


def is_openai(url: str) -> bool:
    """Return whether it is one of OpenAI's own hosts; a region may have one."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host == "api.openai.com" or host.endswith(".api.openai.com")
