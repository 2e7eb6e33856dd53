"""`chatbot serve` as a process: what it refuses, how it ends; and the app for anybody's own server."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from chatbot.signing import scheme
from tests.program import clean_environment
from tests.serve.caller import ANN, BOB, SECRET, output, sent

STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    ("options", "environment", "code", "line"),
    [
        ([], {}, 3, "There is no secret to check calls with: set TURN_HMAC_SECRET, in the environment or .env"),
        (["--signature", "standard"], {"TURN_HMAC_SECRET": "geheim"}, 3, "The secret of a Standard Webhook is whsec_"),
        (["--port", "70000"], {"TURN_HMAC_SECRET": "geheim"}, 2, "--port: 70000 is not a port, 0 to 65535"),
        (
            ["--remember", "-1"],
            {"TURN_HMAC_SECRET": "geheim"},
            2,
            "--remember: -1.0 is not a positive number of seconds",
        ),
        (["--pack", "nowhere.py"], {"TURN_HMAC_SECRET": "geheim"}, 2, "There is no pack file nowhere.py."),
        (["--state", "/dev/null/x"], {"TURN_HMAC_SECRET": "geheim"}, 3, "The state cannot be kept: /dev/null/x: "),
        (["--state", "redis://u:geheim@127.0.0.1:1/0"], {"TURN_HMAC_SECRET": "x"}, 3, "redis://127.0.0.1:1/0: it does"),
        (["--host", "no host"], {"TURN_HMAC_SECRET": "geheim"}, 3, "no host:5000 cannot be listened at"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_before_the_first_call(run, options, environment, code, line):
    done = run("serve", *options, **environment)
    assert done.returncode == code
    assert done.stderr.startswith("chatbot: ")
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
    assert "geheim" not in done.stderr
    assert done.stdout == ""


def test_a_port_in_use_is_said_in_one_line(run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run("serve", "--port", port, TURN_HMAC_SECRET=SECRET)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert f"127.0.0.1:{port} cannot be listened at: Address already in use." in done.stderr


@pytest.mark.parametrize(("number", "codes"), [(signal.SIGTERM, {0}), (signal.SIGINT, {0, 130})])
def test_a_signal_ends_it_when_open_calls_are_answered(tmp_path, serving, number, codes):
    with serving(tmp_path) as server:
        assert output(server.url, "slow", {"seconds": 0}) == "done"
        server.process.send_signal(number)
        assert server.process.wait(20) in codes
    assert "Traceback" not in "".join(server.lines)


def test_the_start_is_one_line_that_says_where_and_what(tmp_path, serving):
    with serving(tmp_path, "--state", "state.db") as server:
        assert server.lines[0] == f"chatbot serve: {server.url} · people · state in state.db · no grounded arguments\n"


def test_without_signatures_it_serves_this_machine_and_says_so(tmp_path, serving):
    with serving(tmp_path, "--insecure", TURN_HMAC_SECRET="") as server:
        assert "INSECURE" in server.lines[0]
        call = b'{"function_name": "slow", "function_args": {"seconds": 0}}'
        assert sent(f"{server.url}/function-calling", call)[::2] == (200, '{"output": "done"}')


def test_standard_webhooks_are_another_way_to_sign(tmp_path, serving):
    body = b'{"function_name": "slow", "function_args": {"seconds": 0}}'
    headers = scheme("standard", [STANDARD]).headers(body, id="msg_1", now=time.time())
    with serving(tmp_path, "--signature", "standard", TURN_HMAC_SECRET=STANDARD) as server:
        url = f"{server.url}/function-calling"
        assert sent(url, body, headers)[0] == 200
        assert sent(url, body + b" ", headers)[0] == 403
        assert sent(url, body, headers | {"webhook-timestamp": "1"})[0] == 403


def test_the_app_is_there_for_anybodys_own_server(tmp_path):
    """Started as its users would: uvicorn on a socket that we have opened, configured by the environment alone."""
    (tmp_path / "people.py").write_text(
        "from chatbot import Verified, tool\n"
        "@tool\ndef verify() -> Verified:\n    return Verified(True, 'ann')\n"
        "@tool(requires='verify')\ndef ticket() -> str:\n    return 'yours'\n",
        "utf-8",
    )
    settings = clean_environment(tmp_path) | {"CHATBOT_PACK": "./people.py", "CHATBOT_STATE": "own.db"}
    (tmp_path / ".env").write_text(f"TURN_HMAC_SECRET={SECRET!r}\n", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-m", "uvicorn", "chatbot.serve:app", "--fd", str(listener.fileno())]
        process = subprocess.Popen(
            command, pass_fds=[listener.fileno()], cwd=tmp_path, env=settings, stderr=subprocess.DEVNULL
        )
        try:
            assert output(url, "verify", {}, ANN) == "true"
            assert output(url, "ticket", {}, ANN) == "yours"
            assert "is refused" in output(url, "ticket", {}, BOB)
        finally:
            process.terminate()
            process.wait(20)
    assert (tmp_path / "own.db").is_file()


def test_nothing_happens_when_the_module_is_imported(tmp_path):
    program = "import sys, chatbot.serve; print(*[n for n in ('starlette', 'pydantic', 'uvicorn') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(("missing", "extra"), [("uvicorn", "serve"), ("starlette", "serve"), ("redis", "redis")])
def test_a_missing_extra_is_named(tmp_path, zygote, missing, extra):
    program = tmp_path / "without.py"
    program.write_text(
        "import sys\n"
        f"for name in [each for each in sys.modules if each.startswith(({missing!r}, 'chatbot.serve'))]:\n"
        "    del sys.modules[name]\n"
        f"sys.modules[{missing!r}] = None\n"
        "from chatbot.cli import run\n"
        "sys.exit(run(['serve', '--port', '0', '--state', 'redis://127.0.0.1:1/0']))"
    )
    settings = clean_environment(tmp_path) | {"TURN_HMAC_SECRET": SECRET}
    done = zygote.run([], tmp_path, settings, "", program)
    assert done.returncode == 3
    assert f'pip install "guarded-chatbot[{extra}]"' in done.stderr
