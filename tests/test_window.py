import pytest

from chatbot.errors import ContextTooLong
from chatbot.interrupt import Interrupt
from chatbot.limits import Limits
from chatbot.models.scripted import Scripted
from chatbot.runtime import Trust
from chatbot.session import Session, drive
from chatbot.types import SUMMARY, Assistant, ToolCall, ToolResult, Usage, User
from chatbot.window import cut, excess, tokens, turns
from tests.conversation import calling, pack, say, told, tool
from tests.loopback import ChatServer, status, text
from tests.program import api, events

CALL = ToolCall("1", "look", "{}")
FIRST = [User("one"), Assistant("", (CALL,)), ToolResult("1", "look", "seen"), Assistant("two")]
SECOND = [User("three"), Assistant("four")]
HELLO = [Assistant("Hello!")]


def test_a_turn_begins_with_what_the_user_says_and_a_greeting_is_one_of_its_own():
    assert turns([*HELLO, *FIRST, *SECOND]) == [HELLO, FIRST, SECOND]
    assert turns([]) == []


def test_turns_are_cut_whole():
    history = [*HELLO, *FIRST, *SECOND]
    assert cut(history, oldest=1) == [*FIRST, *SECOND]
    assert cut(history, oldest=2) == SECOND
    assert cut(history, latest=1) == [*HELLO, *FIRST]
    assert cut(history, oldest=2, summary="They looked.") == [Assistant(SUMMARY + "They looked."), *SECOND]
    assert cut(history, oldest=9, latest=9) == []


def test_tokens_are_those_the_model_counted_and_what_came_since_by_its_length():
    counted = [User("x" * 10_000), Assistant("y", usage=Usage(90, 10))]
    assert tokens(counted) == 100
    assert 100 + 100 <= tokens([*counted, User("z" * 350)]) <= 100 + 120


@pytest.mark.parametrize(("limit", "gone"), [(10_000, 0), (290, 1), (200, 2), (1, 3)])
def test_as_many_of_the_oldest_go_as_must_but_never_the_last(limit, gone):
    turn = [User("x" * 150), Assistant("y" * 150)]
    assert excess(turn * 4, limit) == gone


def too_long(request):
    if len(str(request["messages"])) > 700:
        return status(400, body={"error": {"message": "too many tokens", "code": "context_length_exceeded"}})
    return text("I see.")


def test_a_conversation_that_grew_too_long_goes_on_without_its_oldest_turns(run):
    said = "".join(f"turn {number}: {'word ' * 20}\n" for number in range(8))
    with ChatServer(too_long) as server:
        done = run("--json", "--pack", "none", said=said, **api(server))
    assert done.returncode == 0, done.stderr
    assert [event["stop"] for event in events(done, "turn_ended")] == ["done"] * 8
    cuts = events(done, "history_cut")
    assert cuts
    assert all(event["oldest"] >= 1 for event in cuts)
    assert "are left out from now on" in events(done, "notice")[-1]["text"]
    assert "turn 7" in server.bodies[-1]["messages"][-1]["content"]
    assert "turn 0" not in str(server.bodies[-1]["messages"])
    assert server.violations == []


def test_a_single_turn_that_is_too_long_fails_with_what_to_do(run):
    with ChatServer(too_long) as server:
        done = run("--plain", "--pack", "none", said="word " * 300 + "\n", **api(server))
    assert done.returncode == 1
    assert "the conversation is too long" in done.stderr or "too many tokens" in done.stderr
    assert "Start a new one" in done.stderr


class Forgetful(Scripted):
    """Reads no more than so many messages."""

    most = 4

    def stream(self, prompt, interrupt):
        if len(prompt.history) > self.most and "Summarise" not in prompt.history[-1].text:
            raise ContextTooLong("too long")
        yield from super().stream(prompt, interrupt)


