"""A recording that is played from the midst of a conversation, or that was begun there."""

from dataclasses import replace

import pytest

from chatbot.asking import Unattended
from chatbot.commands import run
from chatbot.config import load_settings
from chatbot.conversation import Conversation, Nowhere
from chatbot.interrupt import Interrupt
from chatbot.playback import PlayedSession, read
from chatbot.session import drive
from tests.playback.talk import Talk, comparable, ends


@pytest.fixture
def talk(tmp_path, monkeypatch):
    """A recording that begins with a greeting."""
    monkeypatch.setenv("CHATBOT_CONFIG", str(tmp_path / "config.toml"))
    return Talk(tmp_path, ["Hello.", "One.", "Two."], [None, "first", "second"])


def conversation(model):
    flags = {"model": model, "pack": ["none"]}
    return Conversation(flags, load_settings(flags), Unattended(), Nowhere())


def say(conversation, text):
    events = []
    drive(conversation.session.turn(text, Interrupt()), conversation, events.append)
    return ends(comparable(events))


def test_who_is_in_a_conversation_is_greeted_no_more(talk):
    other = conversation("offline")
    say(other, "hi")
    answer = run(f"/model playback:{talk.path}", lambda: other)
    assert answer.text == f"The model is scripted, played from {talk.path}."
    assert say(other, "first") == [("done", "")]


def test_a_file_may_be_in_the_home(talk, monkeypatch):
    monkeypatch.setenv("HOME", str(talk.path.parent))
    assert conversation(f"playback:~/{talk.path.name}").session.reel.tape.path == talk.path


def test_other_options_do_not_wind_it_back(talk):
    played = conversation(f"playback:{talk.path}")
    drive(played.session.greet(Interrupt()), played)
    assert say(played, "first") == [("done", "")]
    played.change(instructions="Be short.")
    assert say(played, "second") == [("done", "")]


def test_one_that_goes_on_with_a_conversation_is_not_greeted(talk):
    greeting = [replace(pack, greets=True) for pack in talk.packs]
    assert PlayedSession(read(talk.path), greeting).greets
    started, rest = talk.path.read_text().split("\n", 1)
    talk.path.write_text('{"type": "session_changed", "model": "m", "packs": []}\n' + rest)
    assert "session_started" in started
    assert not PlayedSession(read(talk.path), greeting).greets
