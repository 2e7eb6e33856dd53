"""Pass rates, and how sure they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.replay.rates import Rate, rate, repeats
from chatbot.replay.runs import Run, Unmet

UNMET = (Unmet("turn 1", "Something else happened."),)


@st.composite
def some_rates(draw):
    runs = draw(st.integers(1, 10_000))
    return Rate(draw(st.integers(0, runs)), runs)


@pytest.mark.parametrize(
    ("passed", "runs", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_the_literature(passed, runs, low, high):
    """Robert G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    assert Rate(passed, runs).interval() == pytest.approx((low, high), abs=0.00005)


@given(some_rates(), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_the_interval_holds_the_share_and_lies_between_none_and_all(rate, confidence):
    low, high = rate.interval(confidence)
    assert 0 <= low <= rate.share <= high <= 1
    assert low < high


@given(some_rates())
def test_more_runs_make_it_narrower_and_more_confidence_wider(rate):
    low, high = rate.interval()
    less, more = Rate(rate.passed * 10, rate.runs * 10).interval()
    assert more - less < high - low
    least, most = rate.interval(0.99)
    assert most - least > high - low


@given(some_rates())
def test_passing_and_failing_mirror_each_other(rate):
    low, high = rate.interval()
    assert Rate(rate.runs - rate.passed, rate.runs).interval() == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (Rate(17, 20), "17 of 20 passed (85 %, 95 % interval 64-95 %)"),
        (Rate(1, 1), "1 of 1 passed (100 %, 95 % interval 21-100 %)"),
        (Rate(0, 0), "0 of 0 passed (0 %, 95 % interval 0-100 %)"),
    ],
)
def test_a_rate_is_told_in_a_line(rate, told):
    assert rate.told == told


def test_a_run_passes_or_does_not():
    assert rate([Run("b"), Run("b", 2, unmet=UNMET), Run("b", 3, wrong="No turns."), Run("b", 4)]) == Rate(2, 4)
    assert rate([]) == Rate(0, 0)


def test_only_the_runs_of_a_script_that_is_repeated_are_numbered():
    runs = [Run("b", 3), Run("a"), Run("b", 2)]  # the first was never finished
    assert repeats(runs) == [" (3 of 3)", "", " (2 of 3)"]
