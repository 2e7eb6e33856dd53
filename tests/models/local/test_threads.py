"""How many threads llama.cpp computes with."""

import os

import pytest

from chatbot.models.local import threads


@pytest.mark.parametrize(
    ("siblings", "quota", "count"),
    [
        (["0", "1", "2"], "max 100000", 2),
        (["0,3", "1,4", "2,5", "0,3", "1,4", "2,5"], "", 2),  # six hyperthreads on three cores
        (["0,2"], "", 1),  # the process was pinned to one of them
        (["", "", ""], "", 2),  # nobody knows: each counts
        (["0", "1", "2", "3"], "350000 100000", 2),  # a container with 3.5 CPUs
        (["0", "1"], "50000 100000", 1),  # half of one
        (["0", "1", "2"], "rubbish", 2),
        ([], "", 1),
    ],
)
def test_a_thread_runs_on_each_physical_core_that_may_be_used_but_one(siblings, quota, count):
    assert threads.chosen(siblings, quota) == count


def test_this_machine_has_at_least_one():
    assert 1 <= threads.count() <= (os.cpu_count() or 1)
