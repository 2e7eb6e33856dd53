"""What stands in a recording, and what does not; and files that are none."""

import os
import stat
from pathlib import Path

import pytest

from chatbot.errors import ModelError, UsageError
from chatbot.events import Notice, SessionStarted, TurnStarted, to_json
from chatbot.interrupt import Interrupt
from chatbot.playback import PlayedSession, Recording, read
from chatbot.session import drive
from chatbot.types import User
from tests.conversation import calling
from tests.playback.talk import KEY, Talk, ends, lines

STARTED = SessionStarted("a1b2", "scripted", (), "2026-01-01T00:00:00+00:00")


def test_every_event_is_in_it_and_whom_a_call_verified(tmp_path):
    talk = Talk(tmp_path, ["Hello you.", calling(("sign_in", {"key": KEY})), "In."], [None, f"my key is {KEY}"])
    verified = {"type": "verified", "call_id": "call_1", "name": "sign_in", "user": "jane"}
    assert [line for line in lines(talk.path) if line != verified] == [to_json(event) for event in talk.events]
    assert lines(talk.path).count(verified) == 1
    assert KEY not in talk.path.read_text("utf-8")


def test_a_user_whose_name_is_secret_is_verified_masked(tmp_path):
    recording = Recording(tmp_path / "r.jsonl", print)
    recording.mask.learn("jane-the-secret")
    recording._verified("call_1", "sign_in", "jane-the-secret")
    recording.close()
    assert lines(recording.path) == [{"type": "verified", "call_id": "call_1", "name": "sign_in", "user": "•••"}]


def test_it_is_the_users_alone_and_every_line_is_there_at_once(tmp_path):
    recording = Recording(tmp_path / "r.jsonl", print)
    recording(STARTED)
    assert stat.S_IMODE(recording.path.stat().st_mode) == 0o600
    assert lines(recording.path) == [to_json(STARTED)]
    recording.close()


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"r\.jsonl exists: give another name\.$"):
        Recording(path, print)
    assert path.read_text() == "mine"


def test_a_place_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere/r\.jsonl cannot be written: No such file or directory\.$"):
        Recording(tmp_path / "nowhere" / "r.jsonl", print)


def test_it_holds_one_conversation(tmp_path):
    told = []
    recording = Recording(tmp_path / "r.jsonl", told.append)
    for event in (STARTED, TurnStarted(User("hi")), STARTED, TurnStarted(User("again"))):
        recording(event)
    why = "it holds one conversation, and another one begins"
    assert told == [Notice("warning", f"From here on nothing is recorded: {recording.path}: {why}.")]
    assert lines(recording.path) == [to_json(STARTED), to_json(TurnStarted(User("hi")))]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_told_once_and_the_chat_goes_on(tmp_path):
    told = []
    recording = Recording(tmp_path / "r.jsonl", told.append)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, recording._file)
    os.close(full)
    recording(STARTED)
    recording(TurnStarted(None))
    why = "No space left on device"
    assert told == [Notice("warning", f"From here on nothing is recorded: {recording.path}: {why}.")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The recording {} is empty: nothing was recorded."),
        (b"user: hi\nassistant: hello\n", "{} is no recording, nor a transcript: no event of a conversation is in it."),
        (b'{"type": "other"}\n', "{} is no recording, nor a transcript: no event of a conversation is in it."),
        (b'{"type": "turn_started", "message": null}\noops\n{"type": "x"}\n', "{}, line 2, is no line of a recording."),
        (b'{"type": "verified", "user": 5}\n', "{}, line 1, is no line of a recording."),
        (b"\xff\xfe\x00", "{} is no recording, nor a transcript: no event of a conversation is in it."),
        (None, "The recording {} cannot be read: No such file or directory."),
    ],
    ids=["empty", "text", "other JSON", "broken inside", "broken extra line", "binary", "missing"],
)
def test_a_file_that_is_none(data, why, tmp_path):
    path = tmp_path / "file"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError) as raised:
        read(path)
    assert str(raised.value) == why.format(path)


def test_lines_of_a_newer_version_are_skipped(tmp_path):
    talk = Talk(tmp_path, ["Hello."], ["hi"])
    whole = ends(talk.play())
    newer = b'{"type": "mood", "of": "the user"}\n'
    data = talk.path.read_bytes().replace(b'"format": 1', b'"format": 2', 1)
    talk.path.write_bytes(newer + data.replace(b"\n", b"\n" + newer))
    assert ends(talk.play()) == whole == [("done", "")]


def test_wherever_it_is_torn_what_is_whole_can_be_played(tmp_path):
    replies = ["Hello you", calling(("sign_in", {"key": KEY}), ("mine", {})), "Yours is é.", ModelError("It is down.")]
    talk = Talk(tmp_path, replies, [None, f"my key is {KEY}", "and?"])
    data = talk.path.read_bytes()
    begin = data.index(b'{"type": "turn_started"')
    for end in range(begin, len(data), 23):
        talk.path.write_bytes(data[:end])
        tape = read(talk.path)
        session = PlayedSession(tape, talk.packs)
        for turn in tape.turns:
            steps = session.turn(turn.said.text, Interrupt()) if turn.said else session.greet(Interrupt())
            assert drive(steps).stop == turn.stop, data[:end][-200:]


def test_a_model_that_was_changed_later_bears_its_first_name(tmp_path):
    talk = Talk(tmp_path, ["Hello."], ["hi"])
    changed = b'{"type": "session_changed", "model": "other", "packs": []}\n'
    talk.path.write_bytes(talk.path.read_bytes() + changed)
    assert read(talk.path).model == "scripted"
