"""What a person sees, on real screens."""

import io
import re
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from chatbot.events import (
    ApprovalAsked,
    ReasoningDelta,
    Replied,
    StatusChanged,
    TextDelta,
    ToolCalled,
    TurnEnded,
    TurnStarted,
)
from chatbot.render import Look, pick
from chatbot.render.activity import Activity, clock, duration
from chatbot.render.palette import DARK, EITHER, LIGHT, NONE, palette
from chatbot.render.region import TICK
from chatbot.render.tools import folded
from chatbot.render.tty import Rich
from chatbot.render.wrapping import cells
from chatbot.types import Assistant, ToolCall
from tests.render.emulated import Emulated, play
from tests.render.goldens import COLUMNS, LOOKS, path, screen
from tests.render.scenes import CONVERSATION, MARKDOWN, SUPPORT

DRIVER = Path(__file__).with_name("rich_driver.py")
ROOT = Path(__file__).parents[2]

AT_80 = """\
This is the offline model.

Hello! Who are you?

> I am john_doe,
here is my key.

-> verify_user {"username": "john_doe", "api_key": "***"}
-> get_ticket_status {"ticket_id": "12345"}
<- verify_user (42 ms): {"success": true}
<- get_ticket_status was refused (0 ms): Verify first.
Trying again.

Done

Your ticket is open, é 漢字.

 • a [bold]tag[/bold]
 • <b>html</b>

THE END
"""


@pytest.fixture
def play_in_terminal(tmp_path, in_terminal):
    def play_in_terminal(scene, env=None, **options):
        whole = {"PYTHONPATH": str(ROOT), "VTE_VERSION": "", "TMUX": "", "TERM_PROGRAM": "", **(env or {})}
        return in_terminal(DRIVER, scene, tmp_path / "gate", env=whole, cwd=str(tmp_path), **options)

    return play_in_terminal


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("columns", COLUMNS)
def test_a_conversation_looks_like_its_golden_screen(columns, look):
    assert screen(columns, look) == path(columns, look).read_text("utf-8")


def test_a_real_terminal_shows_the_same(play_in_terminal):
    with play_in_terminal("support", rows=40) as terminal:
        terminal.wait_for_exit()
        assert terminal.text().replace("漢 字 ", "漢字").rstrip() + "\n" == AT_80
        assert not terminal.display.cursor.hidden


def test_endings(play_in_terminal):
    with play_in_terminal("endings") as terminal:
        terminal.wait_for_exit()
        shown = [line for line in terminal.lines() if line]
        assert shown == [
            "> 1", "error: No connection. Is it on?", "> 2", "interrupted", "> 3", "The limit was reached.", "THE END",
        ]  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5), (12, 3)])
def test_only_a_small_region_is_alive(play_in_terminal, tmp_path, size):
    columns, rows = size
    with play_in_terminal("live", columns=columns, rows=rows) as terminal:
        terminal.wait_for("LAST")
        assert terminal.screen()[terminal.display.cursor.y + 1].startswith("[in_progres")
        assert terminal.text().count("finished block") == (1 if columns > 13 else 0)
        assert len([line for line in terminal.screen() if "word" in line]) < rows
        (tmp_path / "gate").touch()
        terminal.wait_for_exit()
        assert "[in_pro" not in terminal.text()
        assert "THINKING" not in terminal.text()
        assert terminal.text().split().count("word500") == 1
        assert not terminal.display.cursor.hidden


def test_the_terminal_may_be_resized_in_mid_stream(play_in_terminal, tmp_path):
    with play_in_terminal("live", columns=80, rows=24) as terminal:
        terminal.wait_for("LAST")
        for columns in (50, 100, 33):
            terminal.display.resize(24, columns)
            terminal.child.setwinsize(24, columns)
            terminal.wait_until(
                lambda width=columns: (
                    width - 12 < max(len(row) for row in terminal.screen() if "word9" in row or not row) < width
                ),
                "rows of another width",
            )
        (tmp_path / "gate").touch()
        terminal.wait_for_exit()
        words = terminal.text().split()
        assert [word for word in words if word.startswith("word")] == [f"word{number}" for number in range(1000)]
        assert terminal.text().count("finished block") == 1
        assert "[in_pro" not in terminal.text()


def test_a_terminal_is_whole_after_sigterm(play_in_terminal):
    with play_in_terminal("sigterm") as terminal:
        terminal.wait_for("LAST")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_exit() == 128 + signal.SIGTERM
        assert "[in_progress]" not in terminal.text()
        assert terminal.text().rstrip().endswith("interrupted")
        assert not terminal.display.cursor.hidden


