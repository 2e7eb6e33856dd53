import json
import os
import resource
import stat
import subprocess
import sys
from contextlib import contextmanager

import pytest

from chatbot.errors import UsageError
from chatbot.events import Notice, TextDelta, TurnEnded, TurnStarted, is_durable, to_json
from chatbot.transcript import Transcripts, closed, load
from chatbot.transcript.writing import KILLED
from chatbot.types import User
from tests.transcript.talk import GREETING, TALK, keep, started, turn

NEXT = turn("And now?", "Now it is closed.")


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def go_on(folder, *events, session="a1b2c3d4e5f6"):
    """Reopen a session and keep more events."""
    told = []
    transcripts = Transcripts(folder, told.append)
    transcript = transcripts.reopen(session)
    for event in events:
        transcript(event)
    transcript.close()
    assert told == []


def test_a_transcript_is_every_durable_event_in_the_public_format(tmp_path):
    path = keep(tmp_path / "data" / "sessions", *TALK)
    assert lines(path) == [json.loads(json.dumps(to_json(event))) for event in TALK]
    assert load(path).events == TALK
    assert load(path).problems == ()


def test_only_its_owner_can_read_it(tmp_path):
    path = keep(tmp_path / "sessions", *TALK)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_event_is_in_the_file_when_the_sink_returns(tmp_path):
    transcript = Transcripts(tmp_path).create("s1")
    for count, event in enumerate(TALK, 1):
        transcript(event)
        if count > len(GREETING) + 2:  # the user has spoken
            assert load(transcript.path).events == TALK[:count]
    transcript.close()


def test_pieces_of_an_answer_are_not_kept(tmp_path):
    path = keep(tmp_path, started(), TurnStarted(User("hi")), TextDelta("He"), TurnEnded("done"))
    assert all(map(is_durable, load(path).events))
    assert len(load(path).events) == 3


def test_a_session_in_which_nobody_said_anything_leaves_nothing_behind(tmp_path):
    path = keep(tmp_path / "sessions", started(), *GREETING)
    assert not path.parent.exists()


def test_what_could_drive_a_terminal_or_is_no_unicode_is_escaped_in_the_file(tmp_path):
    said = "\x1b[2J \u202e \ud800 \u2028 é 漢"
    path = keep(tmp_path, started(), *turn(said))
    assert "\x1b" not in path.read_text("utf-8")
    assert "é 漢" in path.read_text("utf-8")
    assert load(path).events[1] == TurnStarted(User(said))


def test_a_session_goes_on_in_the_same_file(tmp_path):
    path = keep(tmp_path, *TALK)
    go_on(tmp_path, Notice("info", "again"), *NEXT)
    assert load(path).events == (*TALK, Notice("info", "again"), *NEXT)


def test_reopening_alone_changes_nothing(tmp_path):
    path = keep(tmp_path, *TALK)
    before = path.read_bytes()
    go_on(tmp_path, Notice("info", "again"))
    assert path.read_bytes() == before


def test_a_file_that_was_cut_at_any_byte_is_mended_and_goes_on(tmp_path):
    talk = (started(), *turn("é?", "Yes."), TurnStarted(User("Sure?")))
    path = keep(tmp_path, *talk)
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        count = whole[:cut].count(b"\n")
        assert load(path).events == talk[:count]

        go_on(tmp_path, *NEXT)

        was_open = len(list(closed(talk[:count]))) > count
        end = (TurnEnded("interrupted", KILLED),) if was_open else ()
        loaded = load(path)
        assert (loaded.events, loaded.problems) == ((*talk[:count], *end, *NEXT), ())
        torn = path.with_suffix(".torn")
        rest = whole[:cut].rpartition(b"\n")[2]
        assert (torn.read_bytes() if torn.exists() else b"") == (rest + b"\n" if rest else b"")
        torn.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "end", [b"\0" * 4096, b"\0" * 10 + b"\n" + b"\0" * 10, b"\xff\xfe\n\xff", b'{"type": "turn_', b"[1]\n", b"\n\n"]
)
def test_an_end_that_is_no_line_of_ours_is_set_aside(tmp_path, end):
    path = keep(tmp_path, *TALK)
    with path.open("ab") as file:
        file.write(end)
    assert load(path).events == TALK
    assert load(path).problems == (f"{path.name}: its end is torn and was left out.",)

    go_on(tmp_path, *NEXT)
    go_on(tmp_path, *NEXT)

    assert load(path).events == (*TALK, *NEXT, *NEXT)
    assert load(path).problems == ()
    assert path.with_suffix(".torn").read_bytes() == end + b"\n"
    assert stat.S_IMODE(path.with_suffix(".torn").stat().st_mode) == 0o600


