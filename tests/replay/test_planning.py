"""What is to be run: the paths, the flags and what is asked for in, jobs and wrong scripts out."""

from pathlib import Path

import pytest

from chatbot.errors import UsageError
from chatbot.replay.planning import Plan

TURNS = "turns: [{user: hi}]\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder, in which we are, of two scripts and one that is wrong."""
    for name, text in (("a.yaml", TURNS), ("b.yaml", TURNS), ("c.yaml", "turns: hi\n")):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def planned(*paths, **fields):
    return Plan(paths or (".",), **fields).jobs()


def test_each_script_is_due_and_one_that_is_wrong_has_run_already(here):
    due, wrong = planned(timeout=2.5, flags={"pack": ["none"]})
    assert [(str(job.task.path), job.number, job.timeout, job.record) for job in due] == [
        ("a.yaml", 1, 2.5, None),
        ("b.yaml", 1, 2.5, None),
    ]
    assert [dict(job.flags) for job in due] == [{"pack": ["none"]}] * 2
    [run] = wrong
    assert (run.script, run.passed, run.wrong) == (
        "c.yaml",
        False,
        "c.yaml, line 1, column 1: turns: it should be a list.",
    )
    assert run.began.endswith("+00:00")


def test_each_repeat_is_a_job(here):
    due, wrong = planned(repeat=3, filter="a.yaml")
    assert [(str(job.task.path), job.number) for job in due] == [("a.yaml", number) for number in (1, 2, 3)]
    assert wrong == []


def test_a_simulated_user_begins_with_another_chance_in_each_repeat(here):
    (here / "a.yaml").write_text("user: {goal: a refund, seed: 7}\n")
    due, _ = planned("a.yaml", "b.yaml", repeat=2)
    assert [job.seed for job in due] == [7, 8, None, None]


def test_shards_are_machines_that_share_the_scripts(here):
    parts = [planned(shard=(number, 3)) for number in (1, 2, 3)]
    assert [[str(job.task.path) for job in due] for due, _ in parts] == [["a.yaml"], ["b.yaml"], []]
    assert [len(wrong) for _, wrong in parts] == [0, 0, 1]


def test_a_folder_of_recordings_has_one_for_each_script_by_its_name(here):
    (here / "kept").mkdir()
    due, _ = planned(flags={"model": "playback:kept"})
    assert [job.flags["model"] for job in due] == ["playback:kept/a.jsonl", "playback:kept/b.jsonl"]
    for one in ("playback:kept/a.jsonl", "offline", "playback:~nobody-knows"):
        assert planned(flags={"model": one})[0][0].flags == {"model": one}


def test_recordings_are_kept_in_a_folder_that_is_made_by_the_scripts_names(here):
    due, _ = planned(record=Path("deep/kept"))
    assert [job.record for job in due] == [Path("deep/kept/a.jsonl"), Path("deep/kept/b.jsonl")]
    assert (here / "deep/kept").is_dir()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"paths": ("nowhere",)}, "There is no script nowhere: give files, folders or globs."),
        ({"filter": "x"}, "--filter x: none of the 4 scripts has such a path."),
        ({"record": Path("kept"), "repeat": 2}, "--record keeps one run of each script: leave --repeat out."),
        ({"record": Path("kept")}, "--record would write a.jsonl twice: two scripts have that name."),
        (
            {"record": Path("a.yaml/kept"), "filter": "deep"},
            "The folder a.yaml/kept cannot be made: Not a directory.",
        ),
        ({"record": Path("a.yaml"), "filter": "deep"}, "The folder a.yaml cannot be made: File exists."),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_runs(here, fields, told):
    (here / "deep").mkdir()
    (here / "deep/a.yml").write_text(TURNS)
    with pytest.raises(UsageError) as caught:
        Plan(**{"paths": (".",)} | fields).jobs()
    assert str(caught.value) == told


def test_options_of_a_script_are_those_of_the_command_line_with_paths_that_begin_at_it(here):
    (here / "deep").mkdir()
    (here / "deep/a.yaml").write_text(
        "pack: [support, ./desk.py, desk.json, /abs/x.py]\nmodel: playback:kept/a.jsonl\nsystem: '@rules.txt'\n"
        "instructions: Be kind.\ncontext: {customer: Ann}\nshow_context: customer\nmax_steps: 3\ngrounded: true\n"
        "confirm: false\ngreeting: false\n" + TURNS
    )
    [job], _ = planned("deep/a.yaml")
    assert job.task.flags() == {
        "pack": ["support", "deep/desk.py", "deep/desk.json", "/abs/x.py"],
        "model": "playback:deep/kept/a.jsonl",
        "system": "@deep/rules.txt",
        "instructions": "Be kind.",
        "context": ['{"customer": "Ann"}'],
        "show_context": ["customer"],
        "max_steps": 3,
        "grounded": True,
        "confirm": False,
        "no_greeting": True,
    }


@pytest.mark.parametrize(
    ("model", "flag"),
    [
        ("offline", "offline"),
        ("local:weights.gguf", "local:deep/weights.gguf"),
        ("local:hf:some/model.gguf", "local:hf:some/model.gguf"),
        ("openai:m", "openai:m"),
        ("playback:~nobody-knows/a", "playback:deep/~nobody-knows/a"),
    ],
)
def test_a_models_path_begins_at_the_script(here, model, flag):
    (here / "deep").mkdir()
    (here / "deep/a.yaml").write_text(f"model: {model}\n{TURNS}")
    assert planned("deep/a.yaml")[0][0].task.flags() == {"model": flag}


def test_secrets_come_from_the_environment_and_one_that_is_not_there_is_told(here):
    (here / "a.yaml").write_text(f"secrets:\n  key: SUPPORT_KEY\n{TURNS}")
    task = planned("a.yaml")[0][0].task
    assert task.secrets({"SUPPORT_KEY": "s3same"}) == {"key": "s3same"}
    for environment in ({}, {"SUPPORT_KEY": ""}):
        with pytest.raises(UsageError) as caught:
            task.secrets(environment)
        assert str(caught.value) == "a.yaml, line 2: the secret key should be in the environment, as SUPPORT_KEY."
