"""Models of this process: the weights of a local one and what runs it, and the file of a recording."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from chatbot.doctor.finding import Finding, failed, ok, warned
from chatbot.errors import ConfigError, UsageError


def library() -> Finding:
    """Return whether a model can run in this process."""
    try:
        return ok("library", f"xllamacpp {version('xllamacpp')}")
    except PackageNotFoundError:
        error = ConfigError("A model in this process needs the package xllamacpp.")
        return failed("library", error, "pip install 'guarded-chatbot[local]'")


def weights(name: str) -> Finding:
    """Return whether the weights are here, or what names none."""
    from chatbot.models.local.weights import named

    try:
        found = named(name).present()
    except ConfigError as error:
        return failed("weights", error)
    if found is None:
        return warned("weights", "they are not here yet", f"They are fetched when it is first asked: -m local:{name}")
    return ok("weights", f"{found}, {found.stat().st_size / 1e6:.0f} MB")


def tools() -> Finding:
    """Return how a model of this process calls tools in a chat, whatever it can do by itself."""
    return ok("tools", "a grammar holds it to calls that may run (grounded decoding)")


def recording(path: Path) -> Iterator[Finding]:
    """Yield whether the file can be played."""
    from chatbot.playback import read

    try:
        read(path)
        yield ok("recording", f"{path} can be played")
    except UsageError as error:
        yield failed("recording", error)
