"""The scripts of examples/ say what must hold at their end; it does on the offline model."""

import pytest

from benchmarks.grounding import SCRIPTS, expected, play
from chatbot.models.offline import OfflineModel
from chatbot.models.scripted import Scripted


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_ends_as_it_says(path, monkeypatch):
    for name in ("SUPPORT_DB", "MINECRAFT_API_URL"):
        monkeypatch.setenv(name, "set while it is played")
    assert play(path.read_text("utf-8"), lambda session: OfflineModel()).right


def test_there_are_ten():
    assert len(SCRIPTS) == 10


def test_a_script_does_not_end_as_expected_where_nothing_is_called(monkeypatch):
    for name in ("SUPPORT_DB", "MINECRAFT_API_URL"):
        monkeypatch.setenv(name, "set while it is played")
    script = 'Hi.\n# expect: call verify_user {"username": "a"}\n# expect: result {"success": true}\n'
    assert not play(script, lambda session: Scripted("Hello.", "Hi.")).right


def test_the_lines_of_a_script_are_read_strictly():
    script = '# expect: call f {"a": 1}\n# expect: failed\n# expect: no call g\n# expect: no call f {"a": 2}\n'
    assert expected(script).ran == (("f", {"a": 1}, "failed", None),)
    assert expected(script).never == (("g", None), ("f", {"a": 2}))