def test_no_color(play_in_terminal):
    with play_in_terminal("support", env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for_exit()
        rows = [*terminal.display.history.top, *terminal.display.buffer.values()]
        assert {char.fg for row in rows for char in row.values()} == {"default"}
        assert "was refused" in terminal.text()


def test_a_dumb_terminal_gets_no_sequences(play_in_terminal):
    with play_in_terminal("support", env={"TERM": "dumb"}) as terminal:
        terminal.wait_for_exit()
        assert b"\x1b" not in terminal.raw
        assert "Your ticket is open" in terminal.text()


def test_columns_may_ask_for_less_than_the_terminal_has(play_in_terminal, tmp_path):
    with play_in_terminal("live", columns=80, env={"COLUMNS": "30"}) as terminal:
        terminal.wait_for("LAST")
        (tmp_path / "gate").touch()
        terminal.wait_for_exit()
        assert 20 < max(map(len, terminal.lines())) <= 30


def test_what_is_not_a_terminal_gets_the_text_as_it_is(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    out = io.StringIO()
    sink = pick("rich", stdout=out)
    text = "A **long** line " * 20 + "\n\n```py\n\tcode\n```\n| a |\n|---|"
    for event in [*SUPPORT, TurnStarted(None), *(TextDelta(char) for char in text), TurnEnded("done")]:
        sink(event)
    assert "\x1b" not in out.getvalue()
    assert text in out.getvalue()
    assert "john_doe,\n" not in out.getvalue()


def test_a_pipe_with_forced_colours_gets_markdown_in_colours_and_nothing_that_moves(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = io.StringIO()
    sink = pick("rich", stdout=out, look=Look(theme="dark"))
    for event in SUPPORT:
        sink(event)
    assert set(re.findall(r"\x1b\[[0-9;]*(.)", out.getvalue())) == {"m"}
    assert "Your ticket is \x1b[1mopen" in out.getvalue()


def test_a_recording_console_is_drawn_on_as_a_terminal_would_be():
    console = Console(record=True, width=40, file=io.StringIO())
    sink = Rich(console, echo_user=True)
    for event in CONVERSATION:
        sink(event)
    text = console.export_text(clear=False)
    assert " • an item" in text
    assert "longer than forty columns" in text
    assert "font-weight: bold" in console.export_html(clear=False)
    assert "look_up" in console.export_svg()


def test_text_that_did_not_stream_is_shown_too(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    out = io.StringIO()
    sink = Rich(Console(file=out, width=40))
    for event in (TurnStarted(None), Replied(Assistant("whole")), TurnEnded("done")):
        sink(event)
    assert out.getvalue() == "\nwhole\n\n"


def said(text, *cuts):
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    return [TurnStarted(None), *map(TextDelta, pieces), Replied(Assistant(text)), TurnEnded("done")]


LINES = st.sampled_from([*MARKDOWN.split("\n"), "", "```", "- x", "> y", "1. z", "    code", "| a |", "|---|"])


@given(st.lists(LINES, max_size=20).map("\n".join), st.lists(st.integers(0, 400), max_size=30))
def test_however_the_text_is_cut_the_screen_ends_the_same(text, cuts):
    assert play(said(text, *cuts), 40, 12).text() == play(said(text), 40, 12).text()


def test_every_character_by_itself_ends_the_same_too():
    one_by_one = said(MARKDOWN, *range(len(MARKDOWN)))
    assert play(one_by_one, 60, 12).text() == play(said(MARKDOWN), 60, 12).text()


def test_code_is_copied_as_it_is():
    code = 'def f():\n    return "' + "x" * 100 + '"\n\n\tif 1:\n\t\tpass\n' * 20
    terminal = play(said(f"- item\n\n  > quote\n\n```python\n{code}```\n\nafter"), 40, 200)
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", "".join(terminal.written))
    assert code in written
    in_list = play(said("- item\n  ```sh\n  ls\n    -l\n  ```\n"), 40, 20)
    assert "\nls\n  -l\n" in in_list.text()


def test_a_long_block_of_code_and_a_long_table_are_printed_before_they_end():
    for begin, line in (("```\n", "code line {}\n"), ("| a | b |\n|---|---|\n", "| row {} | x |\n")):
        terminal = Emulated(40, 20)
        sink = Rich(terminal.console)
        sink(TurnStarted(None))
        sink(TextDelta(begin))
        for number in range(300):
            sink(TextDelta(line.format(number)))
        sink(StatusChanged("in_progress"))
        assert " 250" in terminal.text()
        assert len(terminal.display.history.top) > 200
        sink(TurnEnded("interrupted"))
        assert [int(number) for number in re.findall(r"(?:line|row) (\d+)", terminal.text())] == list(range(300))


class Counted(Emulated):
    """Counts what is written instead of showing it."""

    def write(self, text):
        self.written.append(text)
        return len(text)


def stream_words(terminal, number):
    sink = Rich(terminal.console)
    sink(TurnStarted(None))
    for each in range(number):
        sink(TextDelta(f"w{each} " if each % 50 else f"w{each}\n\n"))
    sink(Replied(Assistant("all")))
    sink(TurnEnded("done"))
    return terminal


def test_ten_thousand_words_are_in_the_scrollback_once_each():
    terminal = stream_words(Emulated(80, 24), 10_000)
    assert terminal.text().split() == [f"w{number}" for number in range(10_000)]


@pytest.mark.parametrize("number", [1_000, 100_000])
def test_a_hundred_thousand_tokens_are_written_in_proportion(number):
    written = sum(map(len, stream_words(Counted(), number).written))
    text = sum(len(f"w{each} ") for each in range(number))
    assert text < written < 4 * text


def test_folding():
    assert folded("a\nb", 80) == ("a\nb", 0)
    assert folded("x" * 10_000, 80) == ("x" * 480, 9520)


def test_parallel_calls_have_a_row_and_a_clock_each():
    activity = Activity(status="requires_action", written=12)
    activity.call("1", "one")
    activity.call("2", "two")
    rows = activity.rows(60, 10)
    assert re.fullmatch(r"   one 0\.\d s", rows[0])
    assert re.fullmatch(r"   two 0\.\d s", rows[1])
    assert re.fullmatch(r"\[requires_action\] 12 tokens, 2 tools, Ctrl-C stops, 0\.\d s", rows[2])
    for number in range(20):
        activity.call(f"more {number}", f"more {number}")
    assert len(activity.rows(60, 4)) == 4
    assert activity.rows(60, 4)[2] == "   and 20 more"
    assert len(activity.rows(60, 1)) == 1


def test_rows_are_never_wider_than_the_screen():
    activity = Activity(thought="思考 " * 100 + "END")
    activity.call("1", "漢字" * 100)
    assert all(cells(row) <= 30 for row in activity.rows(30, 10))
    assert activity.rows(30, 10)[0].endswith("END")


def test_times_are_for_people():
    assert [duration(0.0421), duration(1.25), duration(75)] == ["42 ms", "1.2 s", "1 min 15 s"]
    assert clock(0.04) == "0.0 s"


def test_nothing_moves_while_the_user_is_asked():
    terminal = Emulated(60, 20)
    sink = Rich(terminal.console)
    call = ToolCall("1", "change", "{}")
    for event in (TurnStarted(None), StatusChanged("requires_action"), ToolCalled(call), ApprovalAsked(call, "why")):
        sink(event)
    before = len(terminal.written)
    assert "requires_action" not in terminal.text()
    time.sleep(3 * TICK)
    assert len(terminal.written) == before


def test_reasoning_is_its_last_line_or_whole():
    thinking = [
        TurnStarted(None),
        ReasoningDelta("One\nthing, "),
        ReasoningDelta("another."),
        TextDelta("So."),
        TurnEnded("done"),
    ]
    assert play(thinking).text() == "\nSo.\n"
    assert play(thinking, show_reasoning=True).text() == "\nOne\nthing, another.\n\nSo.\n"


def test_backgrounds():
    assert palette("auto", {"COLORFGBG": "15;0"}) is DARK
    assert palette("auto", {"COLORFGBG": "0;default;15"}) is LIGHT
    assert palette("auto", {}) is EITHER
    assert palette("dark", {"COLORFGBG": "0;15"}) is DARK
    assert palette("none", {}) is NONE


def test_links_say_where_they_lead_and_are_links_where_the_terminal_knows_them(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = play(said("[safe](http://evil.example) <http://plain.example>"))
    assert terminal.text() == "\nsafe (http://evil.example) http://plain.example\n"
    assert re.search(r"\x1b\]8;id=\d+;http://evil\.example\x1b\\", "".join(terminal.written))
    monkeypatch.setenv("TERM", "linux")
    assert "]8;" not in "".join(play(said("[safe](http://evil.example)")).written)
