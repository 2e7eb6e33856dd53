"""The calls of examples/weather.json to an endpoint, and how one that gets no output is told."""

import json
from pathlib import Path
from types import MappingProxyType

import pytest

from chatbot.config.endpoint import Endpoint
from chatbot.pack import Context, NoOutput
from chatbot.packs.webhook import webhook_pack

WEATHER = Path(__file__).parent.parent.parent / "examples" / "weather.json"
SECRET = "a-secret-that-both-ends-know"
CONTEXT = Context(
    session="s",
    call="call_7",
    fields=MappingProxyType({"wa_id": "+16506001008", "contact": {"name": "Jane", "birthday": None}}),
)


def tool_of(hook, **options):
    endpoint = Endpoint(hook if isinstance(hook, str) else hook.url, SECRET, **options)
    return webhook_pack(WEATHER, "weather", endpoint).tools[0]


def call(hook, context=CONTEXT, **options):
    return tool_of(hook, **options).run({"location": "Zürich"}, context)


def refused(hook, **options):
    """The notice and what the model reads, of a call that has no output."""
    with pytest.raises(NoOutput) as raised:
        call(hook, **options)
    notice, content = raised.value.notice, str(raised.value)
    assert notice.isprintable() and notice.startswith("get_weather got no output from 127.0.0.1: ")
    assert SECRET not in notice + content and "leaked" not in notice + content
    return notice.partition("127.0.0.1: ")[2], content


def failed(reason):
    return f"{reason}.", json.dumps({"output": "", "error": f"get_weather failed: {reason}"})
