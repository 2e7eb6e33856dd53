"""Four workers, two hundred contacts at once, a worker that is killed: over SQLite and over Redis."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from urllib.error import URLError

import pytest

from tests.serve.caller import output
from tests.serve.redis_server import redis
from tests.serve.server import started

pytestmark = pytest.mark.xdist_group("serve")  # takes long: not to be the last
WORKERS = "4"


@contextmanager
def sqlite(folder):
    yield str(folder / "state.db")


@pytest.fixture(params=["sqlite", "redis"])
def server(request, tmp_path):
    with (
        sqlite(tmp_path) if request.param == "sqlite" else redis() as state,
        started(tmp_path, "--workers", WORKERS, "--state", state) as server,
    ):
        yield server


def asked(url, name, arguments, contact):
    """The output; asked again only where the connection broke, as it does with a worker that is killed."""
    until = time.monotonic() + 20
    while True:
        try:
            return output(url, name, arguments, contact)
        except (HTTPException, ConnectionError, URLError):
            assert time.monotonic() < until, "the server is gone"
            time.sleep(0.02)


def verified(url, number):
    key = {"name": f"person {number}", "key": f"key of person {number}"}
    return asked(url, "verify", key, f"1650{number:07}")


def ticket(url, number):
    return asked(url, "ticket", {}, f"1650{number:07}")


def test_two_hundred_contacts_at_once_each_see_their_own_ticket_whatever_worker_dies(server):
    everybody, killed = range(200), []
    others = range(1000, 1060)  # who come while a worker dies

    def verify_and_ask(number):
        return verified(server.url, number), ticket(server.url, number)

    def kill_a_worker():
        killed.append(int(asked(server.url, "worker", {}, "16509999999")))
        os.kill(killed[0], signal.SIGKILL)

    with ThreadPoolExecutor(200) as pool:
        assert {ticket(server.url, 0).partition(" until ")[0]} == {"ticket is refused"}
        told = list(pool.map(verify_and_ask, everybody))
        workers = set(pool.map(lambda number: asked(server.url, "worker", {}, f"1651{number:07}"), range(25)))
        dying = pool.submit(kill_a_worker)
        again = list(pool.map(lambda number: verified(server.url, number), others))
        dying.result()
        kept = list(pool.map(lambda number: ticket(server.url, number), everybody[::5]))
        kept_while_one_died = list(pool.map(lambda number: ticket(server.url, number), others[::3]))
    assert told == [('{"success": true}', f"ticket of person {number}") for number in everybody]
    assert len(workers) > 1
    assert again == ['{"success": true}'] * 60
    assert kept == [f"ticket of person {number}" for number in everybody[::5]]
    assert kept_while_one_died == [f"ticket of person {number}" for number in others[::3]]
    assert server.stop() == 0
