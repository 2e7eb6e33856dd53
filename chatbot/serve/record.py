"""What is kept of one contact: a pure value, and its JSON.

Every success counts from its own moment, for a set time, however often other tools are used meanwhile. When the time
of a pack's verification is over, so is everything that was achieved in that pack: it was achieved as that user.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from chatbot.pack import Tool
from chatbot.trust.grounding import Ground
from chatbot.trust.standing import Ran, Standing, after, said_success

MOST_CHARACTERS = 20_000  # of what a contact said and was told; the oldest texts go first
MOST_TEXTS = 100


@dataclass(frozen=True, slots=True)
class Achieved:
    """A pack's standing with its times in Unix seconds: each tool's latest success, and the user's verification."""

    standing: Standing = field(default_factory=Standing)
    times: Mapping[str, float] = field(default_factory=dict)
    verified: float = 0.0

    def at(self, now: float, remember: float) -> Standing:
        """Return what of it still counts."""
        if self.standing.user is not None and not _counts(self.verified, now, remember):
            return Standing()
        fresh = {name for name in self.standing.succeeded if _counts(self.times.get(name, 0.0), now, remember)}
        return replace(self.standing, succeeded=frozenset(fresh))

    def after(self, standing: Standing, tool: Tool, ran: Ran, now: float) -> "Achieved":
        """Return what is achieved after a call of the tool has led to this standing."""
        times = {name: self.times.get(name, now) for name in standing.succeeded}
        if not said_success(ran):
            return Achieved(standing, times, self.verified)
        return Achieved(standing, times | {tool.name: now}, self.verified if ran.user is None else now)


def _counts(time: float, now: float, remember: float) -> bool:
    """Return whether a success of that time still counts; one from far ahead does not, for a clock was set back."""
    return abs(now - time) < remember


@dataclass(frozen=True, slots=True)
class Record:
    """All of one contact. texts: what they said and were told, see Ground.texts. told: when the latest of it came."""

    packs: Mapping[str, Achieved] = field(default_factory=dict)
    texts: tuple[tuple[str, str], ...] = ()
    told: float = 0.0

    def standings(self, now: float, remember: float) -> dict[str, Standing]:
        """Return what of it all still counts, by pack."""
        return {name: achieved.at(now, remember) for name, achieved in self.packs.items()}

    def until(self, remember: float) -> float:
        """Return when nothing of it counts any more."""
        times = [time for achieved in self.packs.values() for time in (*achieved.times.values(), achieved.verified)]
        return max([self.told, *times]) + remember


@dataclass(frozen=True, slots=True)
class Run:
    """A call that ran, and how it ended. arguments: their JSON text."""

    pack: str
    tool: Tool
    arguments: str
    ran: Ran

    def added_to(self, record: Record, now: float, remember: float) -> Record:
        """Return the record with what the call has achieved."""
        before = record.packs.get(self.pack, Achieved())
        standing = after(before.at(now, remember), self.tool, self.ran, self.arguments)
        return replace(record, packs={**record.packs, self.pack: before.after(standing, self.tool, self.ran, now)})


def grown(record: Record, said: Iterable[str], learned: Iterable[tuple[str, str]], now: float) -> Record:
    """Return the record with what was said, and with results and the arguments of their calls."""
    ground = Ground(MOST_CHARACTERS)
    for text in said:
        ground.hear(text)
    for result, arguments in learned:
        ground.learn(result, arguments)
    new = dict.fromkeys(ground.texts())
    if not new:
        return record
    texts = [text for text in record.texts if text not in new]
    return replace(record, texts=_newest([*texts, *new]), told=now)


def _newest(texts: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the texts at the end, as many as are kept."""
    room = 2 * MOST_CHARACTERS
    kept = 0
    for text, echo in reversed(texts[-MOST_TEXTS:]):
        room -= len(text) + len(echo)
        if room < 0:
            break
        kept += 1
    return tuple(texts[len(texts) - kept :])


def to_json(record: Record) -> str:
    """Return the record as a text that from_json reads."""
    return json.dumps(asdict(record), default=sorted)


def from_json(text: str | None) -> Record:
    """Return the record in a text; an empty one where there is none, or none that we have written."""
    try:
        value = json.loads(text or "{}")
        packs = {name: _achieved(item) for name, item in value.get("packs", {}).items()}
        texts = tuple((str(said), str(echo)) for said, echo in value.get("texts", ()))
        return Record(packs, texts, float(value.get("told", 0.0)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Record()  # nothing is achieved: a question more, and nobody's data


def _achieved(item: Any) -> Achieved:
    standing = item["standing"]
    user, verified_by = standing["user"], str(standing["verified_by"])
    named = frozenset(map(str, standing["named"]))
    succeeded = frozenset(map(str, standing["succeeded"]))
    times = {str(name): float(time) for name, time in item["times"].items()}
    kept = Standing(succeeded, None if user is None else str(user), verified_by, named)
    return Achieved(kept, times, float(item["verified"]))