def test_a_broken_line_in_the_middle_is_told_and_left_out(tmp_path):
    path = keep(tmp_path, *TALK)
    kept = path.read_bytes().splitlines(keepends=True)
    kept[1] = b"\0\xff" + kept[1][2:]
    kept[3] = b'{"type": "replied"}\n'
    kept[4:4] = [b'{"type": "mood_changed"}\n', b"[" * 100_000 + b"\n"]
    path.write_bytes(b"".join(kept))
    loaded = load(path)
    assert loaded.events == (TALK[0], TALK[2], *TALK[4:])
    assert loaded.problems == tuple(f"{path.name}, line {n}, is broken and was left out." for n in (2, 4, 6))


def test_a_newer_format_is_read(tmp_path):
    path = keep(tmp_path, started(format=2), *TALK[1:])
    assert load(path).events[1:] == TALK[1:]


def test_two_cannot_write_the_same_session(tmp_path):
    path = keep(tmp_path, *TALK)
    first = Transcripts(tmp_path).reopen("a1b2c3d4e5f6")
    with pytest.raises(UsageError, match=r"^The session a1b2c3d4e5f6 is open elsewhere: leave it there first\.$"):
        Transcripts(tmp_path).reopen("a1b2c3d4e5f6")
    first.close()
    go_on(tmp_path, *NEXT)
    assert load(path).events == (*TALK, *NEXT)


def test_a_new_session_is_locked_too_and_a_killed_process_holds_no_lock(tmp_path):
    program = (
        "import sys; from pathlib import Path; from tests.transcript.talk import TALK\n"
        "from chatbot.transcript import Transcripts\n"
        "transcript = Transcripts(Path(sys.argv[1])).create('a1b2')\n"
        "for event in TALK: transcript(event)\n"
        "print('kept', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"kept\n"
        with pytest.raises(UsageError, match="open elsewhere"):
            Transcripts(tmp_path).reopen("a1b2")
        child.kill()
    go_on(tmp_path, *NEXT, session="a1b2")


def test_one_process_can_leave_a_session_and_come_back(tmp_path):
    transcripts = Transcripts(tmp_path)
    old = transcripts.create("old1")
    for event in (started("old1"), *NEXT):
        old(event)
    transcripts.create("new1")
    again = transcripts.reopen("old1")
    assert transcripts.reopen("old1") is again
    again.close()


@contextmanager
def room_for(size):
    """A disk that is full as soon as a file has that size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_once_and_leaves_whole_lines(tmp_path):
    told = []
    transcript = Transcripts(tmp_path, told.append).create("s1")
    for event in (started(), *turn("hi")):
        transcript(event)
    size = transcript.path.stat().st_size
    with room_for(size + 30):
        for event in NEXT:
            transcript(event)
    assert told == [Notice("warning", f"From here on this session is not kept: {transcript.path}: File too large.")]
    assert transcript.path.stat().st_size == size


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path):
    told = []
    (tmp_path / "file").write_text("not a folder")
    transcript = Transcripts(tmp_path / "file" / "sessions", told.append).create("s1")
    for event in TALK:
        transcript(event)
    assert [event.level for event in told] == ["warning"]
    assert "is not kept" in told[0].text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_session_that_cannot_be_written_goes_on_unkept(tmp_path):
    told = []
    path = keep(tmp_path, *TALK)
    path.chmod(0o400)
    transcript = Transcripts(tmp_path, told.append).reopen("last")
    for event in NEXT:
        transcript(event)
    assert [event.level for event in told] == ["warning"]
    assert load(path).events == TALK
