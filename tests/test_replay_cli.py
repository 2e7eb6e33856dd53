"""`chatbot replay` and `chatbot report` as programs: what they print, what they write, and how they end."""

import json
import re
import signal
import xml.etree.ElementTree as ET

import pytest

from tests.program import clean_environment

DESK = '''
import time
from chatbot import Secret, Verified, tool

@tool
def verify(name: str, key: Secret[str]) -> Verified:
    """Verify the user by name and key."""
    return Verified(f"welcome with {key}", user=name)

@tool
def wait() -> str:
    """Wait a moment."""
    print("waiting", flush=True)
    time.sleep(20)
    return "waited"
'''
HI = "model: offline\npack: none\nturns:\n  - user: hi\n"
FAILS = f"{HI}    expect:\n      answer:\n        contains: ahoy\n"
WRONG = "trns: []\n"
WAITS = "model: offline\npack: ./desk.py\nturns:\n  - user: Please wait a moment.\n"
SECONDS = re.compile(r"\d+\.\d+ s\b")


@pytest.fixture
def scripts(tmp_path):
    """Write scripts into the folder in which the program runs."""

    def scripts(**texts):
        (tmp_path / "desk.py").write_text(DESK)
        for name, text in texts.items():
            (tmp_path / "talks").mkdir(exist_ok=True)
            (tmp_path / "talks" / f"{name}.yaml").write_text(text.replace("./desk.py", "../desk.py"), "utf-8")

    return scripts


def lines(done):
    return SECONDS.sub("- s", done.stdout).splitlines()


def test_all_passed(run, scripts):
    scripts(a=HI, b=HI)
    done = run("replay", "talks", "--jobs", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert lines(done) == [
        "ok    talks/a.yaml (1 turn, - s)",
        "ok    talks/b.yaml (1 turn, - s)",
        "2 passed of 2 scripts in - s.",
    ]


def test_some_failed(run, scripts):
    scripts(a=FAILS, b=HI)
    done = run("replay", "talks", "--jobs", "1")
    assert (done.returncode, done.stderr) == (1, "")
    told = lines(done)
    assert told[:7] == [
        "FAIL  talks/a.yaml (1 turn, - s)",
        "ok    talks/b.yaml (1 turn, - s)",
        "",
        "talks/a.yaml:",
        '  turn 1, expect.answer.contains (line 7): the answer should be one that contains "ahoy"',
        "      user: hi",
        '    - assistant: an answer that contains "ahoy"',
    ]
    assert told[7].startswith("    + assistant: I am the offline assistant")
    assert told[8:] == ["      (ends: done)", "1 passed, 1 failed of 2 scripts in - s."]


def test_one_is_wrong(run, scripts):
    scripts(a=FAILS, b=HI, c=WRONG)
    done = run("replay", "talks", "--jobs", "1")
    assert (done.returncode, done.stderr) == (2, "")
    told = lines(done)
    assert told[0] == "WRONG talks/c.yaml (0 turns, - s)"
    assert "  talks/c.yaml, line 1, column 1: trns: nothing is called so here (did you mean turns)." in told
    assert told[-1] == "1 passed, 1 failed, 1 could not be run of 3 scripts in - s."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Which scripts? Give files, folders or globs: chatbot replay examples/"),
        (["nowhere"], "There is no script nowhere: give files, folders or globs."),
        (["x\x1bcy\x07"], "There is no script xy: give files, folders or globs."),
        (["talks", "--filter", "nobody"], "--filter nobody: none of the 2 scripts has such a path."),
        (["talks", "--shard", "3/2"], "--shard 3/2: it should be K/N, such as 1/4 for the first of four parts."),
        (["talks", "--shard", "0/2"], "--shard 0/2: it should be K/N, such as 1/4 for the first of four parts."),
        (["talks", "--shard", f"1/{'9' * 5000}"], None),
        (["talks", "--timeout", "0"], "--timeout 0: it should be a number of seconds, more than 0."),
        (["talks", "--timeout", "nan"], "--timeout nan: it should be a number of seconds, more than 0."),
        (["talks", "--timeout", "inf"], "--timeout inf: it should be a number of seconds, more than 0."),
        (["talks", "--report", "x.pdf"], None),
        (["talks", "--report", "none/x.xml"], "The report none/x.xml cannot be written: there is no folder none"),
        (["talks", "--record", "r", "--repeat", "2"], "--record keeps one run of each script: leave --repeat out."),
        (["talks", "--jobs", "0"], None),
        (["talks", "--min-pass-rate", "1.1"], None),
    ],
)
def test_what_cannot_be_done_is_one_line_before_anything_runs(run, scripts, arguments, told):
    scripts(a=HI, b=HI)
    done = run("replay", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"chatbot: {told or ''}")


