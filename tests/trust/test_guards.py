from dataclasses import replace

import pytest

from chatbot.rules import Rule
from chatbot.trust.grounding import Ground, ground_all
from chatbot.trust.guards import (
    Ask,
    AskAlways,
    AskFirst,
    Deny,
    Gate,
    Grounding,
    Identity,
    Injected,
    Invocation,
    enough,
    judge,
)
from chatbot.trust.standing import Ran, Standing, after, said_success
from tests.conversation import pack, tool

VERIFY = tool("verify", None)
LOOK = tool("look", None, requires=("verify", "consent"))
CHANGE = tool("change", None, effect="write")
ANN = Standing(frozenset({"verify"}), "ann", "verify", frozenset({"card_no"}))


def declaring(name, properties, **options):
    return replace(tool(name, None, **options), parameters={"type": "object", "properties": properties})


@pytest.mark.parametrize(
    ("value", "success"),
    [
        ({"success": True}, True),
        ({"success": False}, False),
        ({"success": "yes"}, False),
        ({"success": 1}, False),
        ({"success": True, "error": "no such user"}, False),
        ({"Success": False}, False),
        ({"ok": True}, True),
        ({"ok": False}, False),
        ({"verified": True}, True),
        ({"verified": False}, False),
        ({"valid": False, "success": True}, False),
        ({"error": "no such user"}, False),
        ({"error": None, "id": 1}, True),
        ({"status": "Open"}, True),
        ('{"success": true}', True),
        ('{"success": false}', False),
        ('"{\\"success\\": true}"', False),
        ("the key is wrong", False),
        ("verified", False),
        ("SUCCESS: true", False),
        ("", False),
        (True, True),
        (False, False),
        ([], True),
        (None, True),
    ],
)
def test_only_a_result_that_says_success_is_one(value, success):
    assert said_success(Ran(value)) is success


def test_prose_is_a_success_where_the_tool_names_the_user_with_it():
    assert said_success(Ran("Welcome, Ann.", user="ann"))
    assert not said_success(Ran({"success": False}, user="ann"))


@pytest.mark.parametrize("failure", ["failed", "timeout", "interrupted"])
def test_a_failure_is_never_a_success(failure):
    assert not said_success(Ran({"success": True}, failure=failure))


def test_the_gate_names_what_is_missing_and_opens_when_nothing_is():
    denial = Gate().before(Invocation(LOOK, {}, Standing(frozenset({"consent"}))))
    assert denial.reason == (
        "look is refused until verify has succeeded in this session. "
        "Call verify first, with what the user tells you; ask the user for what it needs."
    )
    assert Gate().before(Invocation(LOOK, {}, Standing(frozenset({"verify", "consent"})))) is None


def test_the_first_refusal_counts():
    class No:
        def before(self, invocation):
            return Deny("no")

    assert judge([Gate(), No()], Invocation(VERIFY, {}, Standing())) == Deny("no")
    assert judge([Gate()], Invocation(VERIFY, {}, Standing())) is None


def test_a_refusal_goes_before_a_question():
    assert judge([AskAlways(), Gate()], Invocation(LOOK, {})) == Gate().before(Invocation(LOOK, {}))
    assert judge([AskFirst(), AskAlways()], Invocation(CHANGE, {})) == Ask("it changes something")


def test_a_verification_gives_an_identity_and_a_later_failed_one_takes_it_back():
    verified = after(Standing(), VERIFY, Ran({"success": True}, "ann"))
    assert verified == Standing(frozenset({"verify"}), "ann", "verify")
    assert after(verified, VERIFY, Ran({"success": False})) == Standing()
    assert after(verified, VERIFY, Ran(failure="timeout")) == Standing()
    assert after(verified, VERIFY, Ran({"success": True})) == Standing(frozenset({"verify"}))


def test_another_tools_failure_leaves_the_identity_alone():
    verified = Standing(frozenset({"verify"}), "ann", "verify")
    assert after(verified, LOOK, Ran(failure="failed")) == verified
    assert after(verified, LOOK, Ran({"status": "fine"})).user == "ann"


@pytest.mark.parametrize(
    ("ran", "standing"),
    [
        (Ran({"success": True}, "ann"), Standing(frozenset({"verify", "consent"}), "ann", "verify")),
        (Ran({"success": True}, "bob"), Standing(frozenset({"verify"}), "bob", "verify")),
        (Ran({"success": False}), Standing()),
    ],
    ids=["the same user", "another user", "nobody"],
)
def test_what_was_achieved_under_an_identity_goes_with_it(ran, standing):
    consented = after(Standing(frozenset({"verify"}), "ann", "verify"), tool("consent", None), Ran(True))
    assert after(consented, VERIFY, ran) == standing


def test_what_came_before_the_first_identity_stays():
    consented = after(Standing(), tool("consent", None), Ran(True))
    assert after(consented, VERIFY, Ran(True, "ann")).succeeded == {"consent", "verify"}


def test_the_arguments_that_named_the_user_are_known_by_their_names():
    verify = declaring("verify", {"card_no": {}, "pin": {}}, secrets=frozenset({"pin"}))
    assert after(Standing(), verify, Ran(True, "815"), '{"card_no": 815, "pin": "815"}').named == {"card_no"}


OTHER = "names somebody else than the verified user."


