"""The six models, each in a session with the same tool, each ready to hold the same conversation."""

from contextlib import closing, contextmanager

import pytest

from chatbot.models.chat_completions import ChatCompletions
from chatbot.models.grounded import GroundedDecoding
from chatbot.models.offline import OfflineModel
from chatbot.models.responses import Responses
from chatbot.models.scripted import Scripted
from chatbot.packs import open_packs
from chatbot.playback import PlayedSession, Recording, read
from chatbot.session import Session, drive
from chatbot.types import ToolResult, User
from tests import loopback, responding
from tests.conversation import calling, say

HELLO, ASK, ANSWER = "Hello", "What is the weather in Paris?", "It is 18 degrees in Paris."
PACK = '''
from chatbot import Grounded, tool

@tool
def get_weather(city: Grounded[str]) -> dict:
    """Get the weather in a city.

    Args:
        city: The city.
    """
    return {"city": city, "degrees": 18}
'''


def reply(prompt):
    """What a good model says: it calls the tool when it is asked for the weather, and then it answers."""
    last = prompt.history[-1]
    if isinstance(last, ToolResult):
        return ANSWER
    asked = isinstance(last, User) and "weather" in last.text and prompt.tools
    return calling(("get_weather", {"city": "Paris"})) if asked else "Hello, what can I do for you?"


def chat_reply(body):
    last = body["messages"][-1]
    if last["role"] == "tool":
        return loopback.text(ANSWER)
    asked = "weather" in last["content"] and "tools" in body
    return loopback.calls(("get_weather", {"city": "Paris"})) if asked else loopback.text("Hello, what can I do?")


def responses_reply(body):
    last = body["input"][-1]
    if last.get("type") == "function_call_output":
        return responding.text(ANSWER)
    asked = "weather" in str(last["content"]) and "tools" in body
    return responding.calls(("get_weather", {"city": "Paris"})) if asked else responding.text("Hello, what can I do?")


@contextmanager
def opened(kind, folder, said, weights):
    """A session with that model, which is about to hear what is `said`."""
    packs = [_pack(folder)]
    match kind:
        case "scripted":
            yield Session(Scripted(*[reply] * 20), packs)
        case "offline":
            yield Session(OfflineModel(), packs)
        case "chat":
            with loopback.ChatServer(chat_reply) as server:
                yield from _served(ChatCompletions, server, packs)
        case "responses":
            with responding.ResponsesServer(responses_reply) as server:
                yield from _served(Responses, server, packs)
        case "local":
            session = Session(weights(), packs)
            session.model = GroundedDecoding(weights(), packs, session.runtime.ledger, session.runtime.admission)
            yield session
        case "playback":
            yield PlayedSession(read(_recorded(folder, packs, said)), packs)


def _served(kind, server, packs):
    with closing(kind("m", base_url=server.url, api_key="sk-contract")) as model:
        yield Session(model, packs)
    assert server.violations == []


def _recorded(folder, packs, said):
    recording = Recording(folder / "contract.jsonl", pytest.fail)
    session = Session(Scripted(*[reply] * 20), [recording.watching(pack) for pack in packs])
    recording.mask = session.mask
    drive(session.opening(), recording)
    for text in said:
        for event in say(session, text)[0]:
            recording(event)
    recording.close()
    return recording.path


def _pack(folder):
    (folder / "skies.py").write_text(PACK)
    (pack,) = open_packs([str(folder / "skies.py")])
    return pack
