"""Conversations that are recorded, and held again from what was recorded."""

import json
from dataclasses import replace

from chatbot.events import Notice, SessionStarted, ToolReturned, TurnEnded, is_durable
from chatbot.interrupt import Interrupt
from chatbot.models.scripted import Scripted
from chatbot.pack import NoOutput, ToolFailed, Verified
from chatbot.playback import PlayedSession, Recording, read
from chatbot.session import Session, drive
from chatbot.trust.hidden import hide
from tests.conversation import pack, tool

KEY = "s3same-open"
SIGN_IN = {"type": "object", "properties": {"key": {"type": "string"}}}


class Talk:
    """A conversation of these replies and words; None lets the assistant speak first, and there are /undo and
    /compact.

    interrupt: that of the turn that goes on; the tool `stop` and the reply `stopped` set it. runs: calls that really
    ran. hides: the model does not see secrets. parse: how every tool reads its arguments.
    """

    def __init__(self, folder, replies, said, *, hides=False, parse=None, **options):
        self.path = folder / "talk.jsonl"
        self.options = options
        self.runs = []
        self.interrupt = Interrupt()
        tools = pack(*(replace(one, parse=parse or one.parse) for one in self._tools()))
        self.packs = [hide(tools) if hides else tools]
        recording = Recording(self.path, _refuse)
        script = [self._stopped if reply == "stopped" else reply for reply in replies]
        session = Session(Scripted(*script), [recording.watching(one) for one in self.packs], **options)
        recording.mask = session.mask
        self.said = said
        self.events = self._hold(session, said, recording)
        recording.close()
        self.ran = [*self.runs]

    def play(self, *said, packs=None, **options):
        """Hold it again, with the same words or with others; its events, durable and without times."""
        return self.session_played(*said, packs=packs, **options)[0]

    def session_played(self, *said, packs=None, **options):
        """Hold it again; its events, and the session."""
        session = PlayedSession(read(self.path), packs or self.packs, **(self.options | options))
        return comparable(self._hold(session, said or self.said)), session

    def _hold(self, session, said, *sinks):
        events = []
        drive(session.opening(), *sinks, events.append)
        for text in said:
            self.interrupt = Interrupt()
            drive(self._steps(session, text), *sinks, events.append)
        return events

    def _steps(self, session, text):
        match text:
            case None:
                return session.greet(self.interrupt)
            case "/undo":
                return session.undo()
            case "/compact":
                return session.compact(self.interrupt)
        return session.turn(text, self.interrupt)

    def _stopped(self, _prompt):
        self.interrupt.set()
        return "never said"

    def _tools(self):
        key = frozenset({"key"})
        return [
            tool("echo", self._noted(lambda arguments, _: arguments)),
            tool("nothing", self._noted(lambda *_: None)),
            tool("strange", self._noted(lambda *_: "\x1b[31mréd\u202e\u2028\x00 end")),
            tool("fail", self._noted(_fail)),
            tool("silent", self._noted(_silent)),
            tool("slow", self._noted(lambda *_: Interrupt().wait(0.2)), timeout=0.02),
            tool("stop", self._noted(lambda *_: self.interrupt.set())),
            replace(tool("sign_in", self._noted(_sign_in), secrets=key, grounded=key), parameters=SIGN_IN),
            tool("mine", self._noted(lambda _, context: f"what {context.user} has"), requires=("sign_in",)),
            tool("after", self._noted(lambda *_: "ok"), requires=("nothing",)),
            tool("change", self._noted(lambda arguments, _: arguments), effect="write"),
        ]

    def _noted(self, run):
        def noted(arguments, context):
            self.runs.append(context.call)
            return run(arguments, context)

        return noted


def comparable(events):
    """The durable events, without what is another every time."""
    return [_timeless(event) for event in events if is_durable(event)]


def ends(events):
    """How the turns ended, and what people were told before, if anything."""
    return [
        (event.stop, event.detail) if isinstance(event, TurnEnded) else event.text
        for event in events
        if isinstance(event, TurnEnded | Notice)
    ]


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _timeless(event):
    match event:
        case SessionStarted():
            return replace(event, session="", time="")
        case ToolReturned():
            return replace(event, seconds=0.0)
    return event


def _fail(*_):
    raise ToolFailed("It is out of order.")


def _silent(*_):
    raise NoOutput("The hook gave no output.", "", "timeout")


def _sign_in(arguments, _):
    return Verified({"success": True}, user="jane") if arguments.get("key") == KEY else {"success": False}


def _refuse(notice):
    raise AssertionError(notice)
