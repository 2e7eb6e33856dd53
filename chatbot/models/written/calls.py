"""What a written call comes to, and the tools on offer that it is held against."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.models.http.text import whole
from chatbot.pack import Tool

_DECORATED = re.compile(r"(?:(?:functions?|tools?|default_api)[.:])?([\w.-]+?)(?::\d+)?\s*(?:<\|.*)?", re.DOTALL)
"""A name with what models put around it: `functions.f`, `default_api.f`, `functions.f:0`, `f<|channel|>commentary`."""
_NAMES = (
    re.compile(r"""["'](?:name|tool|tool_name|function|function_name)["']\s*:\s*["']([^"'\n]{1,128})["']"""),
    re.compile(r"""(?:<function=|<invoke name=["']?|｜tool▁sep｜>|call:|\[TOOL_CALLS\])\s*([\w.:-]{1,128})"""),
    re.compile(r"([A-Za-z_][\w.-]{0,127})(?::\d+)?\s*(?:\(|<)"),
)
_HEAD = 4096


class Unreadable(ValueError):
    """The text is no call of this grammar, or none that can be read for certain."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was written; `arguments` is the model's own text wherever that is JSON."""

    name: str
    arguments: str


class Offer:
    """The tools that the model may call."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    def __bool__(self) -> bool:
        return bool(self._tools)

    def __contains__(self, name: str) -> bool:
        return self.name(name) in self._tools

    def name(self, written: str) -> str:
        """Return the name without decoration, but only where the decorated one is not offered and the plain one is."""
        plain = None if written in self._tools else _DECORATED.fullmatch(written.strip())
        return plain[1] if plain and plain[1] in self._tools else whole(written)

    def starts(self, text: str) -> bool:
        """Return whether the name of a tool begins with this text."""
        return any(name.startswith(text) for name in self._tools)

    def types(self, name: str, parameter: str) -> frozenset[str]:
        """Return the JSON types that the tool's schema names for a parameter; none where it says nothing of them."""
        tool = self._tools.get(self.name(name))
        properties = tool.parameters.get("properties") if tool else None
        schema = properties.get(parameter) if isinstance(properties, Mapping) else None
        return frozenset(_types(schema))


def _types(schema: Any) -> Iterable[str]:
    if not isinstance(schema, Mapping):
        return
    given = schema.get("type")
    yield from given if isinstance(given, list) else [given] if isinstance(given, str) else []
    for keyword in ("anyOf", "oneOf"):
        for inner in schema.get(keyword) or ():
            yield from _types(inner)


def broken(text: str) -> Call:
    """Return a call that cannot be read: all of its text is its arguments, which is no JSON, so that it never runs.

    The name is only for the refusal that the model reads; it is empty where none is found.
    """
    found = (pattern.search(text[:_HEAD]) for pattern in _NAMES)
    name = next((match[1] for match in found if match), "")
    return Call(name, text)
