import signal
import threading

import pytest

from chatbot.interrupt import Interrupt, on_sigint


def test_it_is_set_once_and_calls_what_waits_once():
    interrupt, heard = Interrupt(), []
    with interrupt.calling(lambda: heard.append("a")):
        interrupt.set()
        interrupt.set()
    assert interrupt.is_set
    assert heard == ["a"]


def test_whoever_comes_late_is_called_at_once_and_whoever_has_left_is_not():
    interrupt, heard = Interrupt(), []
    with interrupt.calling(lambda: heard.append("left")):
        pass
    interrupt.set()
    with interrupt.calling(lambda: heard.append("late")):
        pass
    assert heard == ["late"]


def test_waiting_ends_when_it_is_set_and_when_the_time_is_over():
    interrupt = Interrupt()
    assert not interrupt.wait(0.01)
    threading.Timer(0.02, interrupt.set).start()
    assert interrupt.wait(30)
    assert interrupt.wait(30)


def test_ctrl_c_sets_it_and_a_second_one_raises():
    interrupt = Interrupt()
    before = signal.getsignal(signal.SIGINT)
    with on_sigint(interrupt):
        signal.raise_signal(signal.SIGINT)
        assert interrupt.is_set
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_comes_while_its_own_thread_waits_again_and_again_is_never_lost():
    for _ in range(200):
        interrupt = Interrupt()
        with on_sigint(interrupt):
            main = threading.main_thread().ident
            threading.Timer(0.001, signal.pthread_kill, (main, signal.SIGINT)).start()
            while not interrupt.wait(0.0001):
                pass
