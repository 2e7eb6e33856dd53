"""One pack three ways, with the same results: as Python, behind HTTP as the client calls it, and as a JSON list."""

import json

import pytest

from chatbot.batch import run
from chatbot.config.endpoint import Endpoint
from chatbot.events import ToolReturned
from chatbot.interrupt import Interrupt
from chatbot.pack import Pack, function_schema
from chatbot.packs import open_packs
from chatbot.packs.webhook import webhook_pack
from chatbot.runtime import Runtime, Trust
from chatbot.types import ToolCall
from tests.serve.caller import ANN, SECRET, output, sent

FIELDS = {"contact": {"whatsapp_id": ANN, "name": "Ann Øre"}, "context_type": "journey"}
CALLS = [
    ("ticket", {}),
    ("verify", {"name": "ann", "key": "wrong"}),
    ("ticket", {}),
    ("verify", {"name": "ann", "key": 7}),
    ("verify", {"name": "ann"}),
    ("verify", {"name": "ann", "key": "key of ann"}),
    ("ticket", {}),
    ("ticket", {"name": "ann"}),
    ("ticket", {"context": {"user": "bob"}}),
    ("ticket", {"contact": {"whatsapp_id": "1"}}),
    ("fail", {"how": "politely"}),
    ("fail", {"how": "badly"}),
    ("change", {}),
    ("launch", {}),
    ("verify", {"name": "ann", "key": "wrong \u202e\x00é"}),
    ("ticket", {}),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory, serving):
    home = tmp_path_factory.mktemp("served")
    with serving(home) as server:
        server.home = home
        yield server


@pytest.fixture
def python(server):
    return open_packs([str(server.home / "people.py")])[0]


@pytest.fixture
def remote(server, tmp_path):
    """The list that GET /functions returns, as a pack whose calls go where the list came from."""
    listed = tmp_path / "people.json"
    listed.write_text(sent(f"{server.url}/functions")[2], "utf-8")
    return webhook_pack(listed, "people", Endpoint(f"{server.url}/function-calling", SECRET))


def results(pack: Pack, fields):
    """What a model reads in answer to each of the calls, made one after the other in one session."""
    runtime = Runtime((pack,), trust=Trust(fields))
    calls = [ToolCall(f"call_{number}", name, json.dumps(arguments)) for number, (name, arguments) in enumerate(CALLS)]
    events = [event for call in calls for event in run(runtime, [call], Interrupt())]
    return [event.result.content for event in events if isinstance(event, ToolReturned)]


def test_the_results_are_the_same_three_ways(server, python, remote):
    here = results(python, FIELDS)
    assert here[:3] == [here[0], '{"success": false}', here[0]]
    assert here[6:8] == ["ticket of ann", "ticket of ann"]
    assert results(remote, FIELDS) == here
    other = FIELDS["contact"] | {"whatsapp_id": "16506001099"}
    assert [output(server.url, *call, None, **FIELDS | {"contact": other}) for call in CALLS] == here


def test_a_model_sees_the_same_tools_three_ways(server, python, remote):
    listed = json.loads(sent(f"{server.url}/functions")[2])
    assert [function_schema(tool) for tool in remote.tools] == [function_schema(tool) for tool in python.tools]
    assert [function["name"] for function in listed] == [tool.name for tool in python.tools]
    for tool, other in zip(python.tools, remote.tools, strict=True):
        assert (tool.requires, tool.effect, tool.secrets, tool.grounded) == (
            other.requires,
            other.effect,
            other.secrets,
            other.grounded,
        )


def test_a_tool_learns_the_same_context_here_and_there(python, remote):
    def learned(pack):
        call = ToolCall("call_1", "who", "{}")
        events = list(run(Runtime((pack,), trust=Trust(FIELDS)), [call], Interrupt()))
        return json.loads(events[-1].result.content)

    assert learned(remote) == learned(python) == {"fields": FIELDS, "user": None, "call": "call_1"}
