"""Which scripts are meant: files, folders, globs, filters and shards in, paths out; and files as what they ask for."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import UsageError
from chatbot.events import to_json
from chatbot.replay.finding import chosen, find, task_of, words_of
from chatbot.scripts.source import ScriptWrong
from tests.transcript.talk import GREETING, TALK, started, turn

TURNS = "turns: [{user: hi}]\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of scripts, in which we are."""
    for name in (
        "b.yaml",
        "a.yml",
        "deep/c.jsonl",
        "deep/d.txt",
        ".git/e.yaml",
        "deep/.f.yaml",
        "deep/g.json",
        "g.json",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TURNS, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*given):
    return [str(path) for path in find(given)]


def test_a_folder_is_searched_for_scripts_but_not_for_texts_and_hidden_ones(here):
    assert names(".") == ["a.yml", "b.yaml", "deep/c.jsonl"]
    assert names("deep") == ["deep/c.jsonl"]
    assert names(str(here)) == [f"{here}/{name}" for name in ("a.yml", "b.yaml", "deep/c.jsonl")]


def test_what_is_named_is_taken_whatever_its_name_and_in_that_order(here):
    assert names("deep/d.txt", "g.json", "a.yml", ".git/e.yaml") == ["deep/d.txt", "g.json", "a.yml", ".git/e.yaml"]


def test_a_glob_is_sorted_and_takes_scripts_alone(here):
    assert names("*.y*ml", "deep/*") == ["a.yml", "b.yaml", "deep/c.jsonl", "deep/d.txt"]
    assert names("**/*.jsonl") == ["deep/c.jsonl"]
    assert names("[ab].yaml") == ["b.yaml"]


def test_a_glob_takes_what_is_hidden_only_where_it_says_so(here):
    assert names("**/*.yaml") == ["b.yaml"]
    assert names(".git/*") == [".git/e.yaml"]


def test_a_name_that_looks_like_a_glob_is_one_only_where_there_is_no_such_file(here):
    (here / "[ab].yaml").write_text(TURNS)
    assert names("[ab].yaml") == ["[ab].yaml"]


def test_each_is_taken_once_whichever_way_it_is_reached(here):
    (here / "deep/loop").symlink_to(here)
    (here / "deep/self.yaml").symlink_to("self.yaml")
    (here / "other").symlink_to("deep")
    assert names("b.yaml", ".", "./b.yaml", str(here / "b.yaml")) == ["b.yaml", "a.yml", "deep/c.jsonl"]
    assert names("deep", "other", "deep/loop/**/*.jsonl") == ["deep/c.jsonl"]
    assert [Path(name).name for name in names("**/*.yaml")] == ["b.yaml"]


def test_a_script_in_two_folders_is_two_since_its_paths_begin_there(here):
    (here / "deep/b.yaml").symlink_to(here / "b.yaml")
    assert names("b.yaml", "deep/b.yaml") == ["b.yaml", "deep/b.yaml"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["nowhere"], "There is no script nowhere: give files, folders or globs."),
        (["a.yml", "nowhere/*"], None),
        (["nowhere/*"], "There is no script in nowhere/*: a folder is searched for .yaml, .yml, .jsonl."),
        (["a.yml/b"], "There is no script a.yml/b: give files, folders or globs."),
        (["~nobody-knows/a.yaml"], "There is no script ~nobody-knows/a.yaml: give files, folders or globs."),
        (["x" * 300], f"{'x' * 200} cannot be searched for scripts: File name too long."),
    ],
)
def test_what_is_not_there_is_told(here, given, told):
    if told is None:
        assert names(*given) == ["a.yml"]
        return
    with pytest.raises(UsageError) as caught:
        find(given)
    assert str(caught.value) == told


def test_a_glob_that_is_none_is_told(here):
    with pytest.raises(UsageError, match="There is no script "):
        find(["a**b/*.yaml"])


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed_to_us_is_not_skipped(here):
    (here / "deep").chmod(0)
    try:
        with pytest.raises(UsageError, match="deep cannot be searched for scripts: Permission denied"):
            find(["."])
    finally:
        (here / "deep").chmod(0o700)


