import os
from datetime import UTC, datetime, timedelta, timezone

import pytest

from chatbot.errors import UsageError
from chatbot.transcript import Transcripts
from chatbot.transcript.summary import summary, when
from tests.transcript.talk import TALK, keep, started, turn

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def kept(tmp_path):
    """Three sessions; the oldest was spoken in last."""
    for age, session in [(0, "a1b2c3d4e5f6"), (2, "a1ffffffffff"), (1, "beefbeefbeef")]:
        path = keep(tmp_path, *TALK, session=session)
        os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))
    return Transcripts(tmp_path)


def test_files_sort_by_time_and_tell_the_session(tmp_path):
    path = keep(tmp_path, *TALK)
    assert datetime.strptime(path.name, "%Y%m%dT%H%M%SZ-a1b2c3d4e5f6.jsonl").year >= 2026


def test_ids_come_in_the_order_in_which_something_was_last_said(kept):
    assert kept.ids() == ["a1b2c3d4e5f6", "beefbeefbeef", "a1ffffffffff"]


@pytest.mark.parametrize(
    ("given", "found"),
    [("a1b", "a1b2c3d4e5f6"), ("b", "beefbeefbeef"), ("a1ffffffffff", "a1ffffffffff"), ("last", "a1b2c3d4e5f6")],
)
def test_a_session_is_found_by_the_beginning_of_its_id(kept, given, found):
    assert kept.locate(given).name.endswith(f"-{found}.jsonl")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("a1", "More than one session begins with a1: a1b2c3d4e5f6, a1ffffffffff."),
        ("c", "There is no session 'c'. The latest: a1b2c3d4e5f6, beefbeefbeef, a1ffffffffff."),
        ("", "There is no session ''. The latest: a1b2c3d4e5f6, beefbeefbeef, a1ffffffffff."),
        ("../a1", "There is no session '../a1'. The latest: a1b2c3d4e5f6, beefbeefbeef, a1ffffffffff."),
    ],
)
def test_what_is_not_one_session_is_told_with_what_there_is(kept, given, says):
    with pytest.raises(UsageError) as error:
        kept.find(given)
    assert str(error.value) == says


def test_of_many_sessions_a_few_are_told(tmp_path):
    for number in range(7):
        keep(tmp_path, *TALK, session=f"a{number}")
    with pytest.raises(UsageError, match=r"begins with a: (a\d, ){5}\.\.\.\.$"):
        Transcripts(tmp_path).find("a")


def test_where_nothing_is_kept_nothing_is_found(tmp_path):
    assert Transcripts(tmp_path / "none").ids() == []
    with pytest.raises(UsageError, match=r"^No session is kept yet\.$"):
        Transcripts(tmp_path / "none").find("last")


def test_an_id_may_begin_another(tmp_path):
    for session in ("a1", "a12"):
        keep(tmp_path, *TALK, session=session)
    assert Transcripts(tmp_path).locate("a1").name.endswith("-a1.jsonl")


def test_a_deleted_session_is_gone_with_what_was_set_aside_of_it(tmp_path):
    path = keep(tmp_path, *TALK)
    path.with_suffix(".torn").write_bytes(b"half")
    Transcripts(tmp_path).delete(path)
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_is_open_elsewhere_is_not_deleted(tmp_path):
    path = keep(tmp_path, *TALK)
    transcript = Transcripts(tmp_path).reopen("last")
    with pytest.raises(UsageError, match="is open elsewhere"):
        Transcripts(tmp_path).delete(path)
    transcript.close()
    assert path.exists()


def test_a_summary_tells_what_a_session_was(tmp_path):
    path = keep(tmp_path, *TALK, *turn("And now?", "Closed."))
    found = summary(path)
    assert (found.session, found.model, found.packs, found.turns) == (
        "a1b2c3d4e5f6",
        "scripted",
        ("support", "weather"),
        2,
    )
    assert found.said == "Größe of ticket 12345?\nIn one line."
    assert found.started == started().time
    assert abs(found.ended.timestamp() - path.stat().st_mtime) < 0.001


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=2, minutes=5), "2 h ago"),
        (timedelta(hours=14, minutes=31), "yesterday 23:59"),
        (timedelta(days=2), "2026-11-19 14:30"),
        (-timedelta(minutes=1), "2026-11-21 14:31"),
    ],
)
def test_a_moment_is_told_in_local_time_and_today_relative_to_now(ago, shown):
    assert when((NOW - ago).astimezone(UTC), NOW) == shown
