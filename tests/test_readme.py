import re
import shlex
import shutil
import socket

import pytest

import chatbot.pytest_plugin
from tests.program import clean_environment
from tests.readme import PYTHON, README, ROOT, SCRIPT, SHELL, rewritten, run, runnable

TEXT = README.read_text("utf-8")
OTHERS = ("make", "pytest")
PREPARED = (
    "chatbot --script examples/support.yaml --record support.jsonl",
    "chatbot replay my_bot.yaml --record recordings",
    "chatbot replay my_bot.yaml --report results.jsonl",
)
"""What commands of the README go on with; each of them may be the only one that is tested."""
PACK, TEST = PYTHON.findall(TEXT)
COMMANDS = [line for block in SHELL.findall(TEXT) for line in block.splitlines()]


@pytest.fixture(scope="module")
def forked(zygote):
    """Run a command of the README in a home."""

    def forked(command, home):
        if not (home / "examples").exists():
            (home / "examples").symlink_to(ROOT / "examples")
        said, pipe, program = re.fullmatch(r"(?:echo '([^']*)' (\| ))?chatbot(.*)", command).groups()
        environment = clean_environment(home) | {"COLUMNS": "100"}
        return zygote.run(shlex.split(program), home, environment, f"{said}\n" if pipe else "")

    return forked


def test_the_console_blocks_show_what_their_commands_print(forked):
    assert rewritten(TEXT, forked) == TEXT, "run: python -m tests.readme"


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory, seeded, forked):
    """A home in which there has been a conversation, to go on with and to play again, and what the README gives."""
    home = tmp_path_factory.mktemp("home")
    (home / "my_tools.py").write_text(PACK, "utf-8")
    (home / "my_bot.yaml").write_text(SCRIPT.search(TEXT)[1], "utf-8")
    shutil.copy(seeded, home / "support.db")
    for command in PREPARED:
        done = forked(command, home)
        assert done.returncode == 0, done.stderr + done.stdout
    return home


@pytest.mark.xdist_group("readme")  # the home is lived in once
@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith(OTHERS)])
def test_every_command_runs(command, lived_in, forked):
    if recorded := re.search(r"--record (\S+)", command):
        kept = lived_in / recorded[1]
        for recording in kept.iterdir() if kept.is_dir() else [kept]:
            recording.unlink()
    done = forked(command, lived_in)
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    made = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert made == ["chat", "test"]
    assert all(f"\n{target}: " in makefile for target in made)


def test_the_pack_of_the_readme_rolls_the_die_that_was_asked_for(tmp_path, forked):
    (tmp_path / "my_tools.py").write_text(PACK, "utf-8")
    done = forked("echo 'Roll a die with 20 sides' | chatbot --pack ./my_tools.py", tmp_path)
    assert 'call function roll_dice, with arguments {"sides": 20}' in done.stdout


def test_scripts_and_the_test_in_python_are_tests_of_pytest(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("SUPPORT_DB", str(pytester.path / "support.db"))
    (command,) = (command for command in COMMANDS if command.startswith("pytest"))
    (pytester.path / "examples").symlink_to(ROOT / "examples")
    pytester.makepyfile(TEST)
    _, *arguments = shlex.split(command)
    done = pytester.runpytest_inprocess(*arguments, ".", plugins=[chatbot.pytest_plugin])
    done.assert_outcomes(passed=11)


def test_every_refusal_of_the_trust_table_can_be_seen():
    rows = [line.split("|")[4] for line in TEXT.splitlines() if line.startswith("|") and line.count("|") == 5]
    words = [word for row in rows for word in re.findall(r"`(\w+)`", row)]
    tests = (ROOT / "tests" / "test_misbehaving.py").read_text("utf-8")
    assert len(words) >= 9
    assert [word for word in words if not re.search(rf"def test_\w*{word}", tests)] == []


def test_both_sides_of_functions_behind_http_in_three_commands(tmp_path):
    export, serve, ask = re.search(r"(?ms)^```bash\n(.*?)^```$", TEXT)[1].splitlines()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    wait = f"until (echo > /dev/tcp/127.0.0.1/{port}) 2>/dev/null; do sleep 0.05; done"
    script = "\n".join([export, f"{serve[:-2]} --port {port} &", wait, ask.replace(":5000/", f":{port}/"), "kill %1"])
    done = run(f"bash -mc {shlex.quote(runnable(script))}", tmp_path, tmp_path)
    assert "function response: The weather for San Francisco is sunny" in done.stdout, done.stderr


def test_files_that_the_readme_names_are_there():
    assert (ROOT / "docs" / "chat.svg").read_text("utf-8").startswith("<svg")
    assert (ROOT / ".env.example").is_file()
