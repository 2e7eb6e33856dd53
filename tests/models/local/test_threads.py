"""How many threads llama.cpp computes with."""

import os

import pytest

from chatbot.models.local import threads


@pytest.mark.parametrize(
    ("siblings", "quota", "count"),
    [
        (["0", "1"], "max 100000", 2),
        (["0,2", "1,3", "0,2", "1,3"], "", 2),  # four hyperthreads on two cores
        (["0,2"], "", 1),  # the process was pinned to one of them
        (["", "", ""], "", 3),  # nobody knows: each counts
        (["0", "1", "2", "3"], "250000 100000", 2),  # a container with 2.5 CPUs
        (["0", "1"], "50000 100000", 1),  # half of one
        (["0", "1"], "rubbish", 2),
        ([], "", 1),
    ],
)
def test_a_thread_runs_on_each_physical_core_that_may_be_used(siblings, quota, count):
    assert threads.chosen(siblings, quota) == count


def test_this_machine_has_at_least_one():
    assert 1 <= threads.count() <= (os.cpu_count() or 1)
