"""What a model says, piece by piece, and what is made of it."""

import json

from chatbot.events import Notice, ReasoningDelta, TextDelta
from chatbot.models.written import read
from chatbot.pack import Tool
from chatbot.types import Assistant

CUTS = (1, 2, 3, 7, 10_000_000)


QUOTED = Notice("info", "tiny quotes a call in its answer; it is not run.")


def tool(name, **properties):
    schema = {"type": "object", "properties": properties}
    return Tool(name, name, schema, json.loads, lambda arguments, context: None)


INTEGER = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
TOOLS = (
    tool("get_weather", city={"type": "string"}, days=INTEGER, exact={"type": ["boolean"]}, tags={"type": "array"}),
    tool("get_time"),
)


def stream(text, cut=1, reply=True, **more):
    pieces = [TextDelta(text[start : start + cut]) for start in range(0, len(text), cut)]
    return [*pieces, *([Assistant(text, **more)] if reply else [])]


def heard(deltas, tools=TOOLS, history=()):
    """Return reasoning and text, joined, and everything else."""
    events = list(read(deltas, tools, "tiny", history))
    joined = ["".join(e.text for e in events if isinstance(e, kind)) for kind in (ReasoningDelta, TextDelta)]
    return *joined, [event for event in events if not isinstance(event, ReasoningDelta | TextDelta)]


def said(text, tools=TOOLS, history=()):
    """Return what a message comes to, however it is cut: reasoning, text, calls; they are told of in a notice."""
    told = [heard(stream(text, cut), tools, history) for cut in CUTS]
    assert all(one == told[0] for one in told)
    thought, shown, (*notices, reply) = told[0]
    assert reply.text == shown
    notices = [notice for notice in notices if notice != QUOTED or reply.calls]
    assert [notice.level for notice in notices] == (["info"] if reply.calls else [])
    assert all(isinstance(notice, Notice) and notice.text.startswith("tiny wrote") for notice in notices)
    assert len({call.id for call in reply.calls}) == len(reply.calls)
    return thought, shown, [(call.name, call.arguments) for call in reply.calls]


def calls(text, tools=TOOLS):
    """Return the calls of a message that is nothing else."""
    thought, shown, found = said(text, tools)
    assert (thought, shown) == ("", "")
    return found
