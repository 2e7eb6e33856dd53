"""One script and what the command line says in, what came of running it out."""

import json
import time
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from chatbot.interrupt import Interrupt
from chatbot.replay.finding import task_of
from chatbot.replay.opening import Openings
from chatbot.replay.running import Job
from chatbot.replay.running import run as run_job
from chatbot.replay.runs import run_to_json
from tests.conversation import told
from tests.loopback import ChatServer, status, text

DESK = '''
import time
from chatbot import Context, Secret, ToolFailed, Verified, tool

SYSTEM_PROMPT = "You help."
GREETS = True

@tool
def verify(name: str, key: Secret[str]) -> Verified:
    """Verify the user by name and key."""
    return Verified(f"welcome, your key is {key}", user=name)

@tool(requires="verify")
def status(ticket: str, context: Context) -> str:
    """Get the status of a ticket."""
    return f"{ticket} of {context.user} is open, {context.fields.get('channel', 'nowhere')}"

@tool(effect="write")
def close(ticket: str) -> str:
    """Close a ticket."""
    return f"{ticket} is closed"

@tool
def wait() -> str:
    """Wait a moment."""
    time.sleep(1)
    return "waited"
'''
HEAD = "pack: ./desk.py\nmodel: offline\n"


@pytest.fixture
def held(tmp_path, monkeypatch):
    """Run a script, whose text is given without its pack and its model."""
    monkeypatch.setenv("CHATBOT_CONFIG", str(tmp_path / "nowhere.toml"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk.py").write_text(DESK)
    with closing(Openings()) as openings:

        def held(text, interrupt=None, head=HEAD, **options):
            Path("talk.yaml").write_text(head + text)
            job = Job(task_of(Path("talk.yaml"), plays=False), **options)
            return run_job(job, openings, interrupt or Interrupt())

        yield held


def events(run):
    return told([event for event in run.events if event.type != "status_changed"])


def unmet(run):
    assert run.wrong == ""
    return [(one.where, one.line, one.said) for one in run.unmet]


def test_a_run_is_all_that_happened(held):
    run = held("description: Hello.\ngreeting: false\nturns:\n  - user: Please close ticket 7.\n")
    assert (run.script, run.number, run.description, run.model, run.passed) == (
        "talk.yaml",
        1,
        "Hello.",
        "offline",
        True,
    )
    assert events(run)[-6:] == [
        "user: Please close ticket 7.",
        "assistant: ",
        'call: close {"ticket": "7"}',
        "result: denied: The user did not allow close: the script says nothing of it under approvals.",
        *events(run)[-2:-1],
        "end: done",
    ]
    assert [step.at for step in run.steps] == sorted(step.at for step in run.steps)
    assert 0 < run.steps[-1].at <= run.seconds
    assert run.seed is None


@pytest.mark.parametrize(
    ("approvals", "content"),
    [
        ("close: true", "7 is closed"),
        ("close: yes", "7 is closed"),
        ("'*': 'YES '", "7 is closed"),
        ("clo*: ask my boss\n  close: yes", "ask my boss"),
        ("close: no", "The user did not allow close"),
        ("close: false", "The user did not allow close"),
        ("other: yes", "the script says nothing of it under approvals"),
    ],
)
def test_whoever_is_asked_says_what_the_script_does(held, approvals, content):
    run = held(f"approvals:\n  {approvals}\ngreeting: false\nturns:\n  - user: Please close ticket 7.\n")
    assert next(line for line in events(run) if line.startswith("result: ")).endswith((content, f"{content}."))


def test_context_and_what_is_verified_are_what_tools_go_by(held):
    run = held(
        "context: {channel: web}\ngreeting: false\nturns:\n"
        "  - user: My name is ann and my key is k-123.\n    expect: {calls: [verify]}\n"
        "  - user: What is the status of ticket 7?\n"
        "    expect: {calls: [{tool: status, result: {equals: '7 of ann is open, web'}}]}\n"
        "expect: {never_before: {status: verify}, never_called: close}\n"
    )
    assert unmet(run) == []
    again = held("greeting: false\nturns:\n  - user: Status of ticket 7?\n    expect: {calls_include: [status]}\n")
    assert "status" not in "".join(
        line for line in events(again) if line.startswith("result: ")
    )  # nothing is left over


@pytest.mark.parametrize(
    ("greeting", "speaks", "told"),
    [
        ("", True, []),
        ("greeting: true\n", True, []),
        ("greeting: false\n", False, []),
        ("greeting: {answer: {contains: Hello}}\n", True, []),
        (
            "greeting: {answer: {contains: Ahoy}}\n",
            True,
            [("greeting.answer.contains", 3, 'the answer should be one that contains "Ahoy"')],
        ),
    ],
)
def test_the_assistant_speaks_first_where_the_script_does_not_say_no(held, greeting, speaks, told):
    run = held(f"{greeting}turns: [{{user: hi}}]\n")
    assert ("(greeting)" in events(run)) is speaks
    assert unmet(run) == told


def test_later_turns_are_not_held_behind_one_that_failed_otherwise_than_expected(held):
    turns = (
        "greeting: false\nmax_steps: 1\nturns:\n  - user: My name is ann and my key is k-123.\n"
        "    expect: {answer: {contains: nothing like it}%s}\n  - user: Are you there?\n"
    )
    run = held(turns % "")
    assert [where for where, _, _ in unmet(run)] == ["turn 1, expect.stop", "turn 1, expect.answer.contains"]
    assert not any("Are you there" in line for line in events(run))
    run = held(turns % ", stop: limit")
    assert [where for where, _, _ in unmet(run)] == ["turn 1, expect.answer.contains"]
    assert "user: Are you there?" in events(run)


def test_ctrl_c_is_pressed_where_the_script_says(held):
    run = held(
        "greeting: false\nturns:\n  - {user: Please wait a moment., interrupt_at: wait}\n"
        "  - {user: Tell me what you can do., interrupt_at: answer}\n  - user: hi\n"
    )
    assert unmet(run) == []
    assert [line for line in events(run) if line.startswith("end: ")] == ["end: interrupted"] * 2 + ["end: done"]
    late = held("greeting: false\nturns: [{user: hi, interrupt_at: close}]\n")
    assert unmet(late) == [("turn 1, expect.stop", 4, "it should end with interrupted, and ended with done")]


KEY = "s3same-open-12345"


def test_secrets_are_said_and_stand_in_nothing_that_is_kept(held, monkeypatch, tmp_path):
    monkeypatch.setenv("DESK_KEY", KEY)
    run = held(
        "secrets: {pass: DESK_KEY}\ngreeting: false\nturns:\n"
        "  - user: My name is ann and my key is ${pass}, not $${pass}.\n    expect:\n"
        "      calls: [{tool: verify, result: {contains: '•••', lacks: s3same}, failure: denied}]\n"
        "      answer: {contains: ['•••', nothing]}\n",
        record=tmp_path / "kept.jsonl",
    )
    assert [where for where, _, _ in unmet(run)] == [
        "turn 1, expect.calls[0].failure",
        "turn 1, expect.answer.contains",
    ]
    assert "user: My name is ann and my key is •••, not ${pass}." in events(run)
    assert any("welcome, your key is •••" in line for one in run.unmet for line in one.diff)
    for kept in (repr(run), json.dumps(run_to_json(run)), (tmp_path / "kept.jsonl").read_text("utf-8")):
        assert "s3same" not in kept


def test_a_secret_that_nobody_has_is_a_wrong_script(held, monkeypatch):
    monkeypatch.delenv("DESK_KEY", raising=False)
    run = held("secrets: {pass: DESK_KEY}\nturns: [{user: hi}]\n")
    assert run.wrong == "talk.yaml, line 3: the secret pass should be in the environment, as DESK_KEY."
    assert (run.steps, run.unmet, run.passed) == ((), (), False)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("pack: ./nowhere.py\nmodel: offline\n", "nowhere.py"),
        ("pack: nobody\nmodel: offline\n", "nobody"),
        ("model: playback:none.jsonl\n", "The recording none.jsonl cannot be read: No such file or directory."),
        ("model: offline\nsystem: '@none.txt'\n", "none.txt"),
    ],
)
def test_what_cannot_be_opened_makes_the_script_wrong_in_one_line(held, head, told):
    run = held("turns: [{user: hi}]\n", head=head)
    assert told in run.wrong
    assert "\n" not in run.wrong
    assert (run.steps, run.unmet) == ((), ())


