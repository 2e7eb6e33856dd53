"""Recordings with the whole program: kept, held again, and departed from."""

from tests.program import ROOT, events

SUPPORT = ROOT / "examples" / "support.yaml"
SAID = "My username is john_doe and my API key is: key\nIt is 12345\n"


def without_when(done):
    """The events, but for the session's name and time, and how long calls ran."""
    told = [event for event in events(done) if event["type"] not in ("session_started", "tool_returned")]
    return told, [event["result"] for event in events(done, "tool_returned")]


def test_a_recording_is_held_again_word_for_word(run, tmp_path):
    first = run("--script", SUPPORT, "--record", "kept.jsonl", "--json", "--deltas")
    again = run("--script", SUPPORT, "--model", "playback:kept.jsonl", "--json", "--deltas")
    assert (first.returncode, again.returncode) == (0, 0), again.stderr
    assert without_when(again) == without_when(first)
    assert '"key"' not in (tmp_path / "kept.jsonl").read_text()


def test_a_run_that_departs_fails_and_shows_where(run):
    run("--record", "kept.jsonl", "--plain", "--no-greeting", said=SAID)
    other = run("--model", "playback:kept.jsonl", "--plain", "--no-greeting", said=SAID.replace("12345", "99999"))
    assert other.returncode == 1
    assert other.stderr.splitlines()[1:] == [
        "chatbot: warning: --- kept.jsonl, turn 2",
        "+++ this run",
        "@@ -1 +1 @@",
        "-user: It is 12345",
        "+user: It is 99999",
        "chatbot: error: This run departs from kept.jsonl at turn 2: the user says something else.",
    ]


def test_a_run_that_ends_before_its_recording_departs_from_it_too(run):
    run("--record", "kept.jsonl", "--plain", "--no-greeting", said=SAID)
    other = run("--model", "playback:kept.jsonl", "--plain", "--no-greeting", said=SAID.splitlines()[0])
    assert other.returncode == 1
    assert other.stderr.endswith("chatbot: error: This run departs from kept.jsonl: it ends before turn 2.\n")


def test_what_is_no_recording_and_what_exists_already_is_told_in_a_line(run, tmp_path):
    (tmp_path / "notes.txt").write_text("buy milk")
    played = run("--model", "playback:notes.txt", said="Hi")
    assert (played.returncode, played.stderr.count("\n")) == (2, 1)
    assert "notes.txt" in played.stderr
    kept = run("--record", "notes.txt", said="Hi")
    assert kept.returncode == 2
    assert kept.stderr == "chatbot: The recording notes.txt exists: give another name.\n"
    assert (tmp_path / "notes.txt").read_text() == "buy milk"


def test_a_session_that_was_kept_can_be_played_as_well(run, tmp_path):
    run("--script", SUPPORT, "--plain")
    (kept,) = tmp_path.rglob("sessions/*.jsonl")
    again = run("--script", SUPPORT, "--model", f"playback:{kept}", "--plain")
    assert again.returncode == 0, again.stderr
    assert "status is Open and issue is Billing Query" in again.stdout
