'''Chats for tests in Python: packs, a model that says what the test wants, and all that happens.

pytest gives them by the fixture `chatbot_session`, and closes them at the end of the test. How a pack is tested:

    from chatbot.testing import Chats, call

    def test_a_ticket_is_for_its_owner_alone(chatbot_session: Chats) -> None:
        chat = chatbot_session(
            pack="tickets.py",
            replies=[call("status", ticket="7"), "Who are you?", call("verify", name="ann"), "Welcome, Ann!"],
        )
        assert chat.say("What about ticket 7?").results[0].failure == "denied"
        turn = chat.say("I am ann.")
        assert turn.calls == [call("verify", name="ann")]
        assert turn.answer == "Welcome, Ann!"
'''

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import FunctionType, ModuleType
from typing import Any, Generic, TypedDict, TypeVar, Unpack, overload

from chatbot.arguments import parsed
from chatbot.chat import compose
from chatbot.config import Settings, load_settings
from chatbot.config.model import OFFLINE
from chatbot.errors import UsageError
from chatbot.events import Event, Steps, Stop
from chatbot.interrupt import Interrupt
from chatbot.models import Model, Prompt
from chatbot.models.scripted import Scripted
from chatbot.pack import DECLARED, Pack
from chatbot.packs import open_packs
from chatbot.packs.python import pack_of
from chatbot.replay.answers import ScriptedUser
from chatbot.replay.happened import Happened, Watch
from chatbot.session import Outcome, Session, drive
from chatbot.types import Assistant, ToolCall, ToolResult

M = TypeVar("M", bound=Model)
