"""Many runs side by side: jobs in, runs out, in their order."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest

from chatbot.interrupt import Interrupt
from chatbot.replay.running import Job
from chatbot.replay.scheduling import run_all
from chatbot.replay.tasks import Task
from chatbot.scripts.form import Script

PACK = '''
import threading
from chatbot import tool

WAITING = threading.{waiting}
@tool
def meet() -> str:
    """Meet somebody."""
    WAITING.wait(20)
    return "met"
'''
MEET = {"user": "Please meet somebody.", "expect": {"calls": [{"tool": "meet", "failure": "none"}]}}
FAILS = {"user": "hi", "expect": {"answer": {"contains": "nobody says this"}}}


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Make a job of turns; its pack has one tool, which waits for something."""
    monkeypatch.setenv("CHATBOT_CONFIG", str(tmp_path / "nowhere.toml"))

    def job(name, *turns, waiting="Barrier(3)"):
        path = tmp_path / "pack.py"
        path.write_text(PACK.format(waiting=waiting))
        script = Script.model_validate({"pack": str(path), "model": "offline", "turns": turns})
        return Job(Task(tmp_path / f"{name}.yaml", script))

    return job


def names(runs):
    return [run.script.rpartition("/")[2].removesuffix(".yaml") for run in runs]


@contextmanager
def nothing_left():
    """No thread that runs scripts; a tool that waits for ever may still do so, in one that was given up."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("replay")] == []


def test_runs_go_on_at_the_same_time_and_come_back_in_order(job):
    done = []
    with nothing_left():
        runs = run_all([job(name, MEET) for name in "abc"], 3, Interrupt(), done.append)
    assert names(runs) == ["a", "b", "c"]
    assert all(run.passed for run in runs), runs[0].unmet  # none could have met alone
    assert sorted(names(done)) == ["a", "b", "c"]


def test_one_worker_runs_one_after_the_other(job):
    done = []
    runs = run_all([replace(job("a", {"user": "hi"}), number=n) for n in (1, 2, 3)], 1, Interrupt(), done.append)
    assert [run.number for run in runs] == [run.number for run in done] == [1, 2, 3]
    assert all(run.passed for run in runs)


def test_each_is_told_in_the_thread_that_asked(job):
    threads = set()
    run_all(
        [job(name, {"user": "hi"}) for name in "ab"], 2, Interrupt(), lambda run: threads.add(threading.get_ident())
    )
    assert threads == {threading.get_ident()}


def test_the_first_failure_ends_all_where_that_is_wanted(job):
    jobs = [job("bad", FAILS, waiting="Event()"), *(job(name, MEET, waiting="Event()") for name in "abc")]
    interrupt = Interrupt()
    runs = run_all(jobs, 2, interrupt, lambda run: None, fail_fast=True)  # and meet would wait for ever
    assert (names(runs), runs[0].passed) == (["bad"], False)
    assert not interrupt.is_set  # nobody pressed Ctrl-C


def test_other_failures_end_nothing(job):
    runs = run_all([job(name, FAILS) for name in "ab"], 1, Interrupt(), lambda run: None)
    assert (names(runs), [run.passed for run in runs]) == (["a", "b"], [False, False])


def test_an_interrupt_ends_all_and_what_has_ended_is_kept(job):
    interrupt = Interrupt()
    waiting = "Event()"
    jobs = [job("a", {"user": "hi"}, waiting=waiting), job("b", MEET, waiting=waiting), job("c", MEET, waiting=waiting)]
    with nothing_left():
        runs = run_all(jobs, 1, interrupt, lambda run: interrupt.set())
    assert names(runs) == ["a"]


def test_nothing_runs_where_all_is_over_before_it_begins(job):
    interrupt = Interrupt()
    interrupt.set()
    assert run_all([job("a", {"user": "hi"})], 4, interrupt, lambda run: None) == []
    assert run_all([], 4, Interrupt(), lambda run: None) == []
