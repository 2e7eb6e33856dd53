"""What a transcript tells is what the session's model would have gone on with."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import ContextTooLong, ModelError
from chatbot.events import Replied, ToolCalled, TurnStarted
from chatbot.interrupt import Interrupt
from chatbot.limits import Limits
from chatbot.models.scripted import Scripted
from chatbot.pack import ToolFailed
from chatbot.runtime import Trust
from chatbot.session import Session, drive
from chatbot.transcript import Transcripts, load
from chatbot.transcript.replay import history
from chatbot.types import Assistant, ToolCall, ToolResult, User
from chatbot.window import INTERRUPTED
from tests.conversation import calling, pack, tool
from tests.transcript.talk import ASK, TALK, keep, started, turn

LONG = "a long result " * 5
LIMITS = Limits(rounds=2, result=30)


class Talk:
    """A session with tools for everything that can happen, and its transcript."""

    def __init__(self, folder, *replies, limits=LIMITS):
        self.interrupt = Interrupt()
        tools = [
            tool("echo", lambda arguments, _: arguments),
            tool("long", lambda *_: LONG),
            tool("fail", self._fail),
            tool("stop", lambda *_: self.interrupt.set()),
        ]
        script = [self._stopped if reply == "stopped" else reply for reply in replies]
        self.session = Session(Scripted(*script), [pack(*tools)], trust=Trust(limits=limits))
        self.transcript = Transcripts(folder).create(self.session.id)
        drive(self.session.opening(), self.transcript)

    def _fail(self, *_):
        raise ToolFailed("It is out of order.")

    def _stopped(self, _prompt):
        self.interrupt.set()
        return "never said"

    def do(self, action):
        self.interrupt = Interrupt()
        match action:
            case "greet":
                drive(self.session.greet(self.interrupt), self.transcript)
            case "undo":
                drive(self.session.undo(), self.transcript)
            case said:
                drive(self.session.turn(said, self.interrupt), self.transcript)

    def kept(self):
        self.transcript.close()
        return history(load(self.transcript.path).events, self.session.limits)


NAMES = st.sampled_from(["echo", "long", "fail", "stop", "unknown"])
CALLS = st.lists(st.tuples(NAMES, st.sampled_from([{}, {"word": "é"}, "not JSON"])), min_size=1, max_size=3)
REPLIES = st.one_of(
    st.sampled_from(["Yes.", "one two three", "", "stopped"]),
    st.sampled_from([ModelError("It is down."), ContextTooLong("It is too long.")]),
    st.just(Assistant("", (ToolCall("same", "echo", "{}"), ToolCall("same", "long", "{}")))),
    CALLS.map(lambda calls: calling(*calls)),
    CALLS.map(lambda calls: calling(*calls, text="Let me see.")),
)
ACTIONS = st.lists(st.sampled_from(["hello there", "go on", "greet", "undo"]), max_size=4)


@given(
    replies=st.lists(REPLIES, max_size=8),
    actions=ACTIONS,
    context=st.sampled_from([0, 60]),
)
def test_the_history_of_a_transcript_is_the_sessions(replies, actions, context):
    with TemporaryDirectory() as folder:
        talk = Talk(Path(folder), *replies, limits=LIMITS._replace(context=context))
        for action in ["hello", *actions]:
            talk.do(action)
        assert talk.kept() == talk.session.history


def test_a_turn_that_fails_before_any_tool_ran_leaves_no_trace(tmp_path):
    talk = Talk(tmp_path, "Hi.", ModelError("It is down."), "Again.")
    for said in ("hello", "lost", "still there?"):
        talk.do(said)
    assert talk.kept() == [User("hello"), Assistant("Hi."), User("still there?"), Assistant("Again.")]


def test_an_interrupted_turn_is_closed(tmp_path):
    talk = Talk(tmp_path, calling(("stop", {}), ("echo", {})))
    talk.do("hello")
    kept = talk.kept()
    assert kept == talk.session.history
    assert kept[-1] == Assistant(INTERRUPTED)


def test_the_turn_in_which_the_program_was_killed_is_closed_too(tmp_path):
    path = keep(
        tmp_path,
        started(),
        *turn("hi", "Hi."),
        TurnStarted(User("and?")),
        Replied(Assistant("", (ASK,))),
        ToolCalled(ASK),
    )
    assert history(load(path).events) == [
        User("hi"),
        Assistant("Hi."),
        User("and?"),
        Assistant("", (ASK,)),
        ToolResult("c1", "get_ticket", "The call was interrupted before it ended.", "interrupted"),
        Assistant(INTERRUPTED),
    ]


def test_a_whole_conversation(tmp_path):
    loaded = load(keep(tmp_path, *TALK))
    assert (loaded.session, loaded.model, loaded.packs) == ("a1b2c3d4e5f6", "scripted", ("support", "weather"))
    assert history(loaded.events) == [
        Assistant("Hello!"),
        User("Größe of ticket 12345?\nIn one line."),
        Assistant("", (ASK,), TALK[7].message.usage),
        ToolResult("c1", "get_ticket", '{"status": "Open"}'),
        Assistant("It is **Open**.", (), TALK[10].message.usage),
    ]


def test_what_is_secret_stays_so(tmp_path):
    log_in = tool("log_in", lambda *_: "Welcome, s3same-open.", secrets=frozenset({"api_key"}))
    session = Session(Scripted(calling(("log_in", {"api_key": "s3same-open"})), "You are in."), [pack(log_in)])
    transcript = Transcripts(tmp_path).create(session.id)
    drive(session.turn("my api key is s3same-open", Interrupt()), transcript)
    transcript.close()
    assert "s3same" not in transcript.path.read_text("utf-8")
    assert history(load(transcript.path).events) == [
        User("my api key is •••"),
        calling(("log_in", '{"api_key": "•••"}')),
        ToolResult("call_1", "log_in", "Welcome, •••."),
        Assistant("You are in."),
    ]
