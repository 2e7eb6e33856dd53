"""What people are told of runs: runs in, lines out."""

import pytest

from chatbot.replay.runs import Run, Unmet
from chatbot.replay.telling import failure, script_line, summary, verdict
from tests.report.samples import failed, passed, repeated, wrong


@pytest.mark.parametrize(
    ("fails", "least", "said"),
    [
        ((), 1.0, "ok"),
        ((1,), 1.0, "FAIL"),
        ((1,), 0.8, "ok"),
        ((1, 2), 0.8, "FAIL"),
        ((1, 2, 3, 4, 5), 0.0, "ok"),
    ],
)
def test_enough_of_a_scripts_runs_must_pass(fails, least, said):
    assert verdict(repeated(fails=fails), least) == said


def test_a_script_that_cannot_be_run_is_wrong_whatever_the_rate():
    assert verdict([passed("a"), wrong("a")], 0.0) == "WRONG"


@pytest.mark.parametrize(
    ("runs", "least", "line"),
    [
        ([passed("a.yaml")], 1, "ok    a.yaml (1 turn, 1.75 s)"),
        ([failed("a.yaml")], 1, "FAIL  a.yaml (2 turns, 2.00 s)"),
        ([wrong("a.yaml")], 1, "WRONG a.yaml (0 turns, 0.00 s)"),
        (repeated("a.yaml", 4, (2,)), 1, "FAIL  a.yaml (3 of 4 passed (75 %, 95 % interval 30-95 %), 7.25 s)"),
        (repeated("a.yaml", 4, (2,)), 0.75, "ok    a.yaml (3 of 4 passed (75 %, 95 % interval 30-95 %), 7.25 s)"),
    ],
)
def test_a_script_has_a_line(runs, least, line):
    told = script_line(runs, least)
    seconds = sum(run.seconds for run in runs)
    assert told.rpartition(", ")[0] == line.rpartition(", ")[0]
    assert told.endswith(f", {seconds:.2f} s)")


def test_a_failure_is_told_with_its_lines_and_the_diff_behind_them():
    assert list(failure(failed("a.yaml"))) == [
        "a.yaml:",
        '  turn 2, expect.calls[0] (line 12): close_ticket {"ticket": "12345"} was expected; get_ticket '
        '{"ticket": "67890"} was called.',
        '  turn 2, expect.answer.contains (line 14): The answer does not contain "closed": "There is none."',
        "      user: Close ticket 12345.",
        '    - assistant: call function close_ticket, with arguments {"ticket": "12345"}',
        '    + assistant: call function get_ticket, with arguments {"ticket": "67890"}',
    ]


def test_each_turn_that_failed_has_a_diff_of_its_own():
    unmet = (Unmet("turn 1", "A.", 2, ("+ a",)), Unmet("turn 1", "B.", 3), Unmet("turn 2", "C.", 0, ("+ c",)))
    assert list(failure(Run("a.yaml", 3, seed=9, unmet=unmet))) == [
        "a.yaml, run 3, seed 9:",
        "  turn 1 (line 2): A.",
        "  turn 1 (line 3): B.",
        "    + a",
        "  turn 2: C.",
        "    + c",
    ]


def test_a_script_that_is_wrong_is_told_line_by_line():
    assert list(failure(wrong("a.yaml", "line 1: no.\nline 2: no."))) == ["a.yaml:", "  line 1: no.", "  line 2: no."]


@pytest.mark.parametrize(
    ("scripts", "unrun", "said"),
    [
        ([], 0, "0 passed of 0 scripts in 2.5 s."),
        ([[passed()]], 0, "1 passed of 1 script in 2.5 s."),
        ([[passed()], [failed()], [failed()], [wrong()]], 0, "1 passed, 2 failed, 1 could not be run of 4 scripts"),
        ([[passed()]], 3, "1 passed, 3 not run of 4 scripts in 2.5 s."),
        ([repeated()], 0, "0 passed, 1 failed of 1 script in 2.5 s."),
    ],
)
def test_the_last_line_counts_scripts(scripts, unrun, said):
    assert summary(scripts, 1.0, 2.5, unrun).startswith(said)
