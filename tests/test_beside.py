from threading import current_thread

import pytest

from chatbot.beside import AtHand, streamed
from chatbot.interrupt import Interrupt


def readers():
    """A stream of the thread that reads it, twice."""
    yield current_thread()
    yield current_thread()


def endless():
    while True:
        yield "word"


def broken():
    yield "a"
    raise ValueError("it broke")


def test_a_stream_is_read_in_a_thread_of_its_own_and_what_is_at_hand_by_whoever_asks():
    here = current_thread()
    assert [thread is here for thread in streamed(readers(), Interrupt())] == [False, False]
    assert [thread is here for thread in streamed(AtHand(readers()), Interrupt())] == [True, True]


@pytest.mark.parametrize("kind", [iter, AtHand])
def test_it_ends_when_interrupted_however_much_there_is(kind):
    interrupt, said = Interrupt(), []
    for word in streamed(kind(endless()), interrupt):
        said.append(word)
        if len(said) == 3:
            interrupt.set()
    assert said == ["word"] * 3


@pytest.mark.parametrize("kind", [iter, AtHand])
def test_nothing_is_said_where_it_was_interrupted_before(kind):
    interrupt = Interrupt()
    interrupt.set()
    assert list(streamed(kind(["word"]), interrupt)) == []


@pytest.mark.parametrize("kind", [iter, AtHand])
def test_what_it_raises_is_raised_behind_what_it_said(kind):
    stream = streamed(kind(broken()), Interrupt())
    assert next(stream) == "a"
    with pytest.raises(ValueError, match="it broke"):
        next(stream)
