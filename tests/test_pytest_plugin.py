"""Scripts as tests of pytest: folders and options in, what the terminal says out."""

import subprocess
import sys

import pytest

import chatbot.pytest_plugin
from chatbot.interrupt import Interrupt
from chatbot.pytest_plugin import is_script
from chatbot.replay.opening import Openings
from chatbot.replay.planning import Plan
from chatbot.replay.running import run

PACK = '''
from chatbot import Context, Verified, tool

@tool
def verify(name: str) -> Verified:
    """Verify the user by name."""
    return Verified("welcome", user=name)

@tool(requires="verify")
def status(ticket: str, context: Context) -> str:
    """Get the status of a ticket."""
    print("looked up")
    return f"{ticket} of {context.user} is open"
'''
SCRIPT = """\
pack: ../tickets.py
model: offline
turns:
  - user: My name is ann. What is the status of ticket 7?
    expect:
      calls: [verify, status]
      answer:
        contains: 7 of ann is open
"""
FOREIGN = {
    "docker-compose.yml": "services:\n  web:\n    image: web\nsecrets: {}\nversion: '3'\n",
    "mkdocs.yaml": "site_name: Docs\nnav: [index.md]\n",
    "agent.yaml": "name: agent\ndescription: An agent\nmodel: m\ninstructions: Be kind.\n",
    "cloud-config.yaml": "#cloud-config\nusers: [default]\npackages: [git]\n",
    "broken.yaml": "{{ templated }}: [\n",
    "nothing.yaml": "",
}


