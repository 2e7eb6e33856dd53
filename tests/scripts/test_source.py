"""YAML scripts as texts: what they say, what is told of those that are wrong, and how they are written again."""

import time
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.scripts.form import Script
from chatbot.scripts.source import MOST, ScriptWrong, Source, as_yaml, dotted, read_source

PATH = Path("talk.yaml")
TURNS = "turns: [{user: hi}]\n"


def said(text: str) -> list[str]:
    return [turn.user for turn in Source(PATH, text).script().turns]


def wrong(text: str) -> str:
    """What is told of a text that is no script: all its lines, without the file's name."""
    with pytest.raises(ScriptWrong) as caught:
        Source(PATH, text).script()
    lines = str(caught.value).splitlines()
    assert all(line.startswith("talk.yaml") and line.endswith(".") and line.isprintable() for line in lines)
    return "\n".join(line.removeprefix("talk.yaml").removeprefix(", ").removeprefix(": ") for line in lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("trns: []\n", "line 1, column 1: trns: nothing is called so here (did you mean turns)."),
        ("turns:\n  - usr: hi\n", "line 2, column 5: turns[0].usr: nothing is called so here (did you mean user)."),
        (
            TURNS + "expect:\n  answer: {zzz: a}\n",
            "line 3, column 12: expect.answer.zzz: nothing is called so here "
            "(known here: contains, equals, lacks, matches).",
        ),
        (
            "turns:\n  - user: hi\n    expect:\n      calls:\n        - a\n        - argumnts: {}\n          tool: x\n",
            "line 6, column 11: turns[0].expect.calls[1].argumnts: nothing is called so here (did you mean arguments).",
        ),
        ("turns:\n  - interrupt_at: x\n", "line 2, column 5: turns[0].user: it is missing."),
        ("1: one\n" + TURNS, "line 1, column 1: 1: nothing is called so here"),
        ('"a\\nb\\e[31m": 1\n' + TURNS, "line 1, column 1: a b: nothing is called so here"),
    ],
)  # fmt: skip
def test_an_unknown_or_missing_key_is_told_with_its_place_and_the_nearest_that_is_known(text, told):
    assert wrong(text).startswith(told)
    assert "\n" not in wrong(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("turns: hi\n", "line 1, column 1: turns: it should be a list."),
        ("turns:\n", "line 1, column 1: turns: it should be a list."),
        ("turns: [{user: 5}]\n", "line 1, column 10: turns[0].user: it should be a text (a number needs quotes)."),
        ("turns: [{user: }]\n", "line 1, column 10: turns[0].user: it should be a text (a number needs quotes)."),
        (f"context: []\n{TURNS}", "line 1, column 1: context: it should be a mapping."),
        (f"grounded: yes\n{TURNS}", "line 1, column 1: grounded: it should be true or false."),
        (f"greeting: 5\n{TURNS}", "line 1, column 1: greeting: it should be true or false, or a mapping."),
        (f"max_steps: 0x10\n{TURNS}", "line 1, column 1: max_steps: it should be a whole number."),
        (f"max_steps: 1.0\n{TURNS}", "line 1, column 1: max_steps: it should be a whole number."),
        (f"max_steps: 0\n{TURNS}", "line 1, column 1: max_steps: it should be greater than or equal to 1."),
        (
            f"expect: {{max_tokens: true}}\n{TURNS}",
            "line 1, column 10: expect.max_tokens: it should be a whole number.",
        ),
        (f"expect: {{max_seconds: .inf}}\n{TURNS}", "line 1, column 10: expect.max_seconds: it should be a number."),
        (f"expect: {{calls: [5]}}\n{TURNS}", "line 1, column 18: expect.calls[0]: it should be a mapping."),
        (f"pack: ['']\n{TURNS}", "line 1, column 8: pack[0]: it should not be empty."),
        (
            f"approvals: {{pay: 5}}\n{TURNS}",
            "line 1, column 13: approvals.pay: it should be true or false, or a text (a number needs quotes).",
        ),
        (
            f"system: 1\nmodel: 2\n{TURNS}",
            "line 2, column 1: model: it should be a text (a number needs quotes).\n"
            "line 1, column 1: system: it should be a text (a number needs quotes).",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_told_in_words(text, told):
    assert wrong(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("turns:\n\t- user: hi\n", "line 2, column 1: found character '\\t' that cannot start any token."),
        ("turns: [{user: hi}\n", "line 2, column 1: expected ',' or ']', but got '<stream end>'."),
        ('turns: [{user: "hi}]\n', "line 2, column 1: found unexpected end of stream."),
        ("turns: a: b\n", "line 1, column 9: mapping values are not allowed here."),
        (
            "turns:\n  - user: a\n    user: b\n",
            'line 3, column 5: found duplicate key "user" with value "b" (original value: "a").',
        ),
        ("context: *a\n", "line 1, column 10: found undefined alias 'a'."),
        (f"{TURNS}---\n{TURNS}", "line 2, column 1: expected a single document in the stream, "
         "but found another document."),
        ("%YAML 9.9\n---\na: 1\n", "line 1, column 1: found incompatible YAML document (version 1.* is required)."),
        ("a: 1\nb: \x07\n", "line 2, column 4: the control character #x07 is not YAML."),
        ("a: 1\r\nb: x\0\r\n", "line 2, column 5: the control character #x00 is not YAML."),
        ('turns: [{user: "\\ud83d"}]\n', "line 1, column 16: half a character (a surrogate) is no text."),
        ("? [a]\n: 1\n", "line 1, column 3: a key should be a text."),
        ("turns: !!python/name:os.system []\n", "line 1, column 8: the tag tag:yaml.org,2002:python/name:os.system "
         "means nothing here (a text is put in quotes)."),
        ("<<: 5\n", "line 1, column 5: expected a mapping or list of mappings for merging, but found scalar."),
        ("max_steps: 1e999\n", "it is not YAML: a number in it is too large."),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_told_with_line_and_column(text, told):
    assert wrong(text) == told


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "hello", "- user: hi\n", "5", "null"])
def test_a_script_is_a_mapping(text):
    assert wrong(text) == "line 1: a script is a mapping, with `turns:` or `user:` in it."


def test_what_is_quoted_of_a_duplicate_is_short():
    assert len(wrong(f"turns: [{'{user: hello}, ' * 500}]\nturns: []\n")) < 400


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: " + "[" * 5_000, "line 1, column 68: it is nested too deep."),
        ("a: " + "{a: " * 5_000, "it is nested too deep."),
        ("\n".join(" " * depth + "a:" for depth in range(2_000)), "line 64, column 64: it is nested too deep."),
        ("- " * 5_000 + "a", "line 1, column 129: it is nested too deep."),
        ("context: &a {b: [*a]}\n", "line 1, column 18: *a stands within &a."),
        ("context: &a {<<: *a}\n", "line 1, column 18: *a stands within &a."),
    ],
    ids=["lists", "mappings", "blocks", "dashes", "itself", "merged into itself"],
)
def test_what_is_nested_without_end_is_refused(text, told):
    assert wrong(text).endswith(told)