def test_repeats_are_told_as_rates_with_how_sure_that_is(run, scripts):
    scripts(a=FAILS, b=HI)
    done = run("replay", "talks", "--repeat", "3", "--jobs", "1")
    assert done.returncode == 1
    assert lines(done)[:2] == [
        "FAIL  talks/a.yaml (0 of 3 passed (0 %, 95 % interval 0-56 %), - s)",
        "ok    talks/b.yaml (3 of 3 passed (100 %, 95 % interval 44-100 %), - s)",
    ]
    assert [line for line in lines(done) if line.startswith("talks/")] == [
        "talks/a.yaml:",
        "talks/a.yaml, run 2:",
        "talks/a.yaml, run 3:",
    ]
    lenient = run("replay", "talks", "--repeat", "2", "--min-pass-rate", "0")
    assert (lenient.returncode, lines(lenient)[-1]) == (0, "2 passed of 2 scripts in - s.")


def test_with_fail_fast_the_rest_is_not_run_and_that_is_told(run, scripts):
    scripts(a=FAILS, b=WAITS, c=HI)
    done = run("replay", "talks", "--fail-fast", "--jobs", "2", "--filter", "talks/[ab].yaml")
    assert done.returncode == 1
    assert lines(done)[-1] == "0 passed, 1 failed, 1 not run of 2 scripts in - s."


def test_shards_make_results_that_are_merged(run, scripts, tmp_path):
    scripts(a=HI, b=FAILS, c=HI)
    codes = [
        run("replay", "talks", "--shard", f"{number}/4", "--report", f"{number}.jsonl").returncode
        for number in range(1, 5)
    ]
    assert codes == [0, 1, 0, 0]  # nothing is left for the fourth
    merged = run("report", *(f"{number}.jsonl" for number in range(1, 5)), "--report", "all.jsonl")
    assert merged.returncode == 1
    assert lines(merged)[:3] == [
        "ok    talks/a.yaml (1 turn, - s)",
        "FAIL  talks/b.yaml (1 turn, - s)",
        "ok    talks/c.yaml (1 turn, - s)",
    ]
    assert '    - assistant: an answer that contains "ahoy"' in lines(merged)
    assert lines(merged)[-1] == "2 passed, 1 failed of 3 scripts in - s."
    parts = [line for number in (1, 2, 3) for line in (tmp_path / f"{number}.jsonl").read_text().splitlines()]
    assert (tmp_path / "all.jsonl").read_text().splitlines() == parts


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "nonsense",
        '{"type": "replayed", "script": null}',
        '{"type": "replayed", "script": null, "number": 1, "description": "", "began": "", "seconds": 1, "seed": null, '
        '"wrong": "", "unmet": [], "steps": []}',
        '{"type": "replayed", "script": "a", "number": 1e999, "description": "", "began": "", "seconds": 1, '
        '"seed": null, "wrong": "", "unmet": [], "steps": []}',
    ],
)
def test_results_that_are_none_are_one_line(run, tmp_path, line):
    (tmp_path / "bad.jsonl").write_text(line + "\n")
    done = run("report", "bad.jsonl")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("chatbot: bad.jsonl, line 1: this ")


def test_every_kind_of_report_is_written_from_the_same_runs(run, scripts, tmp_path):
    scripts(a=FAILS, b=HI, c=WRONG)
    names = ["r.xml", "r.jsonl", "r.md", "r.html"]
    assert run("replay", "talks", *(part for name in names for part in ("--report", name))).returncode == 2
    suites = ET.parse(tmp_path / "r.xml").getroot()
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("3", "1", "1")
    runs = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert sorted((one["script"], one["passed"]) for one in runs) == [
        ("talks/a.yaml", False),
        ("talks/b.yaml", True),
        ("talks/c.yaml", False),
    ]
    for name in ("r.md", "r.html"):
        text = (tmp_path / name).read_text("utf-8")
        assert all(f"talks/{script}.yaml" in text for script in "abc")
    assert sorted(path.name for path in tmp_path.glob("r.*")) == sorted(names)


def test_updating_writes_what_happened(run, scripts, tmp_path):
    scripts(a=f"# mine\n{FAILS}", b=HI.replace("pack: none\n", ""))
    done = run("replay", "talks/a.yaml", "--update")
    assert done.returncode == 1
    assert lines(done)[-2] == ("talks/a.yaml has new expectations: turn 1, answer. Look at them before you keep them.")
    assert (tmp_path / "talks/a.yaml").read_text("utf-8").startswith("# mine\nmodel: offline\n")
    again = run("replay", "talks/a.yaml", "--update")
    assert (again.returncode, lines(again)[-2]) == (0, "talks/a.yaml is as it was.")


def test_a_script_that_cannot_be_updated_takes_no_report_with_it(run, scripts, tmp_path):
    scripts(a=HI.replace("none", "../gone.py"))
    gone = "import shutil\nshutil.rmtree('talks')\n"
    (tmp_path / "gone.py").write_text(DESK + gone)
    done = run("replay", "talks/a.yaml", "--update", "--report", "r.jsonl")
    assert done.returncode == 2
    assert lines(done)[-1] == "1 passed of 1 script in - s."
    assert done.stderr == "chatbot: The script talks/a.yaml cannot be written: No such file or directory.\n"
    assert (tmp_path / "r.jsonl").is_file()