def test_a_run_ends_with_its_time(held):
    run = held("greeting: false\nturns:\n  - user: Please wait a moment.\n  - user: hi\n", timeout=0.2)
    assert [where for where, _, _ in unmet(run)] == ["turn 1, expect.stop", "--timeout"]
    assert run.unmet[-1].said == "it did not come to its end within 0.2 seconds"
    assert "user: hi" not in events(run)
    assert held("greeting: false\nturns: [{user: hi}]\n", timeout=60).passed


def test_a_run_ends_with_ctrl_c(held):
    interrupt = Interrupt()
    timer = Timer(0.1, interrupt.set)
    timer.start()
    began = time.monotonic()
    run = held("greeting: false\nturns:\n  - user: Please wait a moment.\n  - user: hi\n", interrupt)
    timer.join()
    assert [where for where, _, _ in unmet(run)] == ["turn 1, expect.stop"]
    assert time.monotonic() - began < 30


def test_the_command_line_goes_over_the_script(held):
    run = held(
        "turns: [{user: hi}]\n",
        head="pack: nobody\nmodel: playback:none\n",
        flags={"model": "offline", "pack": ["none"]},
    )
    assert (run.passed, run.model, "(greeting)" in events(run)) == (True, "offline", False)


SIMULATED = (
    "greeting: false\nuser:\n  goal: the status of ticket 7\n"
    "  facts: {name: ann, key: '${pass}', ticket: '7'}\n  max_turns: 6\n  seed: 5\nsecrets: {pass: DESK_KEY}\n"
)


def test_a_model_plays_the_user_the_same_way_with_the_same_seed(held, monkeypatch):
    monkeypatch.setenv("DESK_KEY", KEY)
    first, again, other = (held(SIMULATED, number=number) for number in (1, 1, 2))
    assert (first.seed, other.seed) == (5, 6)
    assert events(first) == events(again)
    assert any(line.startswith("user: ") for line in events(first))
    assert "s3same" not in repr(first)


def test_what_a_simulated_users_turn_fails_with_is_told(held, monkeypatch):
    monkeypatch.setenv("DESK_KEY", KEY)
    run = held(SIMULATED + "expect: {max_model_calls: 0}\n")
    assert [where for where, _, _ in unmet(run)] == ["expect.max_model_calls"]


def test_where_the_model_that_plays_the_user_fails_what_was_said_by_then_is_kept(held, monkeypatch):
    monkeypatch.setenv("DESK_KEY", KEY)
    with ChatServer(
        text("What is the status of ticket 7?"), status(401, body={"error": {"message": f"no {KEY}"}})
    ) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        run = held(SIMULATED.replace("user:\n", "user:\n  model: openai:m\n"))
    assert [(where, line) for where, line, _ in unmet(run)] == [("user.model", 5)]
    assert "user: What is the status of ticket 7?" in events(run)
    assert "s3same" not in repr(run)
