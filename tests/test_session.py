import threading

import pytest

from chatbot.errors import ModelError
from chatbot.events import Notice, ReasoningDelta, StatusChanged, TextDelta, ToolReturned
from chatbot.interrupt import Interrupt
from chatbot.limits import Limits
from chatbot.models import Prompt
from chatbot.models.scripted import Scripted
from chatbot.pack import ToolFailed, Verified
from chatbot.runtime import Trust
from chatbot.session import Session, drive
from chatbot.types import Assistant, ToolResult, User
from tests.conversation import calling, pack, say, told, tool


def echo(arguments, context):
    return arguments


def test_a_turn_with_a_tool_call_is_told_from_the_first_word_to_the_last():
    session = Session(Scripted(calling(("echo", {"word": "hello"})), "It said hello."), [pack(tool("echo", echo))])

    events, outcome = say(session, "call it")

    assert told([event for event in events if not isinstance(event, TextDelta)]) == [
        "user: call it",
        "[queued]",
        "[in_progress]",
        "assistant: ",
        "[requires_action]",
        'call: echo {"word": "hello"}',
        'result: {"word": "hello"}',
        "[in_progress]",
        "assistant: It said hello.",
        "[completed]",
        "end: done",
    ]
    assert outcome.stop == "done"
    assert session.history == [
        User("call it"),
        calling(("echo", {"word": "hello"})),
        ToolResult("call_1", "echo", '{"word": "hello"}'),
        Assistant("It said hello."),
    ]


def test_the_deltas_of_an_answer_are_its_text():
    events, _ = say(Session(Scripted("One two three.")), "count")
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "One two three."


def test_the_assistant_speaks_first_where_the_pack_greets():
    session = Session(Scripted("Hello!"), [pack(greets=True)])
    events = []
    drive(session.greet(Interrupt()), events.append)
    assert session.greets
    assert "(greeting)" in told(events)
    assert session.history == [Assistant("Hello!")]


def test_every_broken_call_becomes_a_result_and_the_chat_goes_on():
    def explode(arguments, context):
        raise RuntimeError("boom")

    def refuse(arguments, context):
        raise ToolFailed("Ask for another number.")

    def leave(arguments, context):
        raise SystemExit(3)

    def odd(arguments, context):
        return object()

    tools = [tool(f.__name__, f) for f in (explode, refuse, leave, odd)]
    reply = calling(
        ("nothing", {}),
        ("explode", "{"),
        ("explode", "[]"),
        ("explode", {}),
        ("refuse", {}),
        ("leave", {}),
        ("odd", {}),
    )
    session = Session(Scripted(reply, "Sorry."), [pack(*tools)])

    events, outcome = say(session, "go")

    assert [line for line in told(events) if line.startswith("result")] == [
        "result: unknown: This function is not supported.",
        "result: invalid: The arguments of explode are not valid: not JSON",
        "result: invalid: The arguments of explode are not valid: not an object",
        "result: failed: explode failed: RuntimeError: boom",
        "result: failed: Ask for another number.",
        "result: failed: leave failed: SystemExit: 3",
        "result: failed: odd failed: PydanticSerializationError: Unable to serialize unknown type: <class 'object'>",
    ]
    assert outcome.stop == "done"


def test_calls_of_one_reply_run_side_by_side_and_return_in_the_order_asked():
    meeting = threading.Barrier(3)
    first_may_end = threading.Event()

    def meet(arguments, context):
        meeting.wait(10)  # breaks unless all three run at once
        if arguments["n"] == 1:
            first_may_end.wait(10)
        if arguments["n"] == 3:
            first_may_end.set()  # the last one ends before the first
        return arguments["n"]

    session = Session(Scripted(calling(*[("meet", {"n": n}) for n in (1, 2, 3)]), "ok"), [pack(tool("meet", meet))])
    events, _ = say(session, "go")
    assert [line for line in told(events) if line.startswith("result")] == ["result: 1", "result: 2", "result: 3"]


def test_a_tool_that_takes_too_long_is_given_up_and_the_others_are_not():
    never = threading.Event()
    slow = tool("slow", lambda arguments, context: never.wait(30), timeout=0.05)
    session = Session(Scripted(calling(("slow", {}), ("echo", {})), "ok"), [pack(slow, tool("echo", echo))])
    events, _ = say(session, "go")
    never.set()
    assert [line for line in told(events) if line.startswith("result")] == [
        "result: timeout: slow did not answer within 0.05 seconds.",
        "result: {}",
    ]


