"""The app by itself: time, threads, a store that is gone, a caller from elsewhere."""

import asyncio
import threading
import time

from chatbot.pack import Verified
from chatbot.serve.web import web_app
from tests.conversation import pack, tool
from tests.serve.caller import body_of
from tests.serve.inside import Memory, request, service

VERIFY = tool("verify", lambda _arguments, _context: Verified(True, "ann"))
TICKET = tool("ticket", lambda _arguments, context: f"ticket of {context.user}", requires=("verify",))


def app_of(*tools, store=None, **options):
    return web_app(service(pack(*tools), store=store), None, **options)


def test_a_slow_tool_is_given_up_before_the_platform_gives_up():
    release = threading.Event()
    app = app_of(tool("slow", lambda _arguments, _context: release.wait(30), timeout=60), within=1.0)
    started = time.monotonic()
    answer = asyncio.run(request(app, body_of("slow")))
    release.set()
    assert answer.output == "slow did not answer within 0.4 seconds."
    assert answer.entry.outcome == "timeout"
    assert 0.3 < time.monotonic() - started < 1.0


def test_a_store_that_hangs_delays_no_answer():
    release = threading.Event()

    class Hanging(Memory):
        def read(self, key):
            release.wait(30)

    async def ask():
        started = time.monotonic()
        answer = await request(app_of(VERIFY, store=Hanging(), within=0.3), body_of("verify"))
        release.set()
        return answer, time.monotonic() - started

    answer, seconds = asyncio.run(ask())
    assert answer.output == "The function did not answer in time."
    assert seconds < 2


def test_a_body_that_does_not_come_is_not_waited_for():
    answer = asyncio.run(request(app_of(VERIFY, within=0.2), [b"{", None]))
    assert answer.status == 408


def test_two_hundred_slow_calls_run_side_by_side():
    everybody = threading.Barrier(200)  # none goes on before all are there
    app = app_of(tool("slow", lambda _arguments, _context: everybody.wait(30) >= 0, timeout=30), within=60.0)

    async def ask():
        return await asyncio.gather(
            *(request(app, body_of("slow", {}, f"1650600{number:04}")) for number in range(200))
        )

    answers = asyncio.run(ask())
    assert [answer.entry.outcome for answer in answers] == ["ok"] * 200


def test_without_the_store_nothing_runs_and_health_says_so():
    store, ran = Memory(), []
    app = app_of(tool("act", lambda _arguments, _context: ran.append(1)), store=store)
    store.lost = True

    async def ask():
        return await request(app, body_of("act")), await request(app, method="GET", path="/health")

    answer, health = asyncio.run(ask())
    assert (answer.status, answer.entry.outcome, ran) == (200, "store", [])
    assert answer.output.startswith("act was not run")
    assert health.status == 503


def test_what_could_not_be_kept_is_said():
    store = Memory()

    class Losing(Memory):
        def update(self, key, change):
            self.lost = True
            self.check()

    store = Losing()
    answer = asyncio.run(request(app_of(VERIFY, TICKET, store=store), body_of("verify")))
    assert answer.output == "true\n(The server could not note this: what requires verify stays refused for now.)"


def test_a_success_that_opens_nothing_is_not_kept():
    store = Memory()
    app = app_of(VERIFY, TICKET, tool("look", lambda _arguments, _context: "fine"), store=store)
    asyncio.run(request(app, body_of("look")))
    assert store.kept == {}
    asyncio.run(request(app, body_of("verify")))
    assert len(store.kept) == 1


def test_unsigned_calls_are_taken_from_this_machine_alone():
    app = app_of(VERIFY)
    for client, status in (("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 403), ("unknown", 403)):
        assert asyncio.run(request(app, body_of("verify"), client=client)).status == status


def test_a_length_that_is_no_number_does_not_matter():
    for length, status in (("abc", 200), ("9" * 5000, 413), ("1048577", 413)):
        assert asyncio.run(request(app_of(VERIFY), body_of("verify"), {"Content-Length": length})).status == status
