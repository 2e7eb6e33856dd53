import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.types import Assistant, ToolCall, ToolResult, User, repaired

A, B = ToolCall("a", "f", "{}"), ToolCall("b", "g", "{}")
RESULT_A, RESULT_B = ToolResult("a", "f", "1"), ToolResult("b", "g", "2")
GONE_A = ToolResult("a", "f", "The call was interrupted before it ended.", "interrupted")
GONE_B = ToolResult("b", "g", "The call was interrupted before it ended.", "interrupted")
ASK = Assistant("", (A, B))


@pytest.mark.parametrize(
    ("history", "whole"),
    [
        ([], []),
        ([User("x"), Assistant("y")], [User("x"), Assistant("y")]),
        ([ASK, RESULT_A, RESULT_B], [ASK, RESULT_A, RESULT_B]),
        ([ASK, RESULT_B, RESULT_A], [ASK, RESULT_A, RESULT_B]),
        ([ASK], [ASK, GONE_A, GONE_B]),
        ([ASK, RESULT_A, User("x")], [ASK, RESULT_A, GONE_B, User("x")]),
        ([ASK, RESULT_A, RESULT_A, RESULT_B], [ASK, RESULT_A, RESULT_B]),
        ([RESULT_A, User("x"), RESULT_B], [User("x")]),
        ([ASK, RESULT_A, RESULT_B, ASK], [ASK, RESULT_A, RESULT_B, ASK, GONE_A, GONE_B]),
    ],
)
def test_every_call_gets_exactly_one_result_in_the_order_asked(history, whole):
    assert list(repaired(history)) == whole


messages = st.sampled_from([User("x"), Assistant("y"), ASK, Assistant("", (B,)), RESULT_A, RESULT_B])


@given(st.lists(messages, max_size=12))
def test_what_is_repaired_stays_as_it_is(history):
    whole = repaired(history)
    assert repaired(whole) == whole
    assert [message for message in whole if not isinstance(message, ToolResult)] == [
        message for message in history if not isinstance(message, ToolResult)
    ]
