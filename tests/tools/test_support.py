"""The support pack on real SQLite files."""

import json
import os
import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from chatbot.pack import Context, ToolFailed, Verified
from chatbot.packs import open_packs


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "support.db"
    monkeypatch.setenv("SUPPORT_DB", str(path))
    return path


@pytest.fixture
def used(path, seeded):
    """The file as its first use leaves it."""
    path.parent.mkdir()
    shutil.copy(seeded, path)


@pytest.fixture(scope="module")
def pack():
    return open_packs(["support"])[0]


@pytest.fixture
def verify(pack, path):
    tool = pack.tools[0]
    return lambda user, key: tool.run(tool.parse(json.dumps({"username": user, "api_key": key})), Context())


@pytest.fixture
def status(pack, path):
    tool = pack.tools[1]
    return lambda ticket, user="john_doe": tool.run(tool.parse(json.dumps({"ticket_id": ticket})), Context(user=user))


def test_opening_touches_no_file(pack, path):
    assert pack.greets and pack.instructions and pack.tools[0].secrets == {"api_key"}
    assert pack.tools[1].requires == ("verify_user",)
    assert not path.parent.exists()


def test_the_users_and_their_tickets(verify, status, path):
    assert verify("john_doe", "key") == Verified({"success": True}, "john_doe")
    assert verify("jane_roe", "s3same-open") == Verified({"success": True}, "jane_roe")
    assert verify("john_doe", "s3same-open") == verify("nobody", "key") == {"success": False}
    assert status("12345") == status(" #12345 ") == {"status": "Open", "issue": "Billing Query"}
    assert status("67890") == {"status": "Closed", "issue": "Technical Support"}
    assert status("24680") == status("999") == {"status": "Unknown", "issue": "Unknown"}
    assert status("24680", "jane_roe")["status"] != "Unknown"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"s3same-open" not in path.read_bytes()


def test_a_ticket_is_refused_without_a_user(status):
    with pytest.raises(ToolFailed, match="Verify the user first"):
        status("12345", None)


@pytest.mark.parametrize("user", ["john_doe", "nobody"])
def test_five_wrong_keys_lock_for_a_while(verify, path, used, user):
    assert [verify(user, "wrong") for _ in range(5)] == [{"success": False}] * 5
    with pytest.raises(ToolFailed, match="15 more minutes"):
        verify(user, "key")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE attempts SET latest = latest - 901")
    assert (verify(user, "key") == {"success": False}) is (user == "nobody")


def test_a_right_key_resets_the_count(verify, used):
    for _ in range(2):
        assert [verify("john_doe", "wrong") for _ in range(4)] == [{"success": False}] * 4
        assert isinstance(verify("john_doe", "key"), Verified)


def test_many_who_have_the_key_may_come_at_once(verify, used):
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: verify("john_doe", "key"), range(12)))
    assert answers == [Verified({"success": True}, "john_doe")] * 12


def test_parallel_guesses_and_first_uses_are_counted_one_by_one(verify):
    def guess(_):
        try:
            return verify("john_doe", "wrong")["success"]
        except ToolFailed:
            return "locked"

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(guess, range(12)))
    assert (answers.count(False), answers.count("locked")) == (5, 7)


@pytest.mark.parametrize("make", [lambda path: path.write_text("no database " * 99), lambda path: path.mkdir()])
def test_an_unusable_file_is_named(verify, path, make):
    path.parent.mkdir()
    make(path)
    with pytest.raises(ToolFailed) as raised:
        verify("john_doe", "key")
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)


def test_an_unwritable_folder_is_named(verify, path):
    path.parent.write_text("a file, where a folder should be")
    with pytest.raises(ToolFailed, match="cannot be used"):
        verify("john_doe", "key")


@pytest.mark.parametrize("odd", ["\ud800", "\0", "", "x" * 10**6, "' OR 1=1 --"])
def test_odd_names_keys_and_ids_are_wrong_and_nothing_worse(pack, path, used, odd):
    verify_user, get_ticket_status = (tool.run for tool in pack.tools)
    assert verify_user({"username": odd, "api_key": odd}, Context()) == {"success": False}
    assert verify_user({"username": "john_doe", "api_key": odd}, Context()) == {"success": False}
    assert get_ticket_status({"ticket_id": odd}, Context(user="john_doe"))["status"] == "Unknown"
    assert path.stat().st_size < 100_000


def test_keys_are_kept_salted_and_hashed(verify, path):
    verify("john_doe", "wrong")
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT salt, hash FROM users").fetchall()
    assert len({salt for salt, _ in rows}) == len(rows) == len({digest for _, digest in rows})
    assert all(len(salt) >= 16 and len(digest) == 64 for salt, digest in rows)


def test_several_processes_may_be_the_first(path, tmp_path, zygote):
    program = tmp_path / "first.py"
    program.write_text(
        "from chatbot.packs import open_packs; from chatbot.pack import Context\n"
        "print(open_packs(['support'])[0].tools[1].run({'ticket_id': '12345'}, Context(user='john_doe'))['status'])"
    )
    told = [tmp_path / f"told {number}" for number in range(4)]
    settings = {"SUPPORT_DB": str(path)}
    processes = [
        zygote.start([], tmp_path, settings, [os.devnull, file, file], program=str(program), patience=60)
        for file in told
    ]
    assert [zygote.end(process) for process in processes] == [0] * 4
    assert [file.read_text() for file in told] == ["Open\n"] * 4