LAUGHS = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
MERGES = "a0: &a0 {b: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9))


def test_a_billion_laughs_end_at_once():
    began = time.process_time()
    assert wrong(LAUGHS) == f"it is not YAML: there are more than {MOST} values in it, with all that aliases stand for."
    assert "a0: nothing is called so here" in wrong(MERGES)
    assert time.process_time() - began < 10  # and not for ever


def test_anchors_aliases_and_merge_keys_are_what_they_stand_for():
    text = """\
    turns:
      - &first
        user: hi
        expect: &quiet {calls: []}
      - <<: *first
        user: again
      - {user: bye, expect: *quiet}
      - {<<: *first, interrupt_at: answer}
    """
    whole = Source(PATH, dedent(text)).script().model_dump(exclude_unset=True)["turns"]
    quiet = {"calls": ()}
    assert whole == (
        {"user": "hi", "expect": quiet},
        {"user": "again", "expect": quiet},
        {"user": "bye", "expect": quiet},
        {"user": "hi", "interrupt_at": "answer", "expect": quiet},
    )


def test_what_is_wrong_in_something_merged_is_told_where_it_is_merged():
    assert wrong("turns:\n  - {user: hi, expect: {<<: {cals: []}}}\n").startswith(
        "line 2, column 16: turns[0].expect.cals: nothing is called so here (did you mean calls)"
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"), ("012", "012"), ("+49", "+49"), ("0x1f", "0x1f"), ("2026-11-21", "2026-11-21"),
        ("1_000", "1_000"), ("12:30", "12:30"), (".5", ".5"), ("NaN", "NaN"), ("true", True), ("~", None), ("", None),
        ("12", 12), ("-0.5e3", -500.0), ("'12'", "12"), ('"\\e[1m"', "\x1b[1m"), ("{1: a}", {"1": "a"}),
        ("{~: a}", {"null": "a"}), ("[1, [2.5]]", [1, [2.5]]), ("9" * 150, int("9" * 150)), ("9" * 500, "9" * 500),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["", "%YAML 1.1\n---\n"], ids=["", "1.1"])
