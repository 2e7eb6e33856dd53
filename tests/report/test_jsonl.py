"""Result files: written, read back and merged; and where reports are written."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot.errors import UsageError
from chatbot.replay.runs import Run, run_from_json
from chatbot.report import check, write
from chatbot.report.jsonl import as_jsonl, read_results
from tests.report.samples import failed, hostile, passed, repeated, wrong

LATER = "2026-11-22T00:00:00+00:00"


def kept(folder, name, *runs):
    path = folder / name
    path.write_text(as_jsonl(runs), "utf-8")
    return path


def names(runs):
    return [(run.script, run.number) for run in runs]


def test_a_run_is_a_line():
    runs = [passed(), failed(), wrong(), hostile()]
    text = as_jsonl(runs)
    assert [run_from_json(json.loads(line)) for line in text.splitlines()] == runs
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert as_jsonl([]) == ""


def test_shards_are_merged_in_order_of_script_and_number(tmp_path):
    b, a = repeated("b.yaml", 3), passed("a.yaml")
    first, second = kept(tmp_path, "1.jsonl", b[2], b[0]), kept(tmp_path, "2.jsonl", b[1], a)
    assert read_results([first, second]) == [a, *b]
    assert read_results([second, first]) == [a, *b]
    assert read_results([kept(tmp_path, "none.jsonl")]) == []


def test_a_run_that_is_there_twice_counts_once(tmp_path):
    runs = repeated(repeats=3)
    paths = [kept(tmp_path, "1.jsonl", *runs), kept(tmp_path, "2.jsonl", *runs[1:], runs[1])]
    assert read_results([*paths, paths[0]]) == runs


def test_what_two_machines_ran_is_numbered_anew_and_nothing_else_is(tmp_path):
    here = [Run("a.yaml", 1, began="1"), Run("a.yaml", 2, began="2"), Run("b.yaml", 4)]
    there = [Run("a.yaml", 1, began=LATER), Run("a.yaml", 2, began=LATER, seed=7)]
    merged = read_results([kept(tmp_path, "1.jsonl", *there), kept(tmp_path, "2.jsonl", *here)])
    ordered = [here[0], there[0], here[1], there[1]]
    assert merged == [*(replace(run, number=number) for number, run in enumerate(ordered, 1)), here[2]]


def test_runs_that_began_in_the_same_second_on_two_machines_both_count(tmp_path):
    merged = read_results([kept(tmp_path, "1.jsonl", passed("a.yaml")), kept(tmp_path, "2.jsonl", failed("a.yaml"))])
    assert names(merged) == [("a.yaml", 1), ("a.yaml", 2)]
    assert [run.passed for run in merged] == [True, False]


def test_files_that_were_put_behind_one_another_are_one(tmp_path):
    path = tmp_path / "all.jsonl"
    path.write_bytes(f"{as_jsonl([Run('a')])}\r\n\n{as_jsonl([Run('b')])}".encode().rstrip())
    assert names(read_results([path])) == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"nonsense", "this is no line of a result file: it is not JSON at column 1"),
        (b'{"type": "replayed"', "this is no line of a result file: it is not JSON at column 20"),
        (b"\xff", "this is no line of a result file: it is not UTF-8"),
        (b"[]", "it is no object"),
        (b"[" * 100_000, "it is nested too deep"),
        (b'{"type": "turn_ended\\u001b[2J"}', "this is no line of a result file: its type is 'turn_ended\\x1b[2J'"),
        (b'{"type": "replayed"}', "this line of a result file is broken: KeyError: 'steps'"),
    ],
    ids=["words", "torn", "bytes", "list", "deep", "event", "fields"],
)
def test_what_is_no_result_is_told_with_file_and_line(line, why, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_bytes(as_jsonl([passed()]).encode() + b"\n" + line + b"\n")
    with pytest.raises(UsageError) as error:
        read_results([path])
    assert str(error.value) == f"{path}, line 3: {why}."


def test_numbers_that_no_run_has_are_told_in_a_line(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text(as_jsonl([passed()]).replace('"number": 1', '"number": 1e999'), "utf-8")
    with pytest.raises(UsageError, match=r"results.jsonl, line 1: .*infinity"):
        read_results([path])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"The results .*none.jsonl cannot be read: No such file or directory\.$"):
        read_results([tmp_path / "none.jsonl"])


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("r.xml", "<?xml "), ("r.jsonl", '{"type": "replayed"'), ("r.md", "# 1 of 1"), ("R.HTML", "<!doctype html>")],
)
def test_the_suffix_names_the_form(name, beginning, tmp_path):
    path = tmp_path / name
    check(path)
    write(path, [passed()])
    assert path.read_text("utf-8").lower().startswith(beginning.lower())


def test_another_suffix_is_refused_with_those_there_are(tmp_path):
    line = "has no form: let its name end in .xml (JUnit), .jsonl (results), .md (Markdown) or .html (a page)."
    for path in (tmp_path / "report.txt", tmp_path / "report", Path("xml")):
        for refusing in (check, lambda path: write(path, [])):
            with pytest.raises(UsageError) as error:
                refusing(path)
            assert str(error.value) == f"The report {path} {line}"


def test_a_report_is_for_whom_the_umask_lets_read_it_and_replaces_the_last(tmp_path):
    path = tmp_path / "report.md"
    path.write_text("old")
    path.chmod(0o600)
    before = os.umask(0o027)
    try:
        write(path, [])
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text().startswith("# 0 of 0")
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_is_told_before_anything_runs(tmp_path):
    (tmp_path / "a.md").mkdir()
    for name, why in {
        "none/a.md": f"there is no folder {tmp_path}/none: make it first.",
        "a.md": "a folder has that name.",
        f"{'x' * 256}/a.md": "File name too long.",
    }.items():
        with pytest.raises(UsageError) as error:
            check(tmp_path / name)
        assert str(error.value) == f"The report {tmp_path / name} cannot be written: {why}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_in_which_nothing_may_be_written(tmp_path):
    (tmp_path / "in").mkdir()
    try:
        tmp_path.chmod(0o500)
        with pytest.raises(UsageError, match="nothing may be written to"):
            check(tmp_path / "a.md")
        tmp_path.chmod(0o400)
        with pytest.raises(UsageError, match="Permission denied"):
            check(tmp_path / "in" / "a.md")
    finally:
        tmp_path.chmod(0o700)


def test_what_fails_later_is_told_in_a_line_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.md").mkdir()
    with pytest.raises(UsageError, match=r"The report .*a\.md cannot be written: Is a directory\.$"):
        write(tmp_path / "a.md", [])
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]
    with pytest.raises(UsageError, match=r"b\.md cannot be written: No such file or directory\.$"):
        write(tmp_path / "none" / "b.md", [])
