"""Whole conversations in, whole transcripts out: what most tests are written with."""

import json
from collections.abc import Callable
from typing import Any

from chatbot.events import Event, to_json
from chatbot.interrupt import Interrupt
from chatbot.pack import Context, InvalidArguments, Pack, Tool
from chatbot.session import Outcome, Session, drive
from chatbot.types import Assistant, ToolCall


def tool(name: str, run: Callable[[dict[str, Any], Context], Any], **options: Any) -> Tool:
    """A tool that takes any JSON object."""

    def parse(text: str) -> dict[str, Any]:
        try:
            arguments = json.loads(text)
        except ValueError:
            raise InvalidArguments("not JSON") from None
        if not isinstance(arguments, dict):
            raise InvalidArguments("not an object")
        return arguments

    return Tool(name, f"The tool {name}.", {"type": "object", "properties": {}}, parse, run, **options)


def pack(*tools: Tool, name: str = "test", **options: Any) -> Pack:
    return Pack(name, tools, **options)


def calling(*calls: tuple[str, Any], text: str = "") -> Assistant:
    """A reply that calls tools: (name, arguments), the arguments as a value or as the text that a model wrote."""
    made = tuple(
        ToolCall(f"call_{number}", name, arguments if isinstance(arguments, str) else json.dumps(arguments))
        for number, (name, arguments) in enumerate(calls, 1)
    )
    return Assistant(text, made)


def say(session: Session, text: str, interrupt: Interrupt | None = None) -> tuple[list[Event], Outcome]:
    events: list[Event] = []
    outcome = drive(session.turn(text, interrupt or Interrupt()), events.append)
    return events, outcome


def told(events: list[Event]) -> list[str]:
    """The durable events, a short line each."""
    lines = []
    for event in map(to_json, events):
        match event:
            case {"type": "turn_started", "message": message}:
                lines.append(f"user: {message['text']}" if message else "(greeting)")
            case {"type": "status_changed", "status": status}:
                lines.append(f"[{status}]")
            case {"type": "replied", "message": {"text": text}}:
                lines.append(f"assistant: {text}")
            case {"type": "tool_called", "call": call}:
                lines.append(f"call: {call['name']} {call['arguments']}")
            case {"type": "tool_returned", "result": result}:
                failure = f"{result['failure']}: " if result["failure"] else ""
                lines.append(f"result: {failure}{result['content']}")
            case {"type": "notice", "text": text}:
                lines.append(f"notice: {text}")
            case {"type": "turn_ended", "stop": stop, "detail": detail}:
                lines.append(f"end: {stop}" + (f": {detail}" if detail else ""))
    return lines
