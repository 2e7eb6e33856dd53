"""Laws that hold for every text: one reply, no exception, nothing made up, no waiting."""

import json
from time import thread_time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.offline import OfflineModel
from chatbot.models.offline.moments import date_in, moment_in, time_in
from chatbot.models.offline.schemas import slots_of
from chatbot.models.offline.values import value_of
from chatbot.types import Assistant, User
from tests.models.test_offline_dialogue import BOTH
from tests.models.test_offline_packs import CALENDAR, HEATING, LIBRARY, MONEY, SHIPPING, TODO, WEATHER, Conversation

PACKS = [BOTH, LIBRARY, HEATING, CALENDAR, MONEY, SHIPPING, TODO, WEATHER]
EVERY_TYPE = [LIBRARY, HEATING, CALENDAR, SHIPPING, TODO]
"""Packs that have arguments of every type and format between them."""
TEXT = """my username is john_doe api key : = " ' , . ? ! and of for the to from ticket status 12345 lend book isbn
9780261103344 member room bedroom temperature 21.5 mode cool event title day 2026-12-24 at 10:30 convert 100 USD eur
ship parcel address street city zip express add task tags urgent yes no not weather in Rome celsius player's again
thanks help # [ ] { } null uuid it's é 漢字 ٣ \u202e \u0000"""
WORDS = TEXT.split()
SPOKEN = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        return [text for inner in (value.values() if isinstance(value, dict) else value) for text in strings(inner)]
    return [value] if isinstance(value, str) else []


@given(st.sampled_from(PACKS), st.lists(st.one_of(SPOKEN, st.text(max_size=60)), min_size=1, max_size=4))
@example(BOTH, ["my key is {", "[1, 2"])
@example(HEATING, ["9780261103344 bedroom celsius"])
def test_whatever_is_said_there_is_one_reply_and_nothing_is_made_up(tools, turns):
    conversation = Conversation(*tools)
    for turn in turns:
        conversation.history.append(User(turn))
        *deltas, reply = OfflineModel().stream(Prompt("", tuple(conversation.history), tools), Interrupt())
        assert isinstance(reply, Assistant)
        assert not any(isinstance(delta, Assistant) for delta in deltas)
        assert reply.text or reply.calls
        said = " ".join(turns).casefold()
        for call in reply.calls:
            for text in strings(json.loads(call.arguments)):
                own_form = date_in(text) or moment_in(text) or time_in(text) or _is_choice(text, tools)
                assert own_form or text.casefold() in said
        conversation.history.pop()
        conversation.say(turn)


def _is_choice(text: str, tools: Any) -> bool:
    return any(text in (slot.schema.get("enum") or ()) for tool in tools for slot in slots_of(tool))


@pytest.mark.parametrize(
    "text",
    [
        "x" * 50_000, "a " * 25_000, "'" * 50_000, '"“«`' * 12_000, "12345, " * 7_000, "1.2.3:4," * 6_000,
        "api key is api key " * 2_000, "\n" * 50_000, "and " * 12_000, "2026-12-24 " * 4_000, "{" * 50_000,
    ],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_a_very_long_text_is_answered_at_once(text):
    for tools in EVERY_TYPE:
        start = thread_time()
        *_, reply = OfflineModel().stream(Prompt("", (Assistant("Hello!"), User(text)), tools), Interrupt())
        assert isinstance(reply, Assistant)
        assert thread_time() - start < 1


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-12-24", "2026-12-24"),
        ("24 December 2026", "2026-12-24"),
        ("24th of December, 2026", "2026-12-24"),
        ("Dec 24, 2026", "2026-12-24"),
        ("24.12.2026", "2026-12-24"),
        ("24 December", None),
        ("12/24/2026", None),
        ("2026-02-30", None),
        ("tomorrow", None),
    ],
)
def test_dates(text, iso):
    assert date_in(text) == iso


@pytest.mark.parametrize(
    ("text", "iso"),
    [("10:30", "10:30:00"), ("3 pm", "15:00:00"), ("12am", "00:00:00"), ("25:00", None), ("10", None), ("13 pm", None)],
)
def test_times(text, iso):
    assert time_in(text) == iso


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-12-24T10:30:00Z", "2026-12-24T10:30:00Z"),
        ("24 December 2026 at 3 pm", "2026-12-24T15:00:00"),
        ("2026-12-24", None),
    ],
)
def test_moments(text, iso):
    assert moment_in(text) == iso


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("parcel_id", "#12", 12),
        ("parcel_id", "1,200", 1200),
        ("parcel_id", "twelve", 12),
        ("parcel_id", "12.5", None),
        ("express", "yes", True),
        ("express", "off", False),
        ("express", "perhaps", None),
        ("email", "bob@example.org", "bob@example.org"),
        ("email", "bob at example", None),
        ("zip_code", "10115", "10115"),
    ],
)
def test_values_have_the_type_of_the_schema(name, text, value):
    slot = next(slot for slot in slots_of(SHIPPING[0]) if slot.path[-1] == name)
    assert value_of(slot, text) == value
