"""What a person sees, on real screens."""

import io
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from chatbot.events import Replied, TextDelta, TurnEnded, TurnStarted
from chatbot.render import pick
from chatbot.render.markdown import rendered
from chatbot.render.tty import Rich, folded
from chatbot.types import Assistant
from tests.render.scenes import SUPPORT
from tests.terminal import Terminal

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
AT_40 = """\
This is the offline model.

Hello! Who are you?

> I am john_doe,
here is my key.

-> verify_user {"username": "john_doe",
"api_key": "***"}
-> get_ticket_status {"ticket_id":
"12345"}
<- verify_user (42 ms): {"success":
true}
<- get_ticket_status was refused (0 ms):
Verify first.
Trying again.

                  Done

Your ticket is open, é 漢字.

 • a [bold]tag[/bold]
 • <b>html</b>

THE END
"""
AT_120 = AT_80.replace(" " * 38 + "Done", " " * 58 + "Done")


def play(scene, tmp_path, **options):
    env = {"PYTHONPATH": str(ROOT), **options.pop("env", {})}
    command = [sys.executable, str(DRIVER), scene, str(tmp_path / "gate")]
    return Terminal(command, env=env, cwd=str(tmp_path), **options)


@pytest.mark.parametrize(("columns", "golden"), [(40, AT_40), (80, AT_80), (120, AT_120)])
def test_screens(tmp_path, columns, golden):
    with play("support", tmp_path, columns=columns, rows=40) as terminal:
        terminal.wait_for_exit()
        assert terminal.text().replace("漢 字 ", "漢字").rstrip() + "\n" == golden
        assert not terminal.display.cursor.hidden


def test_endings(tmp_path):
    with play("endings", tmp_path) as terminal:
        terminal.wait_for_exit()
        shown = [line for line in terminal.lines() if line]
        assert shown == [
            "> 1", "error: No connection. Is it on?", "> 2", "interrupted", "> 3", "The limit was reached.", "THE END",
        ]  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5)])
def test_only_a_small_region_is_alive(tmp_path, size):
    columns, rows = size
    with play("live", tmp_path, columns=columns, rows=rows) as terminal:
        terminal.wait_for("LAST")
        assert "[in_progress]" in terminal.screen()[terminal.display.cursor.y]
        assert terminal.text().count("finished block") == 1
        assert terminal.text().count("word999") == 1
        (tmp_path / "gate").touch()
        terminal.wait_for_exit()
        assert "in_progress" not in terminal.text()
        assert "THINKING" not in terminal.text()
        assert terminal.text().split().count("word500") == 1
        assert not terminal.display.cursor.hidden


def test_no_color(tmp_path):
    with play("support", tmp_path, env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for_exit()
        rows = [*terminal.display.history.top, *terminal.display.buffer.values()]
        assert {char.fg for row in rows for char in row.values()} == {"default"}
        assert "was refused" in terminal.text()


def test_a_dumb_terminal_gets_no_sequences(tmp_path):
    with play("support", tmp_path, env={"TERM": "dumb"}) as terminal:
        terminal.wait_for_exit()
        assert b"\x1b" not in terminal.raw
        assert "Your ticket is open" in terminal.text()


def test_not_a_terminal():
    out = io.StringIO()
    sink = pick("rich", stdout=out, echo_user=False)
    for event in SUPPORT:
        sink(event)
    assert "\x1b" not in out.getvalue()
    assert "john_doe,\n" not in out.getvalue()


def test_text_that_did_not_stream_is_shown_too():
    out = io.StringIO()
    sink = Rich(Console(file=out, width=40))
    for event in (TurnStarted(None), Replied(Assistant("whole")), TurnEnded("done")):
        sink(event)
    assert out.getvalue() == "\nwhole\n\n"


def test_folding():
    assert folded("a\nb", 80) == [("a\nb", "")]
    shown, rest = folded("x" * 10_000, 80)
    assert len(shown[0]) == 480
    assert "9520 more characters" in rest[0]


HOSTILE = st.text(st.sampled_from("ab \n\t#*_`~[]()!<>|-+1.&;:\\\"'=x$@/{}^\x1b\x9b\u202e漢") | st.characters())


@settings(max_examples=300, deadline=None)
@given(HOSTILE | st.sampled_from(["&#x202e;", "&#27;[31m", "[a](http://x/&#x202e;)", "![i](j)", "[a]: b\n\n[a]"]))
def test_no_markdown_breaks_it_or_drives_the_terminal(text):
    out = io.StringIO()
    sink = Rich(Console(file=out, width=40))
    for event in (TurnStarted(None), TextDelta(text), Replied(Assistant(text)), TurnEnded("done")):
        sink(event)
    assert not [char for char in out.getvalue() if char in "\x1b\x9b\u202e\r\x07"]


def test_links_say_where_they_lead():
    console = Console(width=80, force_terminal=True)
    assert rendered("[safe](http://evil.example)", console).plain == "safe (http://evil.example)"
