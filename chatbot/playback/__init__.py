"""Recordings, and conversations that are held again from one: no network, no model, no tool runs.

`Recording` is the sink that writes one. `read` makes a `Tape` of it, or of any transcript; a `PlayedSession` holds the
conversation again, with the real packs' schemas, gates, guards and approvals, and ends with `Departed` where it comes
to differ from the tape.

recording, tape -> winding, departures -> reel -> model, tools -> session.
"""

from chatbot.playback.departures import Departed
from chatbot.playback.recording import Recording
from chatbot.playback.session import PlayedSession
from chatbot.playback.tape import Tape
from chatbot.playback.winding import read

__all__ = ["Departed", "PlayedSession", "Recording", "Tape", "read"]
