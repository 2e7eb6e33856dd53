"""`chatbot sessions`, as a process: what was kept is listed, shown, found, passed on, deleted."""

import json
import stat

import pytest

from tests.program import ROOT, clean_environment
from tests.transcript.talk import TALK, keep, started, turn

FIRST = "a1b2c3d4e5f6"
EVIL = "\x1b]0;title\x07Close \x1b[31mit"


@pytest.fixture
def folder(tmp_path):
    """Where the user's sessions are kept, with two in it."""
    folder = tmp_path / ".local" / "share" / "chatbot" / "sessions"
    keep(folder, *TALK)
    keep(folder, started("beefbeefbeef"), *turn(EVIL, "It is closed."), session="beefbeefbeef")
    return folder


@pytest.fixture
def on_terminal(tmp_path, in_terminal):
    """Run the command in a terminal."""

    def on_terminal(*arguments, **options):
        return in_terminal("chatbot", "sessions", *arguments, env=clean_environment(tmp_path), cwd=str(ROOT), **options)

    return on_terminal


def files(folder):
    return sorted(path.name.rpartition("-")[2] for path in folder.iterdir())


@pytest.mark.parametrize("arguments", [["sessions"], ["sessions", "list"]])
def test_sessions_are_listed_the_latest_first(run, folder, arguments):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "beefbeefbeef  just now  1 turn  scripted  support, weather  Close it\n"
        "a1b2c3d4e5f6  just now  1 turn  scripted  support, weather  Größe of ticket 12345? In one line.\n"
    )


def test_a_list_for_programs_is_an_object_a_line(run, folder):
    done = run("sessions", "list", "--json", "--limit", "1")
    [session] = map(json.loads, done.stdout.splitlines())
    assert session.pop("ended").endswith("+00:00")
    assert session == {
        "session": "beefbeefbeef",
        "started": "2026-11-21T07:15:00+00:00",
        "turns": 1,
        "model": "scripted",
        "packs": ["support", "weather"],
        "said": EVIL,
    }


def test_where_nothing_is_kept_the_list_is_empty(run):
    done = run("sessions", "list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_session_is_shown_in_a_pipe_as_plain_text(run, folder):
    done = run("sessions", "show", "a1")
    assert done.returncode == 0
    assert done.stdout == (
        "assistant: Hello!\n"
        "user: Größe of ticket 12345?\nIn one line.\n"
        'assistant: call function get_ticket, with arguments {"ticket": "12345"}\n'
        'function response: {"status": "Open"}\n'
        "assistant: It is **Open**.\n"
    )
    assert done.stderr == "chatbot: info: A note.\n"


def test_a_session_is_shown_on_a_terminal_as_it_was(on_terminal, folder):
    with on_terminal("show", "a1") as terminal:
        terminal.wait_until(lambda: "It is Open." in terminal.text())
        assert "> Größe of ticket 12345?" in terminal.text()


def test_what_is_broken_is_told_beside_the_rest(run, folder):
    path = next(folder.glob(f"*{FIRST}*"))
    path.write_bytes(b"\0\0\n" + path.read_bytes() + b'{"half')
    done = run("sessions", "show", "a1")
    assert done.returncode == 0
    assert done.stdout.endswith("assistant: It is **Open**.\n")
    assert done.stderr.splitlines()[:2] == [
        f"chatbot: {path.name}, line 1, is broken and was left out.",
        f"chatbot: {path.name}: its end is torn and was left out.",
    ]


def test_words_are_found_in_all_sessions(run, folder):
    assert run("sessions", "search", "CLOSE", "it").stdout == "beefbeefbeef  just now  user: Close it\n"
    assert run("sessions", "search", "status").stdout == (
        'a1b2c3d4e5f6  just now  result: get_ticket: {"status": "Open"}\n'
    )
    nothing = run("sessions", "search", "nowhere")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "chatbot: nothing was found\n")


@pytest.mark.parametrize(
    ("form", "begins"),
    [("markdown", "# Session a1b"), ("html", "<!DOCTYPE html>"), ("svg", "<svg"), ("json", "[\n{"), ("SCRIPT", "# S")],
)
def test_a_session_is_exported_to_standard_output(run, folder, form, begins):
    done = run("sessions", "export", "a1", "--to", form, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(begins)


def test_an_export_to_a_file_is_for_its_owner_alone_and_overwrites_nothing(run, folder, tmp_path):
    path = tmp_path / "talk.yaml"
    export = ["sessions", "export", "a1", "--to", "script", "--output", "talk.yaml"]
    assert run(*export).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Größe of ticket 12345?" in path.read_text("utf-8")

    path.write_text("mine")
    path.chmod(0o644)
    done = run(*export)
    assert (done.returncode, done.stderr) == (
        2,
        "chatbot: talk.yaml is there already; another name, or --force, will do.\n",
    )
    assert path.read_text() == "mine"

    assert run(*export, "--force").returncode == 0
    assert path.read_text("utf-8").startswith("# Session a1b2c3d4e5f6")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_exported_script_is_a_test_of_what_was_said(run, tmp_path):
    words = 'my username is "john_doe" and my API key is "key"\nWhat about ticket 12345?\n'
    assert run("--pack", "support", said=words).returncode == 0
    exported = run("sessions", "export", "--script")
    assert "arguments_include:\n            username: john_doe\n" in exported.stdout
    assert 'key is "${secret_1}"' in exported.stdout
    (tmp_path / "talk.yaml").write_text(exported.stdout, "utf-8")
    done = run("replay", "talk.yaml", SECRET_1="key")
    assert (done.returncode, done.stdout[:4]) == (0, "ok  ")
    wrong = run("replay", "talk.yaml", SECRET_1="no key")
    assert wrong.returncode == 1
    assert "+ (ends: done)" not in wrong.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "c"], "There is no session 'c'. The latest: beefbeefbeef, a1b2c3d4e5f6."),
        (["show", "\x1b[2Jc"], "There is no session 'c'. The latest: beefbeefbeef, a1b2c3d4e5f6."),
        (["export", "a1", "--to", "pdf"], "There is no form 'pdf': markdown, html, svg, json, script."),
        (["export", "a1", "--output", "none/x"], "none/x cannot be written: No such file or directory."),
        (
            ["delete", "a1", "beef"],
            "Nobody is there to be asked whether to delete a1b2c3d4e5f6, beefbeefbeef: say --yes.",
        ),
        (["delete", "a1", "c", "--yes"], "There is no session 'c'. The latest: beefbeefbeef, a1b2c3d4e5f6."),
    ],
)
def test_what_cannot_be_done_is_one_line(run, folder, arguments, says):
    done = run("sessions", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"chatbot: {says}\n")
    assert len(files(folder)) == 2


