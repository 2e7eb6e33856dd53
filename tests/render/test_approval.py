import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.render.approval import answered, visible, whole
from chatbot.types import ToolCall


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 東京 🎉", "Zoë 東京 🎉"),
        ("a\tb\x1b[2J\x07", r"a\x09b\x1b[2J\x07"),
        ("one\ntwo", "one\ntwo"),
        ("a\u202eb\u2066c", r"a\u202eb\u2066c"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("no\u00a0break\u2003em", r"no\xa0break\u2003em"),
        ("\u3164\u115f\u2800\u034f\ufe0f", r"\u3164\u115f\u2800\u034f\ufe0f"),
        ("\U000e0041\U000e0100\ud800", r"\U000e0041\U000e0100\ud800"),
        ("a\u2028b\x85c", r"a\u2028b\x85c"),
    ],
)
def test_what_does_not_show_itself_is_an_escape(text, shown):
    assert visible(text) == shown


@given(st.text(st.characters(), max_size=40))
def test_nothing_is_left_that_drives_a_terminal_or_hides(text):
    assert all(unicodedata.category(character)[0] not in "CZ" or character in " \n" for character in visible(text))


def test_the_whole_call_is_shown_an_argument_a_line():
    call = ToolCall("1", "change", '{"b":"\\u0041","a":[1.50,{"c":"' + "long " * 500 + '"}]}')
    assert whole(call) == (
        'change {\n  "b": "A",\n  "a": [\n    1.5,\n    {\n      "c": "' + "long " * 500 + '"\n    }\n  ]\n}'
    )


def test_arguments_that_are_no_json_are_shown_as_they_are():
    assert whole(ToolCall("1", "change", '{"pin": •••}\x1b')) == 'change {"pin": •••}\\x1b'


def test_the_answer_is_told_in_a_line():
    assert answered(True, "") == "approved"
    assert answered(False, "wrong\nstreet\x1b[2J") == "declined: wrong street"
