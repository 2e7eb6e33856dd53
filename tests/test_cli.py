"""The whole program, as a process: what goes in by arguments and pipes, what comes out, and the exit code."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

import chatbot
from tests.loopback import ChatServer, calls, cut, stall, status, text
from tests.program import CHATBOT, api, clean_environment, events, results


def test_every_line_of_a_pipe_is_a_turn_and_its_end_ends_the_chat(run):
    done = run("--pack", "none", "--plain", said="hello\n\nbye\n")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("user:")] == ["user: hello", "user: bye"]


@pytest.mark.parametrize(
    ("behaviour", "code", "says"),
    [
        (status(401), 3, "401"),
        (status(404), 1, "404"),
        (status(400, body={"error": {"message": "no such thing"}}), 1, "no such thing"),
        (cut(600), 1, "closed the connection before its answer was whole"),
    ],
)
def test_an_api_error_is_one_clear_line_and_an_exit_code(run, behaviour, code, says):
    with ChatServer(behaviour) as server:
        done = run("--no-greeting", said="hello\nagain\n", **api(server))
    assert done.returncode == code
    errors = [line for line in done.stderr.splitlines() if line.startswith("chatbot: error")]
    assert len(errors) == 1
    assert says in errors[0]
    assert "Traceback" not in done.stderr
    assert "sk-loopback" not in done.stderr
    assert len(server.requests) == 1  # later turns build on the one that failed


def test_a_server_that_is_not_there_is_exit_code_4_and_retries_are_told(run):
    with ChatServer() as server:
        environment = api(server)
    done = run("--no-greeting", said="hello\n", **environment)
    assert done.returncode == 4
    assert "trying again" in done.stderr


def test_ctrl_c_ends_a_script_with_130(tmp_path):
    with ChatServer(stall(300)) as server:
        child = subprocess.Popen(
            [*CHATBOT, "--no-greeting", "--json", "--deltas"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=clean_environment(tmp_path) | api(server),
        )
        child.stdin.write("hello\n")
        child.stdin.flush()
        for line in child.stdout:
            if '"in_progress"' in line:
                break
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=30)
    assert child.returncode == 130
    assert json.loads(out.splitlines()[-1]) == {"type": "turn_ended", "stop": "interrupted", "detail": ""}


def test_whoever_stops_reading_our_output_gets_no_traceback(tmp_path):
    command = f"set -o pipefail; seq 300 | {' '.join(CHATBOT)} --pack none | head -1"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=clean_environment(tmp_path),
    )
    assert done.stdout == "user: 1\n"
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--pack", "suport"], 2, "support"),
        (["--pack", "./nowhere.py"], 2, "nowhere.py"),
        (["--script", "nowhere.txt"], 2, "nowhere.txt cannot be read"),
        (["--system", "@nowhere.txt"], 2, "nowhere.txt cannot be read as a system prompt: No such file or directory."),
        (["--model", "playback:~nobody-at-all/x"], 2, "~nobody-at-all/x cannot be read"),
        (["--model", "local:~nobody-at-all/x.gguf"], 3, "~nobody-at-all/x.gguf does not exist"),
        (["--frobnicate"], 2, "--frobnicate"),
        (["frobnicate"], 2, "frobnicate"),
        (["--max-steps", "many"], 2, "--max-steps"),
        (["--max-steps", "0"], 2, "less than 1"),
        (["--model", "gpt-5"], 3, "OPENAI_API_KEY"),
        (["--plain", "tools"], 2, "Put the options behind the command"),
    ],
)
def test_bad_input_is_one_line_with_what_to_do(run, arguments, code, says):
    done = run(*arguments)
    assert done.returncode == code
    assert done.stderr.startswith("chatbot: ")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_the_version(run):
    assert run("--version").stdout == f"chatbot {chatbot.__version__}\n"
    assert run("--version", "--plain").stdout == f"chatbot {chatbot.__version__}\n"


def test_output_that_is_lost_is_a_failure_without_a_traceback(run):
    for arguments in (["--version"], ["--help"], ["tools"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([*CHATBOT, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


def test_chat_is_what_happens_without_a_command(run):
    assert run("chat", "--pack", "none", said="hello\n").stdout == run("--pack", "none", said="hello\n").stdout


def test_system_replaces_the_packs_prompt_and_instructions_add_to_it(run):
    with ChatServer(text("Hello, Johnny.")) as server:
        run("-s", "Be brief.", "--instructions", "address the user as Johnny Appleseed", said="hi\n", **api(server))
    assert server.bodies[0]["messages"][0] == {
        "role": "system",
        "content": "Be brief.\n\naddress the user as Johnny Appleseed",
    }


def test_text_deltas_only_with_deltas(run):
    without, with_deltas = (
        run("--json", "--pack", "none", said="hi\n"),
        run("--json", "--deltas", "--pack", "none", said="hi\n"),
    )
    assert not events(without, "text_delta")
    said = events(with_deltas, "replied")[0]["message"]["text"]
    assert "".join(event["text"] for event in events(with_deltas, "text_delta")) == said


def test_tools_lists_what_packs_offer(run):
    done = run("tools", "--pack", "support")
    assert done.returncode == 0
    assert "get_ticket_status" in done.stdout
    assert "requires verify_user" in done.stdout
    schemas = json.loads(run("tools", "--pack", "support,minecraft", "--json").stdout)
    assert [schema["function"]["name"] for schema in schemas] == [
        "verify_user",
        "get_ticket_status",
        "get_uuid_from_username",
    ]
    assert schemas[2]["function"]["parameters"]["properties"]["username"]["pattern"] == "^[A-Za-z0-9_]{1,16}$"


def test_any_option_may_stand_in_the_environment_or_in_dotenv(run, tmp_path):
    (tmp_path / ".env").write_text("CHATBOT_PACK=none\nCHATBOT_JSON=true\n", "utf-8")
    assert events(run(said="hi\n"))[0]["packs"] == []
    assert events(run(said="hi\n", CHATBOT_PACK="minecraft"))[0]["packs"] == ["minecraft"]
    assert events(run("--pack", "support", said="", CHATBOT_PACK="minecraft"))[0]["packs"] == ["support"]


def test_what_a_tool_prints_is_not_our_output(run, tmp_path):
    (tmp_path / "loud.py").write_text(
        "import os\nfrom chatbot import tool\n@tool\ndef shout() -> str:\n    'Shout.'\n"
        "    print('PRINTED')\n    os.write(1, b'WRITTEN\\n')\n    os.system('echo STARTED')\n    return 'done'\n",
        "utf-8",
    )
    with ChatServer(calls(("shout", {})), text("Done.")) as server:
        done = run("--pack", "./loud.py", "--json", said="go\n", **api(server))
    assert results(done) == [(None, "done")]
    assert all(word in done.stderr for word in ("PRINTED", "WRITTEN", "STARTED"))


def test_without_a_prompt_the_greeting_is_still_a_request_that_a_server_takes(run):
    with ChatServer(text("Hi.")) as server:
        done = run("--system", "", said="", **api(server))
    assert done.stdout == "assistant: Hi.\n"
    assert server.violations == []


def test_what_is_typed_is_read_as_utf_8_whatever_the_locale(run):
    done = run("--pack", "none", said="héllo 漢字\n", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert "user: héllo 漢字\n" in done.stdout


def test_debug_tells_the_traceback_of_a_tool_without_its_secrets(run, tmp_path):
    (tmp_path / "broken.py").write_text(
        "from chatbot import Secret, tool\n"
        "@tool\n"
        "def log_in(pin: Secret[str]) -> str:\n"
        '    """Log in with the pin."""\n'
        "    raise RuntimeError(f'bad pin {pin}')\n",
        "utf-8",
    )
    with ChatServer(calls(("log_in", {"pin": "topsecret99"})), text("Sorry, topsecret99 is wrong.")) as server:
        done = run("--pack", "./broken.py", "--debug", said="my pin is topsecret99\n", **api(server))
    assert done.returncode == 0
    assert "RuntimeError: bad pin •••" in done.stderr
    assert "topsecret99" not in done.stdout + done.stderr
