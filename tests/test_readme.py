import pytest

from tests.readme import PACK, README, ROOT, SHELL, rewritten, run

TEXT = README.read_text("utf-8")
COMMANDS = [line for block in SHELL.findall(TEXT) for line in block.splitlines()]


def test_the_console_blocks_show_what_their_commands_print():
    assert rewritten(TEXT) == TEXT, "run: python -m tests.readme"


@pytest.mark.parametrize("command", [command for command in COMMANDS if "chatbot" in command])
def test_every_command_runs(command, tmp_path):
    (tmp_path / "my_tools.py").write_text(PACK.search(TEXT)[1], "utf-8")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = run(command, tmp_path, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_two_commands_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    made = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert made == ["chat", "test"]
    assert all(f"\n{target}: " in makefile for target in made)


def test_the_pack_of_the_readme_rolls_the_die_that_was_asked_for(tmp_path):
    (tmp_path / "my_tools.py").write_text(PACK.search(TEXT)[1], "utf-8")
    done = run("echo 'Roll a die with 20 sides' | chatbot --pack ./my_tools.py", tmp_path, tmp_path)
    assert 'call function roll_dice, with arguments {"sides": 20}' in done.stdout


def test_files_that_the_readme_names_are_there():
    assert (ROOT / "docs" / "chat.svg").read_text("utf-8").startswith("<svg")
    assert (ROOT / ".env.example").is_file()
