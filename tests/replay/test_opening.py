"""What runs share."""

from contextlib import closing
from threading import Event, Thread

from chatbot.config import load_settings
from chatbot.replay.answers import ScriptedUser
from chatbot.replay.opening import Openings
from tests.program import ROOT

NOBODY = ScriptedUser({}, {})


def test_recorded_conversations_are_held_one_after_the_other():
    settings = load_settings({"pack": ["support"], "model": f"playback:{ROOT}/tests/recordings/support.jsonl"}, {})
    opened = Event()

    def second():
        with openings.session(settings, NOBODY, None):
            opened.set()

    with closing(Openings()) as openings:
        thread = Thread(target=second)
        with openings.session(settings, NOBODY, None):
            thread.start()
            assert not opened.wait(0.1)
        assert opened.wait(20)
        thread.join()