def test_a_value_is_what_json_would_call_it_and_else_a_text(version, written, value):
    context = Source(PATH, f"{version}context: {{a: {written}}}\n{TURNS}").script().context
    assert context == {"a": value}
    assert type(context["a"]) is type(value)


@pytest.mark.parametrize(
    "data",
    [
        b"turns: [{user: hi}]\n",
        b"\xef\xbb\xbfturns: [{user: hi}]\n",
        b"# first\r\nturns:\r\n  - user: hi\r\n",
        b"turns:\r  - user: hi\r",
        b"---\nturns: [{user: hi}]\n...\n",
        b"turns:\n- user: hi",
    ],
    ids=["plain", "byte order mark", "CRLF", "CR", "marked", "unended"],
)
def test_a_file_is_utf_8_with_whatever_line_ends(tmp_path, data):
    path = tmp_path / "talk.yaml"
    path.write_bytes(data)
    assert [turn.user for turn in read_source(path).script().turns] == ["hi"]


def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path):
    path = tmp_path / "talk.yaml"
    for spoil, told in (
        (lambda: None, f"The script {path} cannot be read: No such file or directory."),
        (lambda: path.write_bytes(b"turns: \xff"), f"The script {path} cannot be read: it is not UTF-8 text."),
        (lambda: (path.unlink(), path.mkdir()), f"The script {path} cannot be read: Is a directory."),
        (lambda: (path.rmdir(), path.symlink_to(path)), f"The script {path} cannot be read: Too many levels of "
         "symbolic links."),
    ):  # fmt: skip
        spoil()
        with pytest.raises(ScriptWrong) as caught:
            read_source(path)
        assert str(caught.value) == told


COMMENTED = """\
# What this shows.
pack: 'support'   # a name
turns:
  # the first
  - user: "hi"
    expect: {calls: []}  # nothing

  - user: |
      two
      lines
    expect:
      calls:
        - verify_user  # by name
        - {tool: b, arguments: {id: "12"}}
# the end
"""


def test_what_is_not_changed_is_written_as_it_stood():
    source = Source(PATH, COMMENTED)
    assert source.text() == COMMENTED
    source.data["turns"][0]["expect"]["calls"] = ["x"]
    assert source.text() == COMMENTED.replace("{calls: []}  #", "{calls: [x]} #")


def test_places_are_those_of_keys_and_items_or_of_the_nearest_thing_above():
    source = Source(PATH, COMMENTED)
    assert source.place(("turns", 1, "expect", "calls", 1, "arguments", "id")) == (14, 33)
    assert source.place(("turns", 1, "expect", "stop")) == (11, 5)
    assert source.place(("nowhere",)) == (1, 1)
    assert dotted(("turns", 1, "expect", "calls", 0)) == "turns[1].expect.calls[0]"


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab: \n'\"", max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text("abc", min_size=1, max_size=5), plain_values, max_size=3))
def test_values_that_are_written_are_read_back(data):
    written = as_yaml({"context": data, "turns": [{"user": "hi"}]})
    assert Source(PATH, written).script() == Script.model_validate({"context": data, "turns": [{"user": "hi"}]})


def test_texts_are_written_for_people():
    data = {"turns": [{"user": "two\nlines\n"}, {"user": "\x1b[31m\u202ered"}, {"user": "half \ud83d"}, {"user": "12"}]}
    assert as_yaml(data) == (
        "turns:\n  - user: |\n      two\n      lines\n"
        "  - user: \"\\e[31m\\u202Ered\"\n  - user: half \ufffd\n  - user: '12'\n"
    )
    assert said(as_yaml(data)) == ["two\nlines\n", "\x1b[31m\u202ered", "half \ufffd", "12"]
