"""Whole conversations with the whole program, offline and over a real Chat Completions stream."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.loopback import ChatServer, calls, text
from tests.program import api, events, made_calls, results

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
        done = run("--json", "--no-greeting", said="status of 12345! I am john_doe, my API key is: no\n", **api(server))
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
    done = run("--pack", "./books.py", "--json", "--yes", said=said)
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
        done = run("--pack", "./books.py", "--json", "--yes", said="do it\n", **api(server))
    assert [failure for failure, _ in results(done)] == [None, None, "invalid", None, None]
    assert results(done)[3][1] == '{"renewed": "Momo", "until": "2026-12-24"}'
    assert server.violations == []


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
