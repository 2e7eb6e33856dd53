"""A simulated user and the offline assistant, in one conversation."""

from chatbot.events import Replied
from chatbot.interrupt import Interrupt
from chatbot.models.offline import OfflineModel
from chatbot.packs import open_packs
from chatbot.session import Session, drive
from tests.conversation import say, told

MOST = 12
"""Turns; whoever is not done by then is never done."""


def talked(user, spec, *, greets=True):
    """The whole conversation about a pack, a line each; statuses and notices are left out."""
    packs = open_packs((spec,), {}, {})
    session = Session(OfflineModel(), packs)
    events, heard = [], []
    if greets:
        drive(session.greet(Interrupt()), events.append)
        heard = list(events)
    for _ in range(MOST):
        words = user.speak([event.message.text for event in heard if isinstance(event, Replied)], Interrupt())
        if words is None:
            return [line for line in told(events) if not line.startswith(("[", "end: done"))]
        heard, outcome = say(session, words)
        assert outcome.stop == "done"
        events += heard
    raise AssertionError("the user is never done")