PATHS = [Path(f"talks/{name}.yaml") for name in ("refund", "late refund", "hello", "Refund")]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("", [0, 1, 2, 3]),
        ("refund", [0, 1]),
        ("talks/", [0, 1, 2, 3]),
        ("talks/r*.yaml", [0]),
        ("*hello*", [2]),
        ("[Rr]efund", []),
        ("*/[Rr]efund.yaml", [0, 3]),
    ],
)
def test_a_filter_is_a_part_of_the_path_or_a_glob_for_all_of_it(pattern, left):
    if left:
        assert chosen(PATHS, pattern, (1, 1)) == [PATHS[number] for number in left]
        return
    with pytest.raises(UsageError, match=r"--filter \[Rr\]efund: none of the 4 scripts has such a path"):
        chosen(PATHS, pattern, (1, 1))


@given(st.integers(0, 30), st.integers(1, 40))
def test_shards_are_parts_that_make_the_whole_and_none_is_much_larger(scripts, count):
    paths = [Path(f"{number}.yaml") for number in range(scripts)]
    parts = [chosen(paths, "", (number, count)) for number in range(1, count + 1)]
    assert sorted((path for part in parts for path in part), key=paths.index) == paths
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def lines(*events):
    return "".join(f"{json.dumps(to_json(event))}\n" for event in events)


def test_a_yaml_script_knows_where_its_lines_are(here):
    task = task_of(Path("b.yaml"), plays=False)
    assert [turn.user for turn in task.script.turns] == ["hi"]
    assert (task.line(("turns", 0)), task.path) == (1, Path("b.yaml"))


def test_a_text_is_a_script_that_expects_nothing_and_says_just_what_stands_there(here):
    Path("talk.txt").write_text("Is it ${HOME}?\nbye\n  now\n")
    task = task_of(Path("talk.txt"), plays=False)
    assert task.script.model_dump(exclude_unset=True) == {"turns": ({"user": "Is it $${HOME}?"}, {"user": "bye\nnow"})}
    assert words_of(Path("talk.txt")) == ["Is it ${HOME}?", "bye\nnow"]


def test_a_transcript_is_what_was_said_and_called_or_is_played_from_itself(here):
    path = Path("talk.jsonl")
    path.write_text(lines(*TALK, *turn("bye", "Bye.", stop="limit")))
    other = task_of(path, plays=False).script
    assert (other.pack, other.model, other.greeting.calls) == (("support", "weather"), None, ())
    assert [call.tool for call in other.turns[0].expect.calls] == ["get_ticket"]
    played = task_of(path, plays=True)
    assert (played.flags()["model"], played.script.greeting) == ("playback:talk.jsonl", True)
    assert [(one.expect.calls, one.expect.stop) for one in played.script.turns] == [(None, None), (None, "limit")]
    assert words_of(path) == ["Größe of ticket 12345?\nIn one line.", "bye"]


def test_a_transcript_with_a_pack_of_a_file_is_given_that_by_the_command_line(here):
    Path("talk.jsonl").write_text(lines(started(), *turn("hi")).replace('"weather"', '"desk"'))
    assert task_of(Path("talk.jsonl"), plays=False).script.pack is None


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.yaml", "turns: []", "x.yaml, line 1, column 1: a script has turns, or a simulated user, and not both."),
        ("x.txt", "# nothing\n", "x.txt: nothing is said in it."),
        ("x.txt", "  lost\n", "x.txt, line 1: an indented line continues a turn, but there is none above it."),
        ("x.jsonl", lines(started(), *GREETING), "x.jsonl: nobody says anything in it."),
        ("x.md", "# hi", "x.md: a script is a .yaml, .yml, .jsonl or .txt file."),
        ("gone.yaml", None, "The script gone.yaml cannot be read: No such file or directory."),
        ("gone.txt", None, "The script gone.txt cannot be read: No such file or directory."),
    ],
)
def test_a_script_that_is_wrong_is_told(here, name, text, told):
    if text is not None:
        Path(name).write_text(text)
    with pytest.raises(ScriptWrong) as caught:
        task_of(Path(name), plays=True)
    assert str(caught.value) == told


@pytest.mark.parametrize("text", ["", "{}\n", "[]\n", "\x00", '{"type": "session_started"}\n', lines(*GREETING)])
def test_a_transcript_that_is_none_is_told_in_one_line(here, text):
    Path("x.jsonl").write_text(text)
    with pytest.raises(ScriptWrong, match=r"^[^\n]*x\.jsonl[^\n]*$"):
        task_of(Path("x.jsonl"), plays=False)


def test_a_script_that_a_model_plays_has_no_words(here):
    Path("x.yaml").write_text("user: {goal: a refund}\n")
    with pytest.raises(ScriptWrong, match=r"x.yaml: a model plays its user, .*: use chatbot replay"):
        words_of(Path("x.yaml"))
