"""What was recorded happens again, to the letter: and nothing runs."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatbot.errors import ContextTooLong, ModelError
from chatbot.events import ApprovalAsked, Replied, SecretAnswered, TextDelta, ToolReturned, TurnEnded, TurnStarted
from chatbot.interrupt import Interrupt
from chatbot.limits import Limits
from chatbot.masking import MASK, Mask
from chatbot.models.offline import OfflineModel
from chatbot.models.scripted import Scripted
from chatbot.pack import InvalidArguments
from chatbot.packs import open_packs
from chatbot.playback import PlayedSession, Recording, read
from chatbot.render.jsonl import JsonLines
from chatbot.render.plain import Plain
from chatbot.replay.finding import words_of
from chatbot.runtime import Trust
from chatbot.session import Session, drive
from chatbot.transcript import Transcripts
from chatbot.types import Assistant, ToolCall, Usage, User
from tests.answers import ALWAYS, NO, YES, Answers
from tests.conversation import calling
from tests.playback.talk import KEY, Talk, comparable, ends

SUPPORT = Path(__file__).parents[2] / "examples" / "support.yaml"
MADE_UP = "made-up-key"


def results(events):
    return [(event.result.failure, event.result.content) for event in events if isinstance(event, ToolReturned)]


def shown(session, said):
    """What a conversation looks like, plain and as JSON; without the session's id and times."""
    plain, notes, json = io.StringIO(), io.StringIO(), io.StringIO()
    show, tell = Plain(plain, notes), JsonLines(json, deltas=True)
    events = []
    drive(session.opening(), show, events.append)
    for text in said:
        turn = session.greet(Interrupt()) if text is None else session.turn(text, Interrupt())
        drive(turn, show, events.append)
    for event in comparable(events):
        tell(event)
    return plain.getvalue(), notes.getvalue(), json.getvalue()


@pytest.fixture
def support(tmp_path, monkeypatch):
    """The support conversation, offline: what it looked like, and its recording."""
    monkeypatch.setenv("SUPPORT_DB", str(tmp_path / "support.db"))
    recording = Recording(tmp_path / "support.jsonl", print)
    session = Session(OfflineModel(), [recording.watching(pack) for pack in open_packs(["support"])])
    recording.mask = session.mask
    events = []
    drive(session.opening(), recording)
    for text in (None, *words_of(SUPPORT)):
        turn = session.greet(Interrupt()) if text is None else session.turn(text, Interrupt())
        drive(turn, recording, events.append)
    recording.close()
    (tmp_path / "support.db").unlink()
    return recording.path


def test_the_support_conversation_is_held_again_to_the_letter(support, tmp_path, monkeypatch):
    monkeypatch.setenv("SUPPORT_DB", str(tmp_path / "second.db"))
    said = (None, *words_of(SUPPORT))
    live = shown(Session(OfflineModel(), open_packs(["support"])), said)
    monkeypatch.setenv("SUPPORT_DB", "/dev/null/nowhere")

    assert shown(PlayedSession(read(support), open_packs(["support"])), said) == live
    assert 'my API key is: "•••"' in live[0]


def test_what_is_masked_on_the_tape_may_be_said_masked(support):
    tape = read(support)
    said = [turn.said and turn.said.text for turn in tape.turns]
    first = shown(PlayedSession(tape, open_packs(["support"])), said)
    assert first == shown(PlayedSession(tape, open_packs(["support"])), (None, *words_of(SUPPORT)))
    assert '"status": "Open"' in first[0]


def stopped_calls(*names):
    return calling(*((name, {}) for name in names))


