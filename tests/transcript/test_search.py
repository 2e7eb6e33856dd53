import os
import time

import pytest

from chatbot.events import Replied, ToolCalled, ToolReturned, TurnStarted
from chatbot.transcript import Transcripts
from chatbot.transcript.search import search
from chatbot.types import Assistant, ToolCall, ToolResult, User
from tests.transcript.talk import TALK, keep, started, turn


def found(folder, *words):
    return [(hit.session, hit.role, hit.snippet) for hit in search(Transcripts(folder).paths(), words)]


@pytest.mark.parametrize(
    ("words", "role", "snippet"),
    [
        (["größe"], "user", "Größe of ticket 12345? In one line."),
        (["GRÖßE", "LINE"], "user", "Größe of ticket 12345? In one line."),
        (["icket 123"], "user", "Größe of ticket 12345? In one line."),
        (["is **open**"], "assistant", "It is **Open**."),
        (['"status":', "get_ticket"], "result", 'get_ticket: {"status": "Open"}'),
        (['{"ticket": "12345"}'], "call", 'get_ticket {"ticket": "12345"}'),
    ],
)
def test_all_words_in_one_message_find_a_session_in_any_case(tmp_path, words, role, snippet):
    keep(tmp_path, *TALK)
    assert found(tmp_path, *words) == [("a1b2c3d4e5f6", role, snippet)]


@pytest.mark.parametrize(
    "words", [["closed"], ["Größe", "status"], ["turn_started"], ["scripted"], ["nline"], [" "], []]
)
def test_words_that_are_in_no_one_message_find_nothing(tmp_path, words):
    keep(tmp_path, *TALK)
    assert found(tmp_path, *words) == []


@pytest.mark.parametrize("word", ["привет", "漢字", 'say "é"', "back\\slash", "a/b", "👍"])
def test_words_of_any_script_are_found(tmp_path, word):
    keep(tmp_path, started(), *turn(f"You {word.upper()}!"))
    assert found(tmp_path, word) == [("a1b2c3d4e5f6", "user", f"You {word.upper()}!")]


def test_the_latest_session_comes_first_each_once(tmp_path):
    for age, session in enumerate(["new", "mid", "old"]):
        path = keep(tmp_path, started(), *turn("hello", "hello to you"), session=session)
        os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))
    assert [session for session, _, _ in found(tmp_path, "hello")] == ["new", "mid", "old"]


def test_a_snippet_is_one_clean_line_around_the_word(tmp_path):
    text = "x " * 100 + "\x1b[31mthe\nneedle\x1b]0;title\x07 here " + "y " * 100
    keep(tmp_path, started(), *turn(text))
    [(_, _, snippet)] = found(tmp_path, "NEEDLE")
    assert snippet.startswith("...") and snippet.endswith("...")
    assert "x the needle here y" in snippet
    assert snippet.isprintable()
    assert len(snippet) <= 126


def test_what_is_torn_or_broken_does_not_stop_the_search(tmp_path):
    path = keep(tmp_path, started(), *turn("hello"))
    path.write_bytes(b"hello\n\xffhello\n" + path.read_bytes() + b'{"type": "hello')
    assert found(tmp_path, "hello") == [("a1b2c3d4e5f6", "user", "hello")]


def test_a_thousand_sessions_take_a_fraction_of_a_second(tmp_path):
    call = ToolCall("c", "f", "{}")
    path = keep(
        tmp_path,
        *(started(), TurnStarted(User("hi")), Replied(Assistant("word " * 3000)), ToolCalled(call)),
        ToolReturned(ToolResult("c", "f", "é " * 1500), 0.1),
    )
    for number in range(1000):
        os.link(path, path.with_name(f"20261121T000000Z-{number:012x}.jsonl"))
    start = time.perf_counter()
    assert found(tmp_path, "nowhere", "é") == []
    assert time.perf_counter() - start < 5  # generously: 0.1 s is usual