def test_what_is_recorded_runs_without_a_model_and_a_departure_says_where_and_why(run, scripts, tmp_path):
    scripts(a=f"{HI}  - user: bye\n", b=HI)
    assert run("replay", "talks", "--record", "kept").returncode == 0
    played = run("replay", "talks", "--model", "playback:kept", "--jobs", "1")
    assert lines(played)[:2] == ["ok    talks/a.yaml (2 turns, - s)", "ok    talks/b.yaml (1 turn, - s)"]
    scripts(a=f"{HI}  - user: farewell\n")
    (tmp_path / "kept/b.jsonl").unlink()
    departed = run("replay", "talks", "--model", "playback:kept", "--jobs", "1")
    assert departed.returncode == 2
    told = " ".join(lines(departed))
    assert "This run departs from kept/a.jsonl at turn 2: the user says something else." in told
    assert "The recording kept/b.jsonl cannot be read: No such file or directory." in told


KEY = "s3same-open-12345"


def test_a_secret_stands_in_nothing_that_is_shown_or_kept(run, scripts, tmp_path):
    scripts(
        a="secrets: {key: DESK_KEY}\nmodel: offline\npack: ./desk.py\nturns:\n"
        "  - user: My name is ann and my key is ${key}.\n    expect:\n      calls: []\n      answer: {equals: no}\n"
    )
    kept = ["r.xml", "r.jsonl", "r.md", "r.html", "kept/a.jsonl"]
    flags = [part for name in kept[:4] for part in ("--report", name)]
    done = run("replay", "talks", "--record", "kept", "--update", *flags, DESK_KEY=KEY)
    assert (done.returncode, "•••" in done.stdout) == (1, True)
    for text in (done.stdout, done.stderr, *((tmp_path / name).read_text("utf-8") for name in kept)):
        assert KEY not in text
    assert KEY not in (tmp_path / "talks/a.yaml").read_text("utf-8")
    assert "DESK_KEY" in run("replay", "talks").stdout  # which one is missing


def test_no_control_character_reaches_the_terminal(run, scripts, tmp_path):
    evil = r"\e]52;c;x\a\e[2J\u202e\u2028\x9b31m"
    scripts(
        a=f'description: "{evil}"\nmodel: offline\npack: none\nturns:\n  - user: "{evil}hi"\n    expect:\n'
        f'      never_called: "{evil}"\n      answer: {{contains: "{evil}"}}\n      calls: ["{evil}"]\n',
        b=f'"{evil}": 1\nturns: []\n',
        c=f'secrets: {{"{evil}": X}}\nturns: [{{user: hi}}]\n',
    )
    (tmp_path / "talks/\x1b[2J.yaml").write_text(HI)
    done = run("replay", "talks", "--update")
    assert done.returncode == 2
    shown = done.stdout + done.stderr
    assert [letter for letter in shown if letter != "\n" and not letter.isprintable()] == []


def test_a_run_that_takes_too_long_fails(run, scripts):
    scripts(a=WAITS, b=HI)
    done = run("replay", "talks", "--timeout", "1", "--jobs", "1")
    assert done.returncode == 1
    assert "  --timeout: it did not come to its end within 1 seconds" in lines(done)
    assert lines(done)[-1] == "1 passed, 1 failed of 2 scripts in - s."
    assert done.stderr == "waiting\n"  # what a tool prints is not ours


def test_the_schema_is_printed_for_editors(run):
    done = run("replay", "--schema")
    assert (done.returncode, json.loads(done.stdout)["title"]) == (0, "Script")


@pytest.fixture
def on_terminal(in_terminal, tmp_path):
    def on_terminal(*arguments, **options):
        return in_terminal("chatbot", *arguments, env=clean_environment(tmp_path), cwd=str(tmp_path), **options)

    return on_terminal


def test_ctrl_c_ends_it_and_what_has_ended_is_told(on_terminal, scripts, tmp_path):
    scripts(a=HI, b=FAILS, c=WAITS, d=WAITS)
    terminal = on_terminal("replay", "talks", "--jobs", "1", "--report", "r.jsonl")
    terminal.wait_for("waiting")
    terminal.signal(signal.SIGINT)
    assert terminal.wait_for_exit() == 130
    told = [SECONDS.sub("- s", line) for line in terminal.lines() if line]
    assert told[0] == "ok    talks/a.yaml (1 turn, - s)"
    assert told[-1] == "1 passed, 1 failed, 2 not run of 4 scripts in - s."
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 2


def test_on_a_terminal_a_bar_stands_below_the_lines_and_is_gone_in_the_end(on_terminal, scripts):
    scripts(a=HI, b=WAITS)
    terminal = on_terminal("replay", "talks", "--jobs", "1", "--timeout", "1")
    terminal.wait_for("replaying")
    terminal.wait_for("1/2")
    assert terminal.wait_for_exit() == 1
    text = terminal.text()
    assert "replaying" not in text
    assert [SECONDS.sub("- s", line) for line in text.splitlines()][:3] == [
        "ok    talks/a.yaml (1 turn, - s)",
        "waiting",
        "FAIL  talks/b.yaml (1 turn, - s)",
    ]
    assert b"\x1b[32mok" in terminal.raw
    assert b"\x1b[1;31mFAIL" in terminal.raw
