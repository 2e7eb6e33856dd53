"""The answer of GET /models to values; pure. The format: https://platform.openai.com/docs/api-reference/models/list.

Others write a bare list (Together), {"models": [...]} (Ollama, Gemini), and tell more than a name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.render.clean import one_line

_NAMES = ("id", "model", "name")
_WINDOWS = ("context_length", "context_window", "max_context_length", "max_model_len", "max_input_tokens")
"""What servers call the number of tokens that a model reads."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that a provider offers. context: tokens it reads, and tools: whether it calls them; None: not told."""

    provider: str
    name: str
    context: int | None = None
    tools: bool | None = None

    @property
    def spec(self) -> str:
        """What chooses it, behind --model."""
        return f"{self.provider}:{self.name}" if self.name else self.provider


def read(body: Any, provider: str) -> tuple[Listed, ...]:
    """Return the models in the answer, sorted, each once. Raises ValueError where it is no list of models."""
    models = {model.name: model for model in _models(_items(body), provider)}
    return tuple(models[name] for name in sorted(models))


def _items(body: Any) -> list[Any]:
    found = body
    if isinstance(body, Mapping):
        found = next((body[key] for key in ("data", "models") if isinstance(body.get(key), list)), None)
    if not isinstance(found, list):
        raise ValueError(f"a JSON {type(body).__name__} without one")
    return found


def _models(items: list[Any], provider: str) -> Iterator[Listed]:
    for item in items:
        told: Mapping[str, Any] = {"id": item} if isinstance(item, str) else item if isinstance(item, Mapping) else {}
        name = next((told[key] for key in _NAMES if isinstance(told.get(key), str)), "")
        if name := one_line(name).removeprefix("models/"):  # Gemini's are called so
            yield Listed(provider, name, _context(told), _tools(told))


def _context(told: Mapping[str, Any]) -> int | None:
    sizes = [told.get(key) for key in _WINDOWS]
    return next((size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and size > 0), None)


def _tools(told: Mapping[str, Any]) -> bool | None:
    """Return whether the model calls tools, as Fireworks, Mistral, OpenRouter or LM Studio tell it."""
    capabilities = told.get("capabilities")
    flags = capabilities if isinstance(capabilities, Mapping) else {}
    for flag in (told.get("supports_tools"), flags.get("function_calling")):
        if isinstance(flag, bool):
            return flag
    if isinstance(parameters := told.get("supported_parameters"), list):
        return "tools" in parameters
    return True if isinstance(capabilities, list) and "tool_use" in capabilities else None