def test_a_summary_stands_for_what_is_left_out_where_that_is_wanted():
    session = Session(Forgetful(*map(Assistant, ["a", "b", "They said 1 and 2.", "c"])), compacts=True)
    for word in ("1", "2", "3"):
        log, outcome = say(session, word)
    assert outcome.stop == "done"
    summary = Assistant(SUMMARY + "They said 1 and 2.")
    assert session.history == [summary, User("2"), Assistant("b"), User("3"), Assistant("c")]
    assert any("a summary stands for what was said" in line for line in told(log))


def test_near_the_limit_that_is_known_turns_are_left_out_before_the_model_complains():
    trust = Trust(limits=Limits(context=100))
    session = Session(Scripted(*(Assistant("word " * 20, usage=Usage(n * 40, 20)) for n in (1, 2, 3))), trust=trust)
    for word in ("1", "2", "3"):
        log, _ = say(session, word)
    assert session.history[0] != User("1")
    assert session.history[-2] == User("3")
    assert any("left out" in line for line in told(log))


def test_a_failing_turn_is_rolled_back_also_after_turns_were_left_out():
    class Full(Scripted):
        def stream(self, prompt, interrupt):
            raise ContextTooLong("too long")
            yield

    session = Session(Full())
    session.history[:] = [*FIRST, *SECOND]
    _, outcome = say(session, "five")
    assert outcome.stop == "error"
    assert session.history == []
    session = Session(Full())
    session.history[:] = SECOND
    say(session, "five")
    assert User("five") not in session.history


def test_undo_takes_the_latest_turn_back():
    session = Session(
        Scripted(Assistant("Hello!"), calling(("look", {})), Assistant("a")), [pack(tool("look", lambda a, c: "x"))]
    )
    drive(session.greet(Interrupt()))
    say(session, "look!")
    log = []
    assert drive(session.undo(), log.append) == "look!"
    assert session.history == [Assistant("Hello!")]
    assert [(event.type, event.latest) for event in log] == [("history_cut", 1)]
    assert drive(session.undo()) == ""
    assert session.history == [Assistant("Hello!")]


def test_compact_puts_the_models_own_summary_in_the_place_of_all_that_was_said():
    session = Session(Scripted(Assistant("a"), Assistant("b"), Assistant("They said 1 and 2.")))
    say(session, "1")
    say(session, "2")
    log = []
    assert drive(session.compact(Interrupt()), log.append).stop == "done"
    assert session.history == [Assistant(SUMMARY + "They said 1 and 2.")]
    assert log[0].summary == "They said 1 and 2."


def test_a_greeting_that_fails_leaves_what_was_said_before_as_it_was():
    class Silent(Scripted):
        def stream(self, prompt, interrupt):
            raise ContextTooLong("no")
            yield

    session = Session(Silent())
    session.history[:] = FIRST
    assert drive(session.greet(Interrupt())).stop == "error"
    assert session.history == FIRST


def test_where_no_summary_can_be_had_all_is_as_it_was():
    session = Session(Scripted(Assistant("a"), Assistant("")))
    say(session, "1")
    log = []
    drive(session.compact(Interrupt()), log.append)
    assert told(log) == ["notice: There is no summary; all is as it was."]
    assert session.history == [User("1"), Assistant("a")]


def test_an_interrupted_summary_leaves_nothing_out():
    interrupt = Interrupt()

    class Slow(Forgetful):
        def stream(self, prompt, interrupt_):
            if "Summarise" in prompt.history[-1].text:
                interrupt.set()
            yield from super().stream(prompt, interrupt_)

    session = Session(Slow(*map(Assistant, ["a", "b", "never read"])), compacts=True)
    for word in ("1", "2"):
        say(session, word)
    log = []
    drive(session.turn("3", interrupt), log.append)
    assert "history_cut" not in [event.type for event in log]
    assert session.history[:4] == [User("1"), Assistant("a"), User("2"), Assistant("b")]
    assert log[-1].stop == "interrupted"