CONVERSATIONS = {
    "a greeting": (["Hello!", "Yes."], [None, "hi"]),
    "a tool that fails": ([calling(("fail", {})), "Sorry."], ["go"]),
    "a hook that gives nothing": ([calling(("silent", {})), "Sorry."], ["go"]),
    "a tool that takes too long": ([calling(("slow", {}), ("echo", {"a": 1})), "Sorry."], ["go"]),
    "no such tool": ([calling(("unknown", {})), "Sorry."], ["go"]),
    "arguments that do not fit": ([calling(("echo", "{oops")), "Sorry."], ["go"]),
    "control characters": (
        [calling(("strange", {"\x1b": "\u2028"})), "ré\x1b[0m\ud800 \U0001f600"],
        ["\x07\x1b[2J go"],
    ),
    "a gate": ([calling(("mine", {}), ("sign_in", {"key": KEY}), ("mine", {})), "Well."], [f"my key is {KEY}"]),
    "a gate that opens for nothing": ([calling(("nothing", {}), ("after", {})), "Well."], ["go"]),
    "an invented secret, again and again": ([calling(("sign_in", {"key": MADE_UP}))] * 5 + ["Well."], ["go"]),
    "a secret that is known late": ([calling(("sign_in", {"key": KEY})), "In.", "No."], [f"{KEY}!", f"was it {KEY}?"]),
    "a model that is down": (["Yes.", ModelError("It is down."), "Again."], ["hi", "lost", "still there?"]),
    "a model that stops after a tool": ([stopped_calls("echo"), ModelError("It is down.")], ["hi"]),
    "a text that is cut short": (["stopped"], ["hi"]),
    "calls that are interrupted": ([stopped_calls("stop", "nothing", "after", "slow")], ["hi"]),
    "a conversation that is too long": (["One.", "Two.", ContextTooLong("No."), "Three."], ["1", "2", "3"]),
    "an answer of nothing": ([""], ["hi"]),
    "too many rounds": ([stopped_calls("echo")] * 11, ["hi"]),
    "turns that are taken back": (["One.", "Two.", "Three."], ["1", "2", "/undo", "3"]),
    "a summary of all": (["One.", "A summary.", "Two."], ["1", "/compact", "2"]),
    "tokens": ([Assistant("Yes.", (), Usage(30, 4))], ["hi"]),
    "one id for two calls": (
        [Assistant("", (ToolCall("a", "echo", '{"b": 1}'), ToolCall("a", "nothing", "{}"))), "x"],
        ["hi"],
    ),
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_what_happened_happens_again_and_no_tool_runs(name, tmp_path):
    replies, said = CONVERSATIONS[name]
    talk = Talk(tmp_path, replies, said)
    played, session = talk.session_played()
    assert played == comparable(talk.events)
    assert talk.runs == talk.ran, "a tool ran"
    assert list(session.ending()) == []


def test_the_user_answers_as_they_did(tmp_path):
    changes = calling(("change", {"to": 1}), ("change", {"to": 2}))
    user = Answers(NO, ALWAYS)
    talk = Talk(tmp_path, [changes, changes, "Done."], ["go"], trust=Trust(asker=user))
    played = talk.play(trust=Trust())
    assert played == comparable(talk.events)
    assert len([event for event in played if isinstance(event, ApprovalAsked)]) == len(user.asked) == 2
    assert [failure for failure, _ in results(played)] == ["denied", None, None, None]


@pytest.mark.parametrize("secrets", [{"key": KEY}, {}], ids=["given", "not given"])
def test_a_secret_that_was_asked_for_is_on_no_tape_and_none_is_needed(secrets, tmp_path):
    replies = [calling(("sign_in", {}), ("mine", {})), "Well."]
    talk = Talk(tmp_path, replies, ["let me in"], hides=True, trust=Trust(asker=Answers(**secrets)))
    assert KEY not in talk.path.read_text("utf-8")
    assert [event.given for event in talk.events if isinstance(event, SecretAnswered)] == [bool(secrets)]
    assert talk.play(trust=Trust()) == comparable(talk.events)
    assert talk.runs == talk.ran


def test_a_mask_need_not_fit_the_schema(tmp_path):
    def only_keys(text):
        if KEY not in text:
            raise InvalidArguments("no key is in it")
        return {}

    for hides in (False, True):
        folder = tmp_path / str(hides)
        folder.mkdir()
        arguments = {} if hides else {"key": KEY}
        trust = Trust(asker=Answers(key=KEY))
        replies = [calling(("sign_in", arguments)), calling(("sign_in", {"key": "no"})), "Well."]
        talk = Talk(folder, replies, [f"my key is {KEY}"], hides=hides, trust=trust, parse=only_keys)
        assert [failure for failure, _ in results(talk.events)] == [None, "denied"]
        assert talk.play() == comparable(talk.events)


def test_a_summary_is_given_again(tmp_path):
    replies = ["One.", "Two.", ContextTooLong("No."), "A summary.", "Three."]
    talk = Talk(tmp_path, replies, ["1", "2", "3"], compacts=True)
    assert talk.play() == comparable(talk.events)


def test_a_turn_in_which_the_program_was_killed_ends_as_an_interrupted_one(tmp_path):
    talk = Talk(tmp_path, ["Yes.", calling(("echo", {})), "Done."], ["hi", "go"])
    kept = Transcripts(tmp_path / "kept").create("a1b2")
    for event in talk.events:
        if isinstance(event, ToolReturned):
            break
        kept(event)
    kept.close()
    again = Transcripts(tmp_path / "kept").reopen("a1b2")
    again(TurnStarted(User("there?")))
    again.close()
    talk.path = kept.path
    assert [event.stop for event in talk.play("hi", "go") if isinstance(event, TurnEnded)] == ["done", "interrupted"]


def test_a_mask_is_no_secret():
    mask = Mask()
    mask.learn(MASK)
    assert mask.unsure("•") == 0


def test_a_transcript_can_be_played_as_well(tmp_path):
    path = tmp_path / "kept"
    talk = Talk(tmp_path, [calling(("echo", {"a": 1})), "Yes, it is.", ModelError("It is down.")], ["go", "and?"])
    transcript = Transcripts(path).create("a1b2")
    for event in talk.events:
        transcript(event)
    transcript.close()
    talk.path = transcript.path
    assert talk.play() == comparable(talk.events)


def test_an_answer_that_broke_off_breaks_off_again(tmp_path):
    class BreaksOff(Scripted):
        def stream(self, prompt, interrupt):
            yield TextDelta("one two")
            yield from super().stream(prompt, interrupt)

    recording = Recording(tmp_path / "cut.jsonl", print)
    events = []
    session = Session(BreaksOff(ModelError("The line is cut."), ContextTooLong("Too long."), "Yes."))
    for text in ("hi", "hi"):
        drive(session.turn(text, Interrupt()), recording, events.append)
    recording.close()
    again, session = [], PlayedSession(read(recording.path))
    for text in ("hi", "hi"):
        drive(session.turn(text, Interrupt()), again.append)
    not_whole = "The answer above is not whole. /retry asks for it once more."
    assert ends(events)[:2] == [not_whole, ("error", "The line is cut.")]
    assert comparable(again) == comparable(events)


def test_weights_need_not_be_loaded_again(tmp_path):
    talk = Talk(tmp_path, ["Yes."], ["hi"])
    head, queued, rest = talk.path.read_text().partition('{"type": "status_changed", "status": "queued"}\n')
    loading = '{"type": "progressed", "what": "Loading weights", "done": 5, "total": 5}\n'
    talk.path.write_text(head + queued + loading + rest)
    assert queued
    assert talk.play() == comparable(talk.events)


def test_the_deltas_come_as_they_came(tmp_path):
    talk = Talk(tmp_path, ["one two three"], ["hi"])
    session = PlayedSession(read(talk.path), talk.packs)
    events = []
    drive(session.turn("hi", Interrupt()), events.append)
    assert [event.text for event in events if event.type == "text_delta"] == ["one", " two", " three"]
    assert [event.message.text for event in events if isinstance(event, Replied)] == ["one two three"]


NAMES = ["echo", "nothing", "strange", "fail", "silent", "stop", "sign_in", "mine", "after", "change", "unknown"]
ARGUMENTS = st.sampled_from([{}, {"word": "é"}, {"key": KEY}, {"key": MADE_UP}, {"word": KEY}])
CALLS = st.lists(st.tuples(st.sampled_from(NAMES), ARGUMENTS), min_size=1, max_size=4)
REPLIES = st.one_of(
    st.sampled_from(["Yes.", f"one two {KEY}", "", "stopped", calling(("echo", "not JSON"))]),
    st.sampled_from([ModelError("It is down."), ContextTooLong("It is too long.")]),
    CALLS.map(lambda calls: calling(*calls)),
    CALLS.map(lambda calls: calling(*calls, text="Let me see.")),
)
SAID = st.lists(st.sampled_from(["hello there", None, f"my key is {KEY}", KEY]), min_size=1, max_size=4)


@settings(max_examples=30)
@example([calling(("echo", {})), f"one two {KEY}", "stopped"], ["hello there"] * 3, 60, [], False)
@given(
    replies=st.lists(REPLIES, max_size=8),
    said=SAID,
    context=st.sampled_from([0, 60]),
    answers=st.lists(st.sampled_from([YES, NO, ALWAYS]), max_size=3),
    compacts=st.booleans(),
)
def test_whatever_happened_happens_again(replies, said, context, answers, compacts):
    limits = Limits(rounds=2, result=30, context=context)
    with TemporaryDirectory() as folder:
        trust = Trust(limits=limits, asker=Answers(*answers))
        talk = Talk(Path(folder), replies, said, trust=trust, compacts=compacts)
        assert talk.play() == comparable(talk.events)
        masked = [turn.said and turn.said.text for turn in read(talk.path).turns]
        assert talk.play(*masked) == comparable(talk.events)
