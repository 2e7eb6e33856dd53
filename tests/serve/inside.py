"""The app without a socket: many requests in a short time, and what the log would say of each."""

import json
import time
from dataclasses import dataclass

from chatbot.asking import Unattended
from chatbot.chat import trust_of
from chatbot.config import Trusted
from chatbot.serve.access import Entry
from chatbot.serve.contacts import Contacts
from chatbot.serve.service import Service
from chatbot.serve.store import Kept, StoreUnreachable
from chatbot.serve.web import ENTRY


class Memory:
    """A store of this process alone; one that is `lost` does not answer."""

    place = "memory"

    def __init__(self):
        self.kept = {}
        self.lost = False

    def salt(self):
        return b"salt"

    def read(self, key):
        self.check()
        kept = self.kept.get(key)
        return kept.text if kept and kept.until > time.time() else None

    def update(self, key, change):
        self.kept[key] = Kept(*change(self.read(key)))

    def check(self):
        if self.lost:
            raise StoreUnreachable("memory: lost")

    def close(self):
        pass


def service(*packs, store=None, trusted=Trusted()):  # noqa: B008 - a value
    return Service(packs, trust_of(trusted, Unattended()), Contacts(store or Memory(), 60.0, packs))


@dataclass
class Answered:
    status: int
    headers: dict
    body: bytes
    entry: Entry

    @property
    def output(self):
        return json.loads(self.body)["output"]


async def request(app, body=b"", headers=(), *, method="POST", path="/function-calling", client="127.0.0.1"):
    """Send one request; `body` may be a list of pieces, the last of which is followed by silence where it is None."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in dict(headers).items()],
        "client": (client, 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    sent = []

    async def receive():
        piece = pieces.pop(0)
        if piece is None:
            import asyncio

            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answered(sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent), scope[ENTRY])
