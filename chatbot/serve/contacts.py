"""The contacts of a server: what each has achieved and was told, shared by all workers."""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from chatbot.masking import Mask
from chatbot.pack import Pack, Tool
from chatbot.serve.record import Record, Run, from_json, grown, to_json
from chatbot.serve.store import Kept, Store
from chatbot.trust.grounding import Ground
from chatbot.trust.ledger import Ledger
from chatbot.trust.standing import Ran
from chatbot.types import ToolCall, ToolResult

MOST_STATES = 10_000  # contacts of one worker; those that were quiet longest go first

State = dict[str, dict[str, Any]]
"""What the packs keep for themselves about one contact, by pack."""


class ContactLedger(Ledger):
    """The ledger of one call: it begins with what its contact has achieved, and notes what is to be kept of the call.

    openers: tools whose success opens something, by pack; that of any other tool is forgotten.
    """

    def __init__(self, record: Record, now: float, remember: float, openers: frozenset[tuple[str, str]]) -> None:
        super().__init__(record.standings(now, remember))
        self._texts = record.texts
        self._openers = openers
        self._runs: list[Run] = []
        self._said: list[str] = []
        self._learned: list[tuple[str, str]] = []

    def note_ran(self, pack: str, tool: Tool, call: ToolCall, ran: Ran) -> None:
        """Note what a call that ran has achieved."""
        verifies = ran.user is not None or self.standing(pack).verified_by == tool.name
        if verifies or (pack, tool.name) in self._openers:
            self._runs.append(Run(pack, tool, call.arguments, ran))
        Ledger.note_ran(self, pack, tool, call, ran)

    def recall(self, known: str) -> None:
        """Make ground for this call of what the contact has said and was told, and of what is known for certain."""
        self.ground = Ground.of((*self._texts, *((text, "") for text in self._said)))
        self.ground.hear(known)

    def keep_said(self, texts: Iterable[str]) -> None:
        """Note what the contact said, for this call and later ones."""
        self._said.extend(texts)

    def keep_result(self, tool: Tool, call: ToolCall, result: ToolResult) -> None:
        """Note what a tool has told the contact, for later calls: without what is secret in it."""
        mask = Mask([tool])
        mask.learn_call(call)
        self._learned.append((mask.text(result.content), mask.call(call).arguments))

    def added_to(self, record: Record, now: float, remember: float) -> Record:
        """Return a record with what this call adds to it."""
        for run in self._runs:
            record = run.added_to(record, now, remember)
        return grown(record, self._said, self._learned, now) if self._said or self._learned else record

    @property
    def is_to_be_kept(self) -> bool:
        """Whether the call adds anything."""
        return bool(self._runs or self._said or self._learned)


class Contacts:
    """Ledgers by contact. remember: seconds that a success counts, and that texts are kept after the latest of them."""

    def __init__(self, store: Store, remember: float, packs: Iterable[Pack]) -> None:
        self.store = store
        self._remember = remember
        self._openers = frozenset((pack.name, name) for pack in packs for tool in pack.tools for name in tool.requires)
        self._states: OrderedDict[str, tuple[float, State]] = OrderedDict()
        self._lock = Lock()

    def key(self, contact: str) -> str:
        """Return what the contact is called in store and logs; "" for nobody. Raises StoreUnreachable."""
        id = contact.encode("utf-8", "surrogatepass")
        return hmac.new(self.store.salt(), id, hashlib.sha256).hexdigest() if contact else ""

    def ledger(self, key: str) -> ContactLedger:
        """Return a ledger for one call of the contact; nobody's is empty. Raises StoreUnreachable."""
        record = from_json(self.store.read(key)) if key else Record()
        ledger = ContactLedger(record, time.time(), self._remember, self._openers)
        ledger.states = self._state(key) if key else {}
        return ledger

    def keep(self, key: str, ledger: ContactLedger) -> None:
        """Add what the call has achieved to what the contact has by now. Raises StoreUnreachable."""

        def change(text: str | None) -> Kept:
            record = ledger.added_to(from_json(text), time.time(), self._remember)
            return Kept(to_json(record), record.until(self._remember))

        if key and ledger.is_to_be_kept:
            self.store.update(key, change)

    def _state(self, key: str) -> State:
        """Return the packs' own state of the contact; what nobody asked for in time is forgotten."""
        now = time.monotonic()
        with self._lock:
            _, state = self._states.pop(key, (now, {}))
            self._states[key] = (now, state)
            while len(self._states) > MOST_STATES or next(iter(self._states.values()))[0] <= now - self._remember:
                self._states.popitem(last=False)
            return state