@pytest.mark.parametrize(
    "arguments",
    [
        {"user": "bob"},
        {"userName": "bob"},
        {"USER-ID": "bob"},
        {"filter": {"username": "bob"}},
        {"any": [{"user_id": ["ann", "bob"]}]},
        {"user": {"name": "bob"}},
        {"user": "Ann"},
        {"user": 7},
        {"cardNo": "bob"},
    ],
)
def test_a_call_that_names_somebody_else_is_refused_wherever_it_does(arguments):
    denial = Identity().before(Invocation(LOOK, arguments, ANN))
    assert OTHER in denial.reason
    assert OTHER in denial.notice
    assert "bob" not in denial.reason


@pytest.mark.parametrize("arguments", [{"user": "ann"}, {"user": " ann "}, {"user": None}, {"ticket": "bob"}, {}])
def test_a_call_that_names_nobody_else_is_not_refused(arguments):
    assert Identity().before(Invocation(LOOK, arguments, ANN)) is None


def test_verifying_anew_may_name_anybody_and_so_may_a_tool_that_nothing_guards():
    assert Identity().before(Invocation(VERIFY, {"user": "bob"}, ANN)) is None
    assert Identity().before(Invocation(LOOK, {"user": "bob"}, Standing())) is None


TAKES_CONTEXT = declaring("look", {"customer_id": {"type": "integer"}}, injected=frozenset({"context"}))
FIELDS = {"customer_id": "42", "contact": {"name": "Ann"}}


@pytest.mark.parametrize(
    "name", ["context", "Context", "CON_TEXT", "con-text", "con\u200btext", "\uff43ontext", "contact", "customerId"]
)
def test_a_call_that_carries_what_the_session_gives_is_refused_and_noted(name):
    assert Injected().before(Invocation(TAKES_CONTEXT, {name: 1}, fields=FIELDS)) == Deny(
        f"look is refused: {name} is given by the session, never by you. Call without it.",
        f"look was refused: the model wrote {name}, which only the session gives.",
    )


def test_an_argument_that_the_tool_declares_may_repeat_the_context_but_not_override_it():
    assert Injected().before(Invocation(TAKES_CONTEXT, {"customer_id": 42}, fields=FIELDS)) is None
    assert Injected().before(Invocation(TAKES_CONTEXT, {"customer_id": 43}, fields=FIELDS))
    assert Injected().before(Invocation(TAKES_CONTEXT, {"customer_id": 43})) is None


def test_a_marked_argument_that_was_never_given_is_refused():
    ground = Ground()
    ground.hear("Ticket 12345, please.")
    look = tool("look", None, grounded=frozenset({"ticket", "name"}))
    assert Grounding().before(Invocation(look, {"ticket": "#12345"}, ground=ground)) is None
    assert Grounding().before(Invocation(look, {"other": "99999"}, ground=ground)) is None
    assert Grounding().before(Invocation(look, {"ticket": "99999"}, ground=ground)) == Deny(
        "look is refused: ticket was never given: ask the user for it."
    )
    assert Grounding().before(Invocation(look, {"ticket": 99999, "name": ["Ann"]}, ground=ground)) == Deny(
        "look is refused: ticket and name.0 were never given: ask the user for them."
    )


def test_all_arguments_are_held_against_what_was_given_but_for_those_of_a_closed_set():
    find = declaring("find", {"genre": {"type": "string", "enum": ["crime"]}, "title": {"type": "string"}})
    assert Grounding().before(Invocation(find, {"title": "Momo"})) is None
    (all_of_it,) = ground_all(pack(find)).tools
    assert Grounding().before(Invocation(all_of_it, {"genre": "crime"})) is None
    assert "title was never given" in Grounding().before(Invocation(all_of_it, {"title": "Momo"})).reason


def test_a_call_that_has_failed_too_often_is_refused_with_what_was_told_before():
    more = (
        "This very call has failed 3 times in this turn: do not repeat it, tell the user what is missing or went"
        + " wrong."
    )
    assert enough(LOOK, 3, None) == Deny(f"look is refused. {more}")
    assert enough(LOOK, 3, Deny("No.", "It was refused.")) == Deny(f"No. {more}", "It was refused.")


WRITES, RULED = Ask("it changes something"), Ask("the rules say so")
DENIED = Deny("change is refused: the rules of this session do not allow it. Do without it.")


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([], WRITES),
        ([Rule("change", "allow")], None),
        ([Rule("change", "deny")], DENIED),
        ([Rule("ch*", "deny"), Rule("change", "allow")], DENIED),  # the first that fits counts
        ([Rule("change", "allow"), Rule("*", "deny")], None),
        ([Rule("shop.*", "allow")], None),
        ([Rule("other.*", "allow")], WRITES),
        ([Rule("CHANGE", "allow")], WRITES),
        ([Rule("*", "ask")], WRITES),
    ],
)
def test_the_rules_decide_about_a_tool_that_changes_something(rules, verdict):
    assert AskFirst(rules).before(Invocation(CHANGE, {}, pack="shop")) == verdict


def test_a_tool_that_only_reads_is_asked_about_where_a_rule_or_confirm_says_so():
    assert AskFirst().before(Invocation(VERIFY, {})) is None
    assert AskFirst([Rule("ver*", "ask")]).before(Invocation(VERIFY, {})) == RULED
    assert AskAlways().before(Invocation(VERIFY, {})) == Ask("every call is to be confirmed")
    assert AskAlways().before(Invocation(CHANGE, {})) == WRITES
    assert AskAlways([Rule("*", "allow")]).before(Invocation(CHANGE, {})) is None
