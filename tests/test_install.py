"""What a newcomer installs is whole: built here, unpacked elsewhere, run from a third place."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=60)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed, home, *arguments, said=""):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "CHATBOT", "XDG"))}
    return subprocess.run(
        [sys.executable, "-m", "chatbot", *arguments],
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=home,
        env=kept | {"HOME": str(home), "PYTHONPATH": str(installed)},
    )


def test_the_packs_are_found_from_any_folder(installed, tmp_path):
    done = run(installed, tmp_path, "tools", "--pack", "support,minecraft")
    assert done.returncode == 0, done.stderr
    assert "get_ticket_status" in done.stdout
    assert "get_uuid_from_username" in done.stdout


def test_the_installed_program_answers(installed, tmp_path):
    done = run(installed, tmp_path, said='My username is john_doe, my API key is "key". Status of ticket 12345?\n')
    assert done.returncode == 0, done.stderr
    assert "Billing Query" in done.stdout
    [database] = tmp_path.rglob("support.db")
    assert database.stat().st_mode & 0o777 == 0o600


def test_the_installed_program_tests_a_bot_and_reports(installed, tmp_path):
    script = ROOT / "examples" / "support.yaml"
    done = run(installed, tmp_path, "replay", script, "--report", "report.html")
    assert (done.returncode, done.stdout.splitlines()[-1][:11]) == (0, "1 passed of"), done.stderr
    assert "<style>" in (tmp_path / "report.html").read_text("utf-8")
    schema = run(installed, tmp_path, "replay", "--schema").stdout
    assert json.loads(schema)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_no_neighbour_is_trodden_on(installed):
    assert sorted(path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")) == ["chatbot"]


def test_the_wheel_names_command_licence_and_what_it_needs(installed):
    [info] = installed.glob("guarded_chatbot-*.dist-info")
    metadata = (info / "METADATA").read_text("utf-8")
    assert "License-Expression: MIT" in metadata
    assert (info / "entry_points.txt").read_text("utf-8").strip().startswith("[console_scripts]\nchatbot = ")


def test_every_locked_version_has_a_hash_and_every_dependency_a_reason():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"(?m)^([A-Za-z0-9._-]+)==[^\s\\]+(.*)$", lock)
    assert len(pins) > 20
    assert lock.count("--hash=sha256:") >= len(pins)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = tomllib.loads(project)
    for requirement in listed["project"]["dependencies"] + listed["dependency-groups"]["dev"]:
        assert re.search(rf'"{re.escape(requirement)}",\s+# \w', project), f"{requirement} has no reason"
