"""Code in Markdown holds whatever is in it."""

import pytest
from markdown_it import MarkdownIt

from chatbot.render.quoting import code, fenced

HOSTILE = ["plain", "`", "``` two ```", "# head", "<b>&amp;</b>", "[a](b)", "\\`", "a | b", "| `` |"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_of_code_is_read_back_as_it_was(text):
    (inline,) = [token for token in MarkdownIt().parse(f"so {code(text)}") if token.type == "inline"]
    assert [(part.type, part.content) for part in inline.children] == [("text", "so "), ("code_inline", text)]


@pytest.mark.parametrize("text", [*HOSTILE, "~~~\n```\n````\nend", "    indented\n\nmore"])
def test_a_fence_is_read_back_as_it_was(text):
    (block,) = MarkdownIt().parse(fenced(text, "diff"))
    assert (block.type, block.info, block.content) == ("fence", "diff", f"{text}\n")


def test_many_lines_are_one_and_none_is_nothing():
    assert code("a\nb") == "`a b`"
    assert code("") == ""
    assert fenced("a\x1b[2Jb") == "```\nab\n```"
