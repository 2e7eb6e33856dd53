"""The scripts of examples/: they pass, offline and from recordings, and each of their expectations can fail."""

import sqlite3
from contextlib import closing

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from chatbot.interrupt import Interrupt
from chatbot.replay.dialogue import dialogue
from chatbot.replay.finding import task_of
from chatbot.replay.opening import Openings
from chatbot.replay.running import Job
from chatbot.replay.running import run as run_job
from chatbot.replay.runs import Step
from chatbot.replay.tasks import Task
from chatbot.report.jsonl import read_results
from chatbot.scripts.form import CallCheck, Expect, ResultCheck, Script
from chatbot.scripts.schema import SCHEMA
from chatbot.scripts.source import read_source
from chatbot.transcript.loading import load
from tests.examples.mutants import in_words, mutants
from tests.program import ROOT

EXAMPLES = ROOT / "examples"
RECORDINGS = ROOT / "tests" / "recordings"
SCRIPTS = sorted(EXAMPLES.glob("*.yaml"))
MODELINE = "# yaml-language-server: $schema="
UNSHOWN = {"max_tokens"}
"""Expectations that need a model which counts."""

every_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


def plain(path):
    """The file as YAML has it."""
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def lines(steps):
    """What was said and done, to the letter."""
    return [line.text for line in dialogue(steps)]


@pytest.fixture
def held(run, tmp_path):
    """Run all scripts as the program does; the dialogue of each."""

    def held(*flags):
        results = tmp_path / "results.jsonl"
        done = run("replay", EXAMPLES, "--report", results, *flags)
        assert (done.returncode, "10 passed of 10" in done.stdout) == (0, True), done.stdout + done.stderr
        dialogues = {result.script: lines(result.steps) for result in read_results([results])}
        results.unlink()
        return dialogues

    return held


def test_they_pass_offline_and_leave_nothing_behind(held, tmp_path):
    def there():
        with closing(sqlite3.connect(tmp_path / "support.db")) as database:
            return [*database.iterdump()], sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))

    before = there()
    assert len(held()) == 10
    assert there() == before


def test_they_pass_from_recordings_to_the_letter_each_time(held):
    recorded = {str(path): load(RECORDINGS / f"{path.stem}.jsonl").events for path in SCRIPTS}
    first = held("--model", f"playback:{RECORDINGS}")
    assert first == {script: lines([Step(event, 0.0) for event in events]) for script, events in recorded.items()}
    assert held("--model", f"playback:{RECORDINGS}") == first


@pytest.fixture
def play(monkeypatch):
    """Run a task from its script's recording."""
    monkeypatch.setenv("CHATBOT_CONFIG", "nowhere.toml")
    with closing(Openings()) as openings:
        yield lambda task: run_job(
            Job(task, flags={"model": f"playback:{RECORDINGS / task.path.stem}.jsonl"}), openings, Interrupt()
        )


@every_script
def test_each_change_of_an_expectation_makes_it_fail_with_a_diff_that_names_it(path, play):
    task = task_of(path, plays=False)
    whole = YAML().compose(path.read_text("utf-8"))
    passed = play(task)
    assert passed.passed
    survivors = []
    for mutant in mutants(plain(path), passed):
        unmet = play(Task(path, Script.model_validate(mutant.data), task.source)).unmet
        places = [(in_words(path), line_of(path, whole)) for path in mutant.named]
        named = any(one.where.startswith(where) and one.line == line for one in unmet for where, line in places)
        alone = all(one.where.startswith(in_words(mutant.key)) for one in unmet)
        shown = any(mutant.shows in line for one in unmet for line in one.diff if line.startswith(("- ", "+ ")))
        if not (named and alone and shown):
            survivors.append((places, mutant.shows, unmet))
    assert survivors == []


def line_of(path, node):
    """The line of what the path leads to, or of the nearest thing above it."""
    line = 0
    for step in path:
        if isinstance(node.value, str):
            break
        pairs = (
            enumerate(node.value) if isinstance(step, int) else ((key.value, (key, value)) for key, value in node.value)
        )
        found = next((item for name, item in pairs if name == step), None)
        if found is None:
            break
        key, node = found if isinstance(found, tuple) else (found, found)
        line = key.start_mark.line
    return line + 1


def test_there_are_ten_and_each_has_a_recording():
    assert len(SCRIPTS) == 10
    assert sorted(path.stem for path in RECORDINGS.iterdir()) == [path.stem for path in SCRIPTS]


@every_script
def test_a_script_says_what_it_shows_and_fits_the_schema_that_its_first_line_names(path):
    first, second, *_ = path.read_text("utf-8").splitlines()
    assert first.startswith(MODELINE)
    assert (EXAMPLES / first.removeprefix(MODELINE)).resolve() == SCHEMA
    assert second.startswith("# ")
    assert task_of(path, plays=False).script.description
    assert [*Draft202012Validator(YAML(typ="safe", pure=True).load(SCHEMA)).iter_errors(plain(path))] == []


@every_script
def test_a_script_is_written_as_update_would_write_it(path):
    assert read_source(path).text() == path.read_text("utf-8")


def test_together_they_show_every_kind_of_expectation():
    def keys(value):
        if isinstance(value, dict):
            yield from value
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(item)

    shown = {key for path in SCRIPTS for key in keys(plain(path))}
    known = {name for form in (Expect, CallCheck, ResultCheck) for name in form.model_fields}
    assert known - shown == UNSHOWN


def test_recordings_hold_no_key():
    for path in RECORDINGS.iterdir():
        assert '"key"' not in path.read_text("utf-8").replace('\\"', '"'), path
