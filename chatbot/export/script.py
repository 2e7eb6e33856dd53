"""A session as a test script: the user's turns, and that the same calls are expected of the next time."""

from chatbot.masking import MASK
from chatbot.render.clean import clean, one_line
from chatbot.scripts.derived import script_of
from chatbot.scripts.source import as_yaml
from chatbot.transcript.loading import Loaded, closed

SECRETS = f"# Where {MASK} stood, a secret was said: give it in the environment, as it is named here."


def as_script(loaded: Loaded) -> str:
    """Return a YAML script for `chatbot replay`; what was masked is asked of the environment."""
    data = script_of(closed(loaded.events), loaded.packs)
    lines = [f"# Session {one_line(loaded.session)}, {one_line(loaded.started)}, {one_line(loaded.model)}"]
    lines += [SECRETS] if "secrets" in data else []
    return "\n".join([*lines, clean(as_yaml(data))])
