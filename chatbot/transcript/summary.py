"""A session in a line, to find it again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chatbot.events import TurnStarted
from chatbot.transcript.loading import load

HOUR = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Summary:
    """What a session was. ended: when something was last said in it, local time. said: the user's first words."""

    session: str
    started: str
    ended: datetime
    turns: int
    model: str
    packs: tuple[str, ...]
    said: str


def summary(path: Path) -> Summary:
    """Return a session's summary. Raises UsageError where its file cannot be read."""
    loaded = load(path)
    said = [event.message.text for event in loaded.events if isinstance(event, TurnStarted) and event.message]
    ended = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    first = said[0] if said else ""
    return Summary(loaded.session, loaded.started, ended, len(said), loaded.model, loaded.packs, first)


def when(moment: datetime, now: datetime) -> str:
    """Return a moment for people, in the time zone of `now`: relative for today, else the date."""
    moment = moment.astimezone(now.tzinfo)
    seconds = (now - moment).total_seconds()
    if 0 <= seconds < 60:
        return "just now"
    if moment.date() == now.date() and seconds > 0:
        return f"{seconds // 60:.0f} min ago" if seconds < HOUR else f"{seconds // HOUR:.0f} h ago"
    if moment.date() == now.date() - timedelta(days=1):
        return f"yesterday {moment:%H:%M}"
    return f"{moment:%Y-%m-%d %H:%M}"
