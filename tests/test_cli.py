"""The whole program, as a process: what goes in by arguments and pipes, what comes out, and the exit code."""

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import chatbot
from tests.loopback import ChatServer, calls, cut, stall, status, text

CHATBOT = [sys.executable, "-m", "chatbot"]
ROOT = Path(__file__).parent.parent
SEED = """\
Hi there, my username is john_doe, can you help me check the status for my ticket?
Sure, my username is "john_doe" and my API key is: "key"
Yea it's: 12345
That's it, thanks.
"""
FIVE_TOOLS = '''\
"""A library of books."""
from datetime import date
from typing import Literal
from chatbot import Context, Secret, Verified, tool

SYSTEM_PROMPT = "You are a librarian."

@tool
def open_account(card: str, pin: Secret[str]) -> Verified | dict:
    """Open the reader's account.

    Args:
        card: The number of the library card.
        pin: The PIN of the card.
    """
    return Verified({"success": True}, user=card) if pin == "4711" else {"success": False}

@tool(requires="open_account")
def list_loans(context: Context) -> list[str]:
    """List the books that the reader has on loan."""
    return [f"Momo (card {context.user})"]

@tool(requires="open_account", effect="write")
def renew_loan(title: str, until: date) -> dict:
    """Renew the loan of a book.

    Args:
        title: The title of the book.
        until: The day until which the loan is renewed.
    """
    return {"renewed": title, "until": until}

@tool
def find_shelf(genre: Literal["crime", "poetry"]) -> str:
    """Find the shelf where a genre stands.

    Args:
        genre: The genre.
    """
    return {"crime": "Shelf 3", "poetry": "Shelf 7"}[genre]

@tool
def opening_hours(weekday: str = "today") -> dict:
    """Tell the opening hours of the library.

    Args:
        weekday: The day of the week.
    """
    return {"opens": "9:00", "closes": "18:00"}
'''


@pytest.fixture
def run(tmp_path):
    """Run the command in an empty home and an empty folder; the finished process."""

    def run(*arguments, said="", **environment):
        return subprocess.run(
            [*CHATBOT, *arguments],
            input=said,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            cwd=tmp_path,
            env=clean_environment(tmp_path) | environment,
        )

    return run


def clean_environment(home):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "CHATBOT", "XDG"))}
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "SUPPORT_DB": str(home / "support.db")}


def api(server):
    return {"OPENAI_BASE_URL": server.url, "OPENAI_MODEL": "m", "OPENAI_API_KEY": "sk-loopback"}


def events(done, *types):
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [event for event in found if event["type"] in types] if types else found


def made_calls(done):
    made = [event["call"] for event in events(done, "tool_called")]
    return [(call["name"], json.loads(call["arguments"])) for call in made]


def results(done):
    return [(event["result"]["failure"], event["result"]["content"]) for event in events(done, "tool_returned")]


def test_the_support_conversation_on_the_offline_model(run, tmp_path):
    (tmp_path / "talk.txt").write_text(SEED, "utf-8")

    done = run("--script", "talk.txt", "--json")

    assert done.returncode == 0, done.stderr
    assert made_calls(done) == [
        ("verify_user", {"username": "john_doe", "api_key": "•••"}),
        ("get_ticket_status", {"ticket_id": "12345"}),
    ]
    assert results(done) == [
        (None, '{"success": true}'),
        (None, '{"status": "Open", "issue": "Billing Query"}'),
    ]
    answers = [event["message"]["text"] for event in events(done, "replied")]
    assert any("Open" in answer and "Billing Query" in answer for answer in answers)
    assert [event["stop"] for event in events(done, "turn_ended")] == ["done"] * 5  # the greeting is a turn, too
    assert events(done)[0]["type"] == "session_started"
    assert events(done, "notice")[0]["text"].lower().count("offline")


def test_the_support_conversation_over_chat_completions(run, tmp_path):
    (tmp_path / "talk.txt").write_text(SEED, "utf-8")
    behaviours = [
        text("Hello! What is your username, and what is your API key?"),
        text("And your API key, please?"),
        calls(("verify_user", {"username": "john_doe", "api_key": "key"})),
        text("You are verified. Which ticket?"),
        calls(("get_ticket_status", {"ticket_id": "12345"})),
        text("Ticket 12345 is Open: Billing Query."),
        text("Good-bye!"),
    ]
    with ChatServer(*behaviours) as server:
        done = run("--script", "talk.txt", **api(server))

    assert server.violations == []
    assert server.connections == 1
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "assistant: Hello! What is your username, and what is your API key?\n"
        "user: Hi there, my username is john_doe, can you help me check the status for my ticket?\n"
        "assistant: And your API key, please?\n"
        'user: Sure, my username is "john_doe" and my API key is: "•••"\n'
        'assistant: call function verify_user, with arguments {"username": "john_doe", "api_key": "•••"}\n'
        'function response: {"success": true}\n'
        "assistant: You are verified. Which ticket?\n"
        "user: Yea it's: 12345\n"
        'assistant: call function get_ticket_status, with arguments {"ticket_id": "12345"}\n'
        'function response: {"status": "Open", "issue": "Billing Query"}\n'
        "assistant: Ticket 12345 is Open: Billing Query.\n"
        "user: That's it, thanks.\n"
        "assistant: Good-bye!\n"
    )
    first = server.bodies[0]
    assert [tool["function"]["name"] for tool in first["tools"]] == ["verify_user", "get_ticket_status"]
    assert first["temperature"] == 0
    assert first["messages"][0]["role"] == "system"


