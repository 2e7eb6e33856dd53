import threading
import time
from contextlib import contextmanager

import pytest

from chatbot.errors import ConfigError
from chatbot.serve.building import open_store
from chatbot.serve.store import Kept, StoreUnreachable
from tests.serve.redis_server import redis


@contextmanager
def sqlite(folder):
    yield str(folder / "deep" / "state.db")


@pytest.fixture(params=["sqlite", "redis"])
def place(request, tmp_path):
    with sqlite(tmp_path) if request.param == "sqlite" else redis() as place:
        yield place


@pytest.fixture
def stores(place):
    """Two workers' views of the same records."""
    both = [open_store(place), open_store(place)]
    yield both
    for store in both:
        store.close()


def for_a_minute(text):
    return Kept(text, time.time() + 60)


def test_what_one_worker_keeps_another_reads(stores):
    one, other = stores
    assert one.read("ann") is None
    one.update("ann", lambda text: for_a_minute(f"{text} and more"))
    assert other.read("ann") == "None and more"
    assert other.read("bob") is None
    assert one.salt() == other.salt()
    assert len(one.salt()) == 32


def test_of_many_changes_at_once_none_is_lost(stores):
    def count():
        for number in range(20):
            stores[number % 2].update("ann", lambda text: for_a_minute(str(int(text or 0) + 1)))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].read("ann") == "160"


def test_what_has_expired_is_gone(stores):
    stores[0].update("ann", lambda _: Kept("short", time.time() + 0.05))
    stores[0].update("bob", lambda _: for_a_minute("long"))
    time.sleep(0.06)
    assert stores[1].read("ann") is None
    seen = []
    stores[1].update("ann", lambda text: seen.append(text) or for_a_minute("new"))
    assert seen == [None]
    assert stores[0].read("bob") == "long"


def test_a_change_that_fails_changes_nothing(stores):
    stores[0].update("ann", lambda _: for_a_minute("before"))
    with pytest.raises(ZeroDivisionError):
        stores[0].update("ann", lambda _: 1 / 0)
    assert stores[1].read("ann") == "before"


def test_a_closed_store_opens_again(stores):
    stores[0].check()
    stores[0].close()
    stores[0].check()


def test_a_file_is_its_owners_alone_and_forgets_for_good(tmp_path):
    store = open_store(str(tmp_path / "state.db"))
    store.update("ann", lambda _: Kept("a very secret text", time.time() + 0.01))
    time.sleep(0.02)
    store.update("bob", lambda _: for_a_minute("other"))
    store.close()
    assert (tmp_path / "state.db").stat().st_mode & 0o777 == 0o600
    assert b"a very secret text" not in (tmp_path / "state.db").read_bytes()


@pytest.mark.parametrize("state", ["/dev/null/state.db", "redis://somebody:geheim@127.0.0.1:1/0"])
def test_a_store_that_cannot_be_reached_says_so_without_a_password(state):
    store = open_store(state)
    for use in (store.check, store.salt, lambda: store.read("ann"), lambda: store.update("ann", for_a_minute)):
        with pytest.raises(StoreUnreachable) as raised:
            use()
        assert "geheim" not in str(raised.value)
        assert state.rpartition("@")[2] in str(raised.value)
    store.close()


def test_an_address_of_no_redis_is_refused_without_its_password():
    with pytest.raises(ConfigError) as raised:
        open_store("redis://somebody:geheim@127.0.0.1:port/0")
    assert (
        str(raised.value)
        == "--state: redis://127.0.0.1:port/0 is no address of a Redis server, redis://host:port/number."
    )
