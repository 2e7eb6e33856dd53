import pytest

from chatbot.asking import BUSY, UNATTENDED, Agreeing, Approval, Unattended
from chatbot.interrupt import Interrupt
from chatbot.types import ToolCall
from tests.answers import Answers

CALL = ToolCall("1", "change", "{}")


def test_nobody_there_is_a_no():
    assert Unattended().approve(CALL, "it changes something", Interrupt()) == Approval(False, UNATTENDED)


@pytest.mark.parametrize("argument", ["api_key", "API_KEY", "apiKey", "api-key"])
@pytest.mark.parametrize("given", ["API_KEY", "api_key", "APIKEY"])
def test_a_secret_that_was_given_beforehand_is_found_by_its_name(argument, given):
    assert Unattended({given: "s3same"}).secret(CALL, argument, Interrupt()) == "s3same"


def test_a_secret_that_was_not_given_is_not_there():
    assert Unattended({"pin": "1"}).secret(CALL, "api_key", Interrupt()) is None


def test_yes_agrees_to_calls_and_leaves_secrets_to_the_other():
    agreeing = Agreeing(Answers(pin="4711"))
    assert agreeing.approve(CALL, "it changes something", Interrupt()) == Approval(True, "--yes")
    assert agreeing.secret(CALL, "pin", Interrupt()) == "4711"


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        (Approval(False, "wrong street"), "wrong street"),
        (Approval(False), ""),
        (Approval(True, "--yes"), ""),
        (Approval(False, UNATTENDED), ""),
        (Approval(False, BUSY), ""),
    ],
)
def test_only_the_reason_for_a_no_is_what_the_user_said(approval, said):
    assert approval.said == said
