"""--update: a script and what happened in, the script that expects just that out."""

from contextlib import closing
from pathlib import Path

import pytest

from chatbot.errors import UsageError
from chatbot.interrupt import Interrupt
from chatbot.replay.finding import task_of
from chatbot.replay.opening import Openings
from chatbot.replay.running import Job
from chatbot.replay.running import run as run_job
from chatbot.replay.runs import Run
from chatbot.replay.updating import update

PACK = '''
from chatbot import tool

@tool
def status(ticket: str) -> str:
    """Get the status of a ticket."""
    return f"{ticket} is open"
'''
HEAD = "# A talk.\npack: ./desk.py\nmodel: offline  # needs no key\n"
OPEN = "What is the status of ticket 7?"


@pytest.fixture
def updated(tmp_path, monkeypatch):
    """Run a script, write what happened into it; what is told, and whether it passes now."""
    monkeypatch.setenv("CHATBOT_CONFIG", str(tmp_path / "nowhere.toml"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.py").write_text(PACK)
    with closing(Openings()) as openings:

        def updated(name="talk.yaml", **flags):
            job = Job(task_of(Path(name), plays=False), flags=flags)
            said = update(job, run_job(job, openings, Interrupt()))
            return said, run_job(Job(task_of(Path(name), plays=False), flags=flags), openings, Interrupt()).passed

        yield updated


def write(text, name="talk.yaml"):
    Path(name).write_text(HEAD + text, "utf-8")


def written(name="talk.yaml"):
    return Path(name).read_text("utf-8").removeprefix(HEAD)


CALLED = """\
    expect:
      calls:
        - tool: status
          arguments:
            ticket: '7'
"""


def test_a_turn_without_expectations_gets_them(updated):
    write(f"turns:\n  - user: {OPEN}  # the first\n\n  # and the last\n  - user: Thank you.\n# the end\n")
    assert updated() == (
        "talk.yaml has new expectations: turn 1; turn 2. Look at them before you keep them.",
        True,
    )
    assert written() == (
        f"turns:\n  - user: {OPEN}  # the first\n{CALLED}      answer:\n"
        "        equals: 7 is open. Is there anything else I can help you with?\n\n  # and the last\n"
        "  - user: Thank you.\n    expect:\n      calls: []\n      answer:\n"
        "        equals: You're welcome! Just ask if there is anything else. Have a great day, and good-bye!\n"
        "# the end\n"
    )


def test_of_other_expectations_those_change_that_did_not_hold(updated):
    write(
        f"turns:\n  - user: {OPEN}\n    expect:  # of this turn\n      calls: []  # none\n"
        "      answer: {contains: open}  # this holds\n      max_model_calls: 1\n      never_called: nobody\n"
    )
    assert updated() == (
        "talk.yaml has new expectations: turn 1, calls; turn 1, max_model_calls. Look at them before you keep them.",
        True,
    )
    assert written() == (
        f"turns:\n  - user: {OPEN}\n    expect:  # of this turn\n      calls:     # none\n        - tool: status\n"
        "          arguments:\n            ticket: '7'\n"
        "      answer: {contains: open}  # this holds\n      max_model_calls: 2\n      never_called: nobody\n"
    )


@pytest.mark.parametrize(
    ("expect", "after"),
    [
        ("{answer: {contains: closed, lacks: x}}", "equals: 7 is open. Is there anything else I can help you with?"),
        ("{stop: limit, calls: [status]}", "expect: {stop: done, calls: [status]}"),
        ("{calls_include: [{tool: status, failure: denied}]}", "calls_include: "),
        ("{calls_in_any_order: [status, status]}", "calls_in_any_order: "),
        ("{calls: [{tool: status, result: {contains: closed}}]}", "ticket: '7'"),
    ],
)
def test_each_kind_of_expectation_becomes_what_happened(updated, expect, after):
    write(f"turns:\n  - user: {OPEN}\n    expect: {expect}\n")
    assert updated()[1]
    assert after in written()
    before = written()
    assert updated() == ("talk.yaml is as it was.", True)
    assert written() == before


def test_what_is_expected_of_the_greeting_and_of_the_whole_conversation_changes_too(updated, tmp_path):
    (tmp_path / "desk.py").write_text(f"GREETS = True\n{PACK}")
    write(
        f"greeting:\n  answer: {{contains: Good morning}}\nturns:\n  - user: {OPEN}\n    expect: {{calls: [status]}}\n"
        "expect:\n  calls: []  # not one\n  max_model_calls: 1\n"
    )
    assert updated() == (
        "talk.yaml has new expectations: the greeting, answer; the whole conversation, calls; the whole conversation, "
        "max_model_calls. Look at them before you keep them.",
        True,
    )
    assert "greeting:\n  answer:\n    equals: 'Hello! " in written()
    assert written().endswith(
        "expect:\n  calls:     # not one\n    - tool: status\n      arguments:\n        ticket: '7'\n"
        "  max_model_calls: 3\n"
    )


def test_what_is_forbidden_stays_forbidden(updated):
    text = f"turns:\n  - user: {OPEN}\n    expect: {{never_called: status, never_before: {{status: verify}}}}\n"
    write(text)
    assert updated() == ("talk.yaml is as it was.", False)
    assert written() == text


def test_an_expectation_that_turns_share_changes_only_where_it_did_not_hold(updated):
    write(f"turns:\n  - user: Thank you.\n    expect: &none {{calls: []}}\n  - user: {OPEN}\n    expect: *none\n")
    assert updated() == (
        "talk.yaml has new expectations: turn 2, calls. Look at them before you keep them.",
        True,
    )
    assert written().startswith(f"turns:\n  - user: Thank you.\n    expect: {{calls: []}}\n  - user: {OPEN}\n")


def test_what_was_not_reached_gets_nothing(updated):
    write(f"max_steps: 1\nturns:\n  - user: {OPEN}\n    expect: {{calls: [status]}}\n  - user: bye\n")
    said, _ = updated()
    assert said == "talk.yaml has new expectations: turn 1, stop. Look at them before you keep them."
    assert written().endswith("expect: {calls: [status], stop: limit}\n  - user: bye\n")


def test_a_text_gets_a_script_beside_it_with_its_own_words(updated):
    Path("talk.txt").write_text(f"{OPEN}\nIt costs ${{7}}\n  or so.\n")
    flags = {"pack": ["./desk.py"], "model": "offline"}
    assert updated("talk.txt", **flags) == ("talk.yaml is new. Look at it before you keep it.", True)
    assert written().startswith(f"pack:\n  - desk\ngreeting: false\nturns:\n  - user: {OPEN}\n{CALLED}")
    assert "  - user: |-\n      It costs $${7}\n      or so.\n" in written()
    assert updated("talk.txt", **flags)[0] == "talk.txt is as it was: talk.yaml exists."


def test_secrets_stay_what_they_are_called(updated, monkeypatch):
    monkeypatch.setenv("DESK_KEY", "s3same-open-12345")
    write("secrets: {key: DESK_KEY}\nturns:\n  - user: Status of ticket ${key}?\n")
    assert updated()[1]
    assert "user: Status of ticket ${key}?\n" in written()
    assert "s3same" not in written()


def test_what_drives_a_terminal_is_written_as_an_escape(updated):
    write('turns:\n  - user: "What is the status of ticket \\e[31m7\\u202e?"\n')
    _, passes = updated()
    assert passes
    assert "\x1b" not in written()
    assert "\u202e" not in written()


def test_line_ends_stay_what_they_are(updated):
    Path("talk.yaml").write_bytes(f"{HEAD}turns:\n  - user: hi\n".replace("\n", "\r\n").encode())
    assert updated()[1]
    data = Path("talk.yaml").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") > 4


def test_a_script_that_could_not_be_run_is_left_alone(updated):
    write("turns: [{user: hi}]\n")
    job = Job(task_of(Path("talk.yaml"), plays=False))
    assert update(job, Run("talk.yaml", wrong="No.")) == "talk.yaml is as it was: it could not be run."


def test_a_script_that_cannot_be_written_is_told(updated, monkeypatch):
    write("turns: [{user: hi}]\n")
    job = Job(task_of(Path("talk.yaml"), plays=False))
    with closing(Openings()) as openings:
        run = run_job(job, openings, Interrupt())
    Path("talk.yaml").unlink()
    Path("talk.yaml").mkdir()
    with pytest.raises(UsageError, match=r"^The script talk.yaml cannot be written: Is a directory\.$"):
        update(job, run)