@pytest.mark.parametrize(
    ("key", "ticket"),
    [("wrong", "12345"), ("key", "24680")],
    ids=["a wrong key", "somebody else's ticket"],
)
def test_nothing_is_told_to_whom_it_does_not_concern(run, key, ticket):
    said = f'my username is "john_doe" and my API key is: "{key}", what is the status of ticket {ticket}?\n'
    done = run("--json", said=said)
    assert done.returncode == 0, done.stderr
    assert "Billing" not in done.stdout
    assert "Open" not in done.stdout
    assert "Closed" not in done.stdout


def test_a_ticket_before_the_key_is_refused_whatever_the_model_asks(run):
    with ChatServer(
        calls(("get_ticket_status", {"ticket_id": "12345"})),
        calls(
            ("get_ticket_status", {"ticket_id": "12345"}), ("verify_user", {"username": "john_doe", "api_key": "no"})
        ),
        calls(
            ("verify_user", {"username": "john_doe", "api_key": "no"}), ("get_ticket_status", {"ticket_id": "12345"})
        ),
        text("Please tell me your username and API key."),
    ) as server:
        done = run("--json", "--no-greeting", said="status of 12345!\n", **api(server))
    assert [failure for failure, _ in results(done)] == ["denied", "denied", None, None, "denied"]
    assert "Billing" not in done.stdout
    assert server.violations == []


def test_a_pack_that_the_code_has_never_seen_works_offline(run, tmp_path):
    (tmp_path / "books.py").write_text(FIVE_TOOLS, "utf-8")
    said = (
        "Which loans do I have? My card is 815 and my pin is 4711\n"
        'Please renew the loan of "Momo" until 2026-12-24\n'
        "On which shelf is poetry?\n"
        "When are your opening hours?\n"
    )
    done = run("--pack", "./books.py", "--json", said=said)
    assert done.returncode == 0, done.stderr
    assert made_calls(done) == [
        ("open_account", {"card": "815", "pin": "•••"}),
        ("list_loans", {}),
        ("renew_loan", {"title": "Momo", "until": "2026-12-24"}),
        ("find_shelf", {"genre": "poetry"}),
        ("opening_hours", {}),
    ]
    assert all(failure is None for failure, _ in results(done))
    assert "4711" not in done.stdout


def test_a_pack_that_the_code_has_never_seen_works_by_api(run, tmp_path):
    (tmp_path / "books.py").write_text(FIVE_TOOLS, "utf-8")
    with ChatServer(
        calls(("open_account", {"card": "815", "pin": "4711"}), ("list_loans", {}), ("find_shelf", {"genre": "opera"})),
        calls(("renew_loan", {"title": "Momo", "until": "2026-12-24"}), ("opening_hours", {})),
        text("All done."),
    ) as server:
        done = run("--pack", "./books.py", "--json", said="do it\n", **api(server))
    assert [failure for failure, _ in results(done)] == [None, None, "invalid", None, None]
    assert results(done)[3][1] == '{"renewed": "Momo", "until": "2026-12-24"}'
    assert server.violations == []


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


class Mojang(BaseHTTPRequestHandler):
    """Knows one player."""

    def do_GET(self):
        known = self.path.lower().endswith("/merrydith")
        body = json.dumps({"id": "4e0b33ffc796431aa99253626e33d4a6", "name": "Merrydith"} if known else {}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


@pytest.fixture
def mojang():
    with ThreadingHTTPServer(("127.0.0.1", 0), Mojang) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield {"MINECRAFT_API_URL": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("packs", ["minecraft", "support,minecraft"])
def test_human_words_become_an_api_call(run, mojang, packs):
    said = "what is the uuid of the player merrydith?\n"
    done = run("--pack", packs, "--no-greeting", "--json", said=said, **mojang)
    assert done.returncode == 0, done.stderr
    assert made_calls(done) == [("get_uuid_from_username", {"username": "merrydith"})]
    assert "4e0b33ffc796431aa99253626e33d4a6" in events(done, "replied")[-1]["message"]["text"]
    assert [event["status"] for event in events(done, "status_changed")] == [
        "queued",
        "in_progress",
        "requires_action",
        "in_progress",
        "completed",
    ]


def test_a_player_who_is_not_there_is_said_to_be_not_there(run, mojang):
    said = "what is the uuid of the player nobody99?\n"
    done = run("--pack", "minecraft", "--json", said=said, **mojang)
    assert results(done) == [("failed", "There is no Minecraft player named nobody99.")]
    assert done.returncode == 0
