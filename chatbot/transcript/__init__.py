"""Transcripts: what was said and done in every session, one file each, an event a line in the public format.

A transcript is written before anything is shown, so that whatever a person has seen is in it, however the program
ends. `Transcripts` is the folder, `Transcript` the sink, `load` reads a file.
"""

from pathlib import Path

from chatbot.transcript.folder import Transcripts
from chatbot.transcript.loading import Loaded, closed, load
from chatbot.transcript.writing import Transcript

__all__ = ["Loaded", "Transcript", "Transcripts", "closed", "kept", "load"]


def kept(data: Path) -> Transcripts:
    """Return the user's sessions, in their data folder."""
    return Transcripts(data / "sessions")