def test_at_the_step_limit_the_model_is_asked_once_more_without_tools():
    again = calling(("echo", {}))
    model = Scripted(again, again, "This is as far as I got.")
    session = Session(model, [pack(tool("echo", echo))], trust=Trust(limits=Limits(rounds=2)))
    events, outcome = say(session, "loop")
    assert [len(prompt.tools) for prompt in model.prompts] == [1, 1, 0]
    assert told(events)[-3:] == [
        "assistant: This is as far as I got.",
        "[incomplete]",
        "end: limit: The limit of 2 rounds of tool calls in one turn was reached (--max-steps).",
    ]
    assert outcome.stop == "limit"


def test_calls_made_when_no_tools_were_offered_are_dropped():
    session = Session(Scripted(calling(("echo", {})), calling(("echo", {}), text="Well.")), [pack(tool("echo", echo))])
    session.runtime.trust = Trust(limits=Limits(rounds=1))
    say(session, "loop")
    assert session.history[-1] == Assistant("Well.")


def test_at_the_limit_the_user_gets_an_answer_even_from_a_model_that_only_calls():
    session = Session(
        Scripted(calling(("echo", {})), calling(("echo", {}))),
        [pack(tool("echo", echo))],
        trust=Trust(limits=Limits(rounds=1)),
    )
    events, outcome = say(session, "loop")
    assert outcome.stop == "limit"
    assert told(events)[-3].startswith("assistant: I could not finish this: too many rounds")


class Halting:
    """Says some words, then does what it is told to, then waits for ever."""

    name = "halting"
    notice = ""

    def __init__(self, then):
        self.then = then

    def warm(self):
        pass

    def close(self):
        pass

    def stream(self, prompt, interrupt):
        yield StatusChanged("in_progress")
        yield ReasoningDelta("hm")
        yield TextDelta("Once upon ")
        yield TextDelta("a time")
        self.then(interrupt)
        yield Assistant("never")


def test_an_interrupted_answer_is_kept_as_far_as_it_was_said():
    interrupt = Interrupt()
    session = Session(Halting(lambda token: token.wait(30)))
    events = []

    def listen(event):
        events.append(event)
        if event == TextDelta("a time"):
            interrupt.set()

    outcome = drive(session.turn("tell", interrupt), listen)
    assert outcome.stop == "interrupted"
    assert told(events)[-2:] == ["[cancelled]", "end: interrupted"]
    assert session.history == [User("tell"), Assistant("Once upon a time [interrupted]")]


def test_an_answer_that_breaks_off_is_told_as_far_as_it_was_said():
    def fail(_token):
        raise ModelError("The stream broke.")

    session = Session(Halting(fail))
    events, _ = say(session, "tell")
    assert "assistant: Once upon a time" in told(events)
    assert told(events)[-1] == "end: error: The stream broke."
    assert session.history == []


def test_an_interrupt_while_a_tool_runs_ends_the_turn_and_every_call_has_a_result():
    interrupt = Interrupt()
    never = threading.Event()

    def hang(arguments, context):
        interrupt.set()
        never.wait(30)

    session = Session(
        Scripted(calling(("echo", {}), ("hang", {})), "Yes?"), [pack(tool("echo", echo), tool("hang", hang))]
    )
    events, outcome = say(session, "go", interrupt)
    never.set()
    assert outcome.stop == "interrupted"
    results = [event.result for event in events if isinstance(event, ToolReturned)]
    assert [result.call_id for result in results] == ["call_1", "call_2"]
    assert results[1].failure == "interrupted"
    assert session.history[-1] == Assistant("[interrupted]")
    assert say(session, "are you there?")[1].stop == "done"


def test_whoever_leaves_a_turn_early_leaves_a_valid_history():
    session = Session(Scripted(calling(("echo", {}), ("echo", {})), "x"), [pack(tool("echo", echo))])
    steps = session.turn("go", Interrupt())
    for event in steps:
        if isinstance(event, ToolReturned):
            break
    steps.close()
    assert [type(message) for message in session.history] == [User, Assistant, ToolResult, ToolResult]


def test_a_model_that_answers_nothing_is_noticed():
    events, outcome = say(Session(Scripted("")), "hello")
    assert "notice: scripted answered nothing." in told(events)
    assert outcome.stop == "done"


def test_a_bug_in_a_model_is_an_exception_and_the_history_stays_valid():
    session = Session(Scripted(ZeroDivisionError("bug")))
    with pytest.raises(ZeroDivisionError):
        say(session, "hello")
    assert session.history == [User("hello")]


