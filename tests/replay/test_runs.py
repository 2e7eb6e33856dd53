"""Runs as values, and as lines of a result file."""

import json
from typing import get_args

import pytest

from chatbot.events import Event, TurnEnded
from chatbot.replay.runs import Run, Step, Unmet, by_script, run_from_json, run_to_json
from tests.report.samples import failed, hostile, passed, wrong
from tests.transcript.test_reading import EVENTS

EVERYTHING = Run(
    "examples/a.yaml",
    3,
    "Every kind of event",
    "2026-11-21T07:15:00+00:00",
    2.5,
    7,
    tuple(Step(event, number / 8) for number, event in enumerate(EVENTS)),
    (Unmet("turn 1", "Something else happened.", 4, ("- a", "+ b")), Unmet("turn 2", "Nothing happened.")),
    "It was no script.",
)
RUNS = [EVERYTHING, Run("a.txt"), passed(), failed(), wrong(), hostile()]
LINE = run_to_json(passed())


def test_every_kind_of_event_is_among_these():
    assert {type(event) for event in EVERYTHING.events} == set(get_args(Event))


@pytest.mark.parametrize("run", RUNS, ids=["everything", "nothing", "passed", "failed", "wrong", "hostile"])
def test_what_was_written_is_read_back(run):
    assert run_from_json(json.loads(json.dumps(run_to_json(run)))) == run


def test_the_public_format_is_what_it_was_at_the_first_release():
    run = Run("a.yaml", steps=(Step(TurnEnded("done"), 0.25),), unmet=(Unmet("turn 1", "No.", 4, ("- a",)),))
    assert json.dumps(run_to_json(run)) == (
        '{"type": "replayed", "format": 1, "script": "a.yaml", "number": 1, "description": "", "passed": false, '
        '"began": "", "seconds": 0.0, "seed": null, "wrong": "", '
        '"unmet": [{"where": "turn 1", "said": "No.", "line": 4, "diff": ["- a"]}], '
        '"steps": [{"type": "turn_ended", "stop": "done", "detail": "", "at": 0.25}]}'
    )


def test_what_a_newer_version_adds_is_skipped():
    steps = [*LINE["steps"], {"type": "mood_changed", "at": 9.0}]
    assert run_from_json({**LINE, "mood": "good", "steps": steps}) == passed()


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "turn_ended"},
        {"script": None, "steps": None},
        {"number": "first"},
        {"seconds": []},
        {"steps": [{"type": "turn_ended", "stop": "done"}]},
        {"steps": [{"type": "turn_started", "at": 0}]},
        {"steps": ["turn_ended"]},
        {"unmet": [{"where": "turn 1"}]},
        {"unmet": 5},
        {"unmet": [{"where": "turn 1", "said": "No.", "line": 1, "diff": "- a"}]},
        {"script": None},
        {"number": 1.5},
        {"number": True},
        {"seconds": "2"},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seed": "7"},
        {"wrong": ["No."]},
    ],
    ids=json.dumps,
)
def test_a_broken_line_is_no_run(broken):
    with pytest.raises(ValueError, match=r"line of a result file|lacks"):
        run_from_json({**LINE, **broken})


def test_numbers_that_are_too_large_for_seconds_are_no_run():
    for broken in ({"seconds": 10**400}, {"steps": [{"type": "turn_ended", "stop": "done", "at": 10**400}]}):
        with pytest.raises(ValueError, match="this line of a result file is broken: OverflowError"):
            run_from_json({**LINE, **broken})
    assert run_from_json({**LINE, "seconds": 2}).seconds == 2.0


@pytest.mark.parametrize("missing", sorted(set(LINE) - {"format", "passed"}))
def test_a_line_without_one_of_its_fields_is_no_run(missing):
    with pytest.raises(ValueError, match=r"no line of a result file|is broken: KeyError"):
        run_from_json({name: value for name, value in LINE.items() if name != missing})


def test_what_a_run_tells_of_itself():
    run = passed()
    assert run.passed
    assert not failed().passed
    assert not wrong().passed
    assert (run.model, wrong().model) == ("scripted", "")
    assert (run.tally.turns, run.tally.calls, run.tally.tokens) == (1, 1, 2099)


def test_scripts_come_in_the_order_in_which_they_ran():
    runs = [Run("b"), Run("a"), Run("b", 2), Run("c"), Run("b", 3)]
    assert list(by_script(runs).items()) == [("b", [runs[0], runs[2], runs[4]]), ("a", [runs[1]]), ("c", [runs[3]])]


def test_a_place_is_told_with_its_line_where_that_is_known():
    assert Unmet("turn 2, expect.stop", "said", 7).place == "turn 2, expect.stop (line 7)"
    assert Unmet("--timeout", "said").place == "--timeout"
