import pytest

from chatbot.errors import UsageError
from chatbot.scripts.text import read_script, turns


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", []),
        ("hello\nbye\n", ["hello", "bye"]),
        ("# a comment\n\nhello\n   \nbye", ["hello", "bye"]),
        ("first line\n  second line\n\tthird\nnext", ["first line\nsecond line\nthird", "next"]),
        ("code:\n  # not a comment\n", ["code:\n# not a comment"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("trailing blanks  \n", ["trailing blanks"]),
        ("\\# no comment\n  \\  indented \n  \\\n  \\\\ and all", ["# no comment\n  indented \n\n\\ and all"]),
    ],
)
def test_a_script_is_one_turn_a_line(text, said):
    assert turns(text) == said


def test_a_continuation_of_nothing_is_told_with_file_and_line(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text("# hm\n  lost\n", "utf-8")
    with pytest.raises(UsageError, match=r"talk.txt, line 2: an indented line"):
        read_script(path)


def test_a_byte_order_mark_is_not_text(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_bytes(b"\xef\xbb\xbfhello")
    assert read_script(path) == ["hello"]


def test_what_cannot_be_read_is_one_clear_error(tmp_path):
    path = tmp_path / "talk.txt"
    with pytest.raises(UsageError, match=r"talk.txt cannot be read: No such file"):
        read_script(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_script(path)