def test_a_tool_cannot_change_the_history_or_the_trusted_fields():
    def meddle(arguments, context):
        arguments["list"].append("x")
        with pytest.raises(TypeError):
            context.fields["admin"] = True
        context.fields["contact"]["name"] = "Mallory"
        return arguments

    session = Session(
        Scripted(calling(("meddle", {"list": []})), calling(("look", {})), "ok"),
        [pack(tool("meddle", meddle), tool("look", lambda arguments, context: context.fields["contact"]))],
        trust=Trust({"contact": {"name": "Ann"}}),
    )
    events, _ = say(session, "go")
    assert session.history[1].calls[0].arguments == '{"list": []}'
    assert 'result: {"name": "Ann"}' in told(events)


def verify(arguments, context):
    if arguments["key"] == "right":
        return Verified({"success": True}, user=arguments["name"])
    return {"success": False}


GATED = pack(
    tool("verify", verify, secrets=frozenset({"key"})),
    tool("whoami", lambda arguments, context: context.user, requires=("verify",)),
)
DENIED = (
    "denied: whoami is refused until verify has succeeded in this session. "
    "Call verify first, with what the user tells you; ask the user for what it needs."
)
RIGHT = ("verify", {"name": "ann", "key": "right"})
WRONG = ("verify", {"name": "ann", "key": "wrong"})
WHOAMI = ("whoami", {})


@pytest.mark.parametrize(
    ("rounds", "results"),
    [
        ([[WHOAMI]], [DENIED]),
        ([[RIGHT], [WHOAMI]], ['{"success": true}', "ann"]),
        ([[WRONG], [WHOAMI]], ['{"success": false}', DENIED]),
        ([[RIGHT, WHOAMI]], ['{"success": true}', "ann"]),  # waits for the earlier call of the same reply
        ([[WRONG, WHOAMI]], ['{"success": false}', DENIED]),
        ([[WHOAMI, RIGHT]], [DENIED, '{"success": true}']),  # a later one does not help
        ([[RIGHT], [WRONG], [WHOAMI]], ['{"success": true}', '{"success": false}', DENIED]),  # the latest counts
        ([[RIGHT, WRONG, WHOAMI]], ['{"success": true}', '{"success": false}', DENIED]),
        ([[WRONG, RIGHT, WHOAMI]], ['{"success": false}', '{"success": true}', "ann"]),
        ([[("verify", "{}")], [WHOAMI]], ["failed: verify failed: KeyError: 'key'", DENIED]),
    ],
)
def test_a_gate_opens_only_by_a_success_in_this_session(rounds, results):
    session = Session(Scripted(*[calling(*calls) for calls in rounds], "end"), [GATED])
    events, _ = say(session, "go")
    assert [line.removeprefix("result: ") for line in told(events) if line.startswith("result")] == results


def test_a_gate_is_opened_only_by_its_own_pack():
    impostor = pack(tool("Verify", lambda arguments, context: {"success": True}), name="impostor")
    session = Session(Scripted(calling(("Verify", {})), calling(WHOAMI), "end"), [GATED, impostor])
    events, _ = say(session, "go")
    assert f"result: {DENIED}" in told(events)


def test_a_secret_is_masked_in_every_event_and_reaches_the_tool_and_the_model():
    seen = []

    def log_in(arguments, context):
        seen.append(arguments["key"])
        return {"echo": arguments["key"]}

    model = Scripted(calling(("log_in", {"key": "hunter2!"})), "Your key hunter2! works.")
    session = Session(model, [pack(tool("log_in", log_in, secrets=frozenset({"key"})))])
    events, _ = say(session, 'my key is "hunter2!"')
    assert seen == ["hunter2!"]
    assert "hunter2" not in repr(events)
    assert told([event for event in events if isinstance(event, ToolReturned)]) == ['result: {"echo": "•••"}']
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert shown == "Your key ••• works."
    assert session.history[0] == User('my key is "hunter2!"')


def test_the_opening_tells_the_session_and_what_the_model_is():
    model = Scripted()
    model.notice = "I am scripted."
    session = Session(model, [pack(name="a"), pack(name="b")])
    events = []
    drive(session.opening(), events.append)
    assert events[0].packs == ("a", "b")
    assert events[1] == Notice("info", "I am scripted.")


def test_the_model_gets_the_instructions_the_repaired_history_and_the_tools():
    model = Scripted("ok")
    session = Session(model, [GATED], instructions="Be kind.")
    session.history = [User("a"), calling(WHOAMI)]
    say(session, "b")
    assert model.prompts == [
        Prompt(
            "Be kind.",
            (
                User("a"),
                calling(WHOAMI),
                ToolResult("call_1", "whoami", "The call was interrupted before it ended.", "interrupted"),
                User("b"),
            ),
            GATED.tools,
        )
    ]