def test_sessions_are_deleted_without_a_question_where_yes_was_said(run, folder):
    done = run("sessions", "delete", "a1", "beef", "a1b2", "--yes")
    assert (done.returncode, done.stderr) == (0, "chatbot: deleted a1b2c3d4e5f6, beefbeefbeef\n")
    assert files(folder) == []


@pytest.mark.parametrize(("answer", "left"), [("y", 1), ("n", 2), ("", 2)], ids=["yes", "no", "Enter"])
def test_deleting_asks_on_a_terminal(on_terminal, folder, answer, left):
    with on_terminal("delete", "a1") as terminal:
        terminal.wait_until(lambda: "Delete a1b2c3d4e5f6 for good? [y/N]:" in terminal.text())
        terminal.type(f"{answer}\r")
        assert terminal.wait_for_exit() == 0
    assert len(files(folder)) == left


def test_on_a_terminal_a_session_is_one_line_of_it(on_terminal, folder):
    keep(folder, started("cafecafecafe"), *turn("word " * 100), session="cafecafecafe")
    with on_terminal("list", columns=60) as terminal:
        terminal.wait_until(lambda: FIRST in terminal.text())
        assert [line[:12] for line in terminal.lines() if line] == ["cafecafecafe", "beefbeefbeef", FIRST]


def test_on_a_terminal_a_line_of_wide_characters_is_one_line_of_it(on_terminal, folder):
    keep(folder, started("cafecafecafe"), *turn("票" * 50), session="cafecafecafe")
    with on_terminal("list", columns=80) as terminal:
        terminal.wait_until(lambda: FIRST in terminal.text())
        assert [line[:12] for line in terminal.lines() if line] == ["cafecafecafe", "beefbeefbeef", FIRST]


def test_one_letter_continues_and_does_not_stand_for_the_context_too(run):
    assert "-c, --context" not in run("--help").stdout
    assert "-c, --continue" in run("--help").stdout


def test_a_session_goes_on_with_what_was_said_and_with_its_packs(run):
    run("--pack", "minecraft,support", "--no-greeting", said='I am john_doe, my API key is "key"\n')
    done = run("-c", "--no-greeting", "--json", said="What is the status of ticket 12345?\n")
    assert done.returncode == 0, done.stderr
    started, notice, *_ = map(json.loads, done.stdout.splitlines())
    assert (started["type"], started["packs"]) == ("session_changed", ["minecraft", "support"])
    assert "Nobody is verified in it yet." in notice["text"]
    kept = run("sessions", "list", "--json").stdout.splitlines()
    assert [json.loads(line)["turns"] for line in kept] == [2]


def test_what_cannot_be_resumed_is_one_line(run):
    assert run("-c", said="hi\n").stderr == "chatbot: No session is kept yet.\n"
    run("--no-greeting", "--pack", "none", said="hi\n")
    assert "There is no session 'nope'" in run("--resume", "nope", said="hi\n").stderr
    assert "--resume needs the id of a session here" in run("--resume", said="hi\n").stderr
    assert run("-c", "--no-save", said="hi\n").stderr.endswith("(--no-save).\n")


def test_nothing_is_kept_with_no_save(run, tmp_path):
    run("--no-save", "--no-greeting", said="hi\n")
    assert run("sessions").stdout == ""


def test_a_session_is_chosen_from_a_list(run, tmp_path, in_terminal):
    run("--no-greeting", "--pack", "none", said="the first words\n")
    with in_terminal("chatbot", "--resume", env=clean_environment(tmp_path), cwd=str(tmp_path)) as terminal:
        terminal.wait_for("Which one (number or id) [1]:")
        terminal.type("1\r")
        terminal.wait_for("> the first words")
        terminal.wait_for("This goes on with the session")


def test_what_is_broken_in_a_session_is_told_when_it_goes_on(run, folder):
    [path] = folder.glob("*a1b2*")
    path.write_bytes(path.read_bytes() + b'{"type": "turn_star')
    done = run("--resume", "a1b2", "--plain", "--no-greeting", said="hello\n")
    assert "its end is torn and was left out" in done.stderr