@pytest.fixture
def project(pytester, monkeypatch):
    """A folder with a pack and a folder of scripts, in which pytest runs with no plugin but ours."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "XDG_CONFIG_HOME", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "120")
    (pytester.path / "tickets.py").write_text(PACK)
    folder = pytester.mkdir("talks")
    (folder / "open.yaml").write_text(SCRIPT)
    return pytester


def pytest_run(project, *arguments):
    return project.runpytest_inprocess("-W", "error", *arguments, plugins=[chatbot.pytest_plugin])


def add(project, name, text):
    (project.path / "talks" / name).write_text(text)


def test_a_folder_is_searched_for_scripts_and_each_is_a_test(project):
    add(project, "closed.yml", SCRIPT.replace("is open", "is closed"))
    add(project, "misspelt.yaml", SCRIPT.replace("turns:", "trns:"))
    add(project, "notes.txt", "My name is ann.")
    for name, text in FOREIGN.items():
        add(project, name, text)
    project.makepyfile(test_python="def test_python(): pass")
    done = pytest_run(project, "--chatbot", "--strict-markers", "-v")
    done.assert_outcomes(passed=2, failed=2)
    done.stdout.fnmatch_lines(
        [
            "talks/closed.yml::closed FAILED *",
            "talks/misspelt.yaml::misspelt FAILED *",
            "talks/open.yaml::open PASSED *",
            "test_python.py::test_python PASSED *",
        ]
    )
    done.stdout.fnmatch_lines(
        [
            "*__ closed __*",
            'turn 1, expect.answer.contains (line 8): the answer should be one that contains "7 of ann is closed"',
            "    ...",
            "    assistant: Verify: welcome.",
            '    assistant: call function status, with arguments {"ticket": "7"}',
            "    function response: 7 of ann is open",
            '  - assistant: an answer that contains "7 of ann is closed"',
            "  + assistant: 7 of ann is open. Is there anything else I can help you with?",
            "    (ends: done)",
            "*- Captured stdout call -*",
            "looked up",
            "*__ misspelt __*",
            "talks/misspelt.yaml, line 3, column 1: trns: nothing is called so here (did you mean turns).",
            "*= short test summary info =*",
            "FAILED talks/closed.yml::closed - turn 1, expect.answer.contains (line 8): the answer should be *",
            "FAILED talks/misspelt.yaml::misspelt - talks/misspelt.yaml, line 3, column 1: trns: nothing is *",
        ],
        consecutive=True,
    )


def test_without_the_option_there_are_no_scripts(project):
    done = pytest_run(project, "talks", "--markers")
    done.stdout.no_fnmatch_line("*chatbot:*")
    assert pytest_run(project, "talks").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_texts_transcripts_and_any_yaml_are_tests_where_they_are_named(project):
    add(project, "talk.txt", "My name is ann.")
    add(project, "agent.yaml", FOREIGN["agent.yaml"])
    add(project, "talk.jsonl", "{}\n")
    done = pytest_run(project, "--chatbot", "talks/talk.txt", "talks/agent.yaml", "talks/talk.jsonl", "-v")
    done.stdout.fnmatch_lines(["talks/talk.txt::talk PASSED *", "talks/agent.yaml::agent FAILED *", "*::talk FAILED *"])
    done.stdout.fnmatch_lines(["talks/agent.yaml, line 1, column 1: name: nothing is called so here *"])


def test_scripts_are_chosen_as_any_test(project):
    add(project, "closed.yaml", SCRIPT.replace("is open", "is closed"))
    project.makepyfile(test_python="def test_python(): pass")
    pytest_run(project, "--chatbot", "-m", "chatbot", "-k", "talks and not closed").assert_outcomes(
        passed=1, deselected=2
    )
    stopped = pytest_run(project, "--chatbot", "-x")
    stopped.assert_outcomes(failed=1)
    pytest_run(project, "--chatbot", "--lf").assert_outcomes(failed=1)
    pytest_run(project, "--chatbot", "talks/open.yaml::open").assert_outcomes(passed=1)


def test_another_model_answers_where_one_is_given_a_folder_of_recordings_too(project):
    recordings = project.mkdir("recordings")
    record(project.path / "talks" / "open.yaml", recordings)
    (project.path / "tickets.py").write_text(PACK.replace("is open", "is lost by now"))
    pytest_run(project, "--chatbot", "talks").assert_outcomes(failed=1)
    pytest_run(project, "--chatbot", "talks", "--chatbot-model", f"playback:{recordings}").assert_outcomes(passed=1)
    done = pytest_run(project, "--chatbot", "talks", "--chatbot-model", "offlin")
    done.stdout.fnmatch_lines(["FAILED talks/open.yaml::open - There is no model 'offlin'. Did you mean offline? *"])


def record(path, folder):
    (job,), _ = Plan((str(path),), record=folder).jobs()
    openings = Openings()
    assert run(job, openings, Interrupt()).passed
    openings.close()


def test_a_script_has_so_many_seconds(project):
    (project.path / "tickets.py").write_text(
        PACK.replace('print("looked up")', "import threading; threading.Event().wait(5)")
    )
    done = pytest_run(project, "--chatbot", "--chatbot-timeout", "0.2")
    done.stdout.fnmatch_lines(["--timeout: it did not come to its end within 0.2 seconds"])
    refused = pytest_run(project, "--chatbot-timeout", "soon")
    refused.stderr.fnmatch_lines(["*--chatbot-timeout: 'soon' should be a number of seconds, more than 0"])


def test_what_the_env_file_says_is_there_for_scripts_alone(project):
    add(project, "open.yaml", SCRIPT.replace("ann.", "${who}.").replace("model:", "secrets: {who: WHO}\nmodel:"))
    (project.path / ".env").write_text("WHO=ann\n")
    project.makepyfile(test_z="import os\ndef test_environment(): assert 'WHO' not in os.environ")
    pytest_run(project, "--chatbot").assert_outcomes(passed=2)
    (project.path / ".env").unlink()
    done = pytest_run(project, "--chatbot", "talks")
    done.stdout.fnmatch_lines(["talks/open.yaml, line 2: the secret who should be in the environment, as WHO."])


@pytest.mark.parametrize(
    "text",
    [
        "turns: []",
        "---\n'turns':\n  - user: Hello",
        "turn:\n  - user: Hello\ndescription: A misspelt key",
        "pack: support\ndescription: Nobody speaks",
        "user: {goal: to learn the status}\napproval: {}",
        "# yaml-language-server: $schema=https://example.org/script.schema.json\n",
    ],
)
def test_a_yaml_file_that_is_meant_as_a_script_is_not_passed_over(text):
    assert is_script(text)
    assert not any(map(is_script, FOREIGN.values()))


def test_next_to_nothing_is_loaded_with_the_plugin():
    program = "import sys, chatbot.pytest_plugin; print(*[name for name in sys.modules if name.startswith('chatbot')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["chatbot", "chatbot.pytest_plugin"]
