import pytest

from chatbot.guards import Deny, Gate, Invocation, judge
from chatbot.standing import Ran, Standing, after, said_success
from tests.conversation import tool

VERIFY = tool("verify", None)
LOOK = tool("look", None, requires=("verify", "consent"))


@pytest.mark.parametrize(
    ("value", "success"),
    [
        ({"success": True}, True),
        ({"success": False}, False),
        ({"success": "yes"}, False),
        ({"success": 1}, False),
        ({"ok": True}, True),
        ({"ok": False}, False),
        ({"error": "no such user"}, False),
        ({"error": None, "id": 1}, True),
        ({"status": "Open"}, True),
        ('{"success": true}', True),
        ('{"success": false}', False),
        ("verified", True),
        (True, True),
        (False, False),
        ([], True),
        (None, True),
    ],
)
def test_only_a_result_that_says_success_is_one(value, success):
    assert said_success(Ran(value)) is success


@pytest.mark.parametrize("failure", ["failed", "timeout", "interrupted"])
def test_a_failure_is_never_a_success(failure):
    assert not said_success(Ran({"success": True}, failure=failure))


def test_the_gate_names_what_is_missing_and_opens_when_nothing_is():
    denial = Gate().before(Invocation(LOOK, {}, Standing(frozenset({"consent"}))))
    assert denial.reason.startswith("look is refused until verify has succeeded in this session.")
    assert Gate().before(Invocation(LOOK, {}, Standing(frozenset({"verify", "consent"})))) is None


def test_the_first_refusal_counts():
    class No:
        def before(self, invocation):
            return Deny("no")

    assert judge([Gate(), No()], Invocation(VERIFY, {}, Standing())) == Deny("no")
    assert judge([Gate()], Invocation(VERIFY, {}, Standing())) is None


def test_a_verification_gives_an_identity_and_a_later_failed_one_takes_it_back():
    verified = after(Standing(), VERIFY, Ran({"success": True}, "ann"))
    assert verified == Standing(frozenset({"verify"}), "ann", "verify")
    assert after(verified, VERIFY, Ran({"success": False})) == Standing()
    assert after(verified, VERIFY, Ran(failure="timeout")) == Standing()


def test_another_tools_failure_leaves_the_identity_alone():
    verified = Standing(frozenset({"verify"}), "ann", "verify")
    assert after(verified, LOOK, Ran(failure="failed")) == verified
    assert after(verified, LOOK, Ran("fine")).user == "ann"
