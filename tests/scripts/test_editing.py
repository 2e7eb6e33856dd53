"""Documents and changes in, texts out in which all that was not changed stands where it stood."""

from pathlib import Path

import pytest

from chatbot.scripts.editing import own, put
from chatbot.scripts.source import Source

CALLS = [{"tool": "a", "arguments": {"id": "7"}}]
WORDS = {"equals": "two\nlines\n"}
BEHIND = "  - user: bye\n    expect: {calls: []}  # the last\n# the end\n"


def source(turns):
    return Source(Path("talk.yaml"), f"# the first\nturns:\n{turns}{BEHIND}")


def expects(text, **changes):
    """The text of a script's first turns after these changes of what is expected of the first."""
    script = source(text)
    turn = own(script.data["turns"], 0, script.plain["turns"][0])
    if "expect" not in turn:
        put(turn, "expect", changes)
    else:
        expect = own(turn, "expect", script.plain["turns"][0]["expect"])
        for key, value in changes.items():
            put(expect, key, value)
    after = script.text()
    expected = {name: value for name, value in changes.items() if value is not None}
    wanted = script.plain["turns"][0].get("expect", {}) | expected
    assert Source(Path("talk.yaml"), after).plain["turns"] == [
        script.plain["turns"][0]
        | {"expect": {name: value for name, value in wanted.items() if changes.get(name, 0) is not None}},
        *script.plain["turns"][1:],
    ]
    assert after.startswith("# the first\nturns:\n")
    assert after.endswith(BEHIND)
    return after.removeprefix("# the first\nturns:\n").removesuffix(BEHIND)


FIRSTS = {
    "bare": "  - user: go\n",
    "commented": "  - user: go  # asked\n",
    "of lines": "  - user: |\n      go\n      on\n",
    "in brackets": "  - {user: go}\n",
    "expects in brackets": "  - user: go\n    expect: {calls: []}\n",
    "expects in brackets with a comment": "  - user: go\n    expect: {calls: []}  # none\n",
    "an empty list": "  - user: go\n    expect:\n      calls: []  # none\n",
    "the first of two": "  - user: go\n    expect:\n      calls: []  # none\n      stop: limit  # by then\n",
    "a list": "  - user: go\n    expect:\n      calls:\n        - a  # first\n        # then\n        - b  # second\n",
    "a mapping": "  - user: go\n    expect:\n      calls:\n        - tool: a\n          arguments: {b: 1}  # none\n",
    "a text": "  - user: go\n    expect:\n      answer:\n        equals: no  # or else\n",
    "a text of lines": "  - user: go\n    expect:\n      answer:\n        equals: |\n          no\n          no\n",
}
BETWEEN = {"blank": "\n", "comment": "  # next\n", "both": "\n\n# next\n\n  # turn\n", "nothing": ""}


@pytest.mark.parametrize("first", FIRSTS.values(), ids=FIRSTS)
@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN)
@pytest.mark.parametrize("changes", [{"answer": WORDS}, {"calls": CALLS, "stop": "done"}], ids=str)
def test_what_stands_between_two_turns_stays_there(first, between, changes):
    assert expects(first + between, **changes).endswith(between)


def test_what_is_added_stands_behind_the_last_key_and_before_what_follows():
    assert expects("  - user: go  # asked\n\n  # next\n", calls=CALLS, answer=WORDS) == (
        "  - user: go  # asked\n"
        "    expect:\n      calls:\n        - tool: a\n          arguments:\n            id: '7'\n"
        "      answer:\n        equals: |\n          two\n          lines\n\n  # next\n"
    )


def test_what_is_changed_keeps_its_neighbours_and_its_own_remark():
    before = (
        "  - user: go\n    expect:  # of it\n      # here\n      calls: []  # none\n      stop: limit  # by then\n\n"
    )
    assert expects(before, calls=["a"]) == before.replace("[]  # none", "    # none\n        - a")
    assert expects(before, stop="done") == before.replace("limit  #", "done   #")


def test_what_is_taken_away_leaves_what_follows():
    before = "  - user: go\n    expect:\n      calls: []  # none\n      answer:\n        equals: no\n\n  # next\n"
    assert expects(before, answer=None) == ("  - user: go\n    expect:\n      calls: []  # none\n\n  # next\n")


@pytest.mark.parametrize(
    "lent",
    [
        "  - &a\n    user: go\n    expect: {calls: []}\n  - *a\n",
        "  - user: go\n    expect: &a {calls: []}\n  - user: on\n    expect: *a\n",
        "  - &a\n    user: go\n    expect:\n      calls: []\n  - {<<: *a, user: on}\n",
        "  - &a {user: go}\n  - *a\n",
    ],
    ids=["a turn", "an expectation", "merged", "a turn that expects nothing"],
)
def test_what_others_share_is_changed_for_one_alone(lent):
    expects(lent, calls=CALLS)


def test_what_is_lent_to_a_turn_is_not_changed_for_the_lender():
    text = "  - &a\n    user: go\n    expect: {calls: []}\n  - {<<: *a, user: on}\n"
    script = source(text)
    turn = own(script.data["turns"], 1, script.plain["turns"][1])
    put(own(turn, "expect", script.plain["turns"][1]["expect"]), "calls", CALLS)
    plain = Source(Path("talk.yaml"), script.text()).plain["turns"]
    assert [one["expect"]["calls"] for one in plain] == [[], CALLS, []]
