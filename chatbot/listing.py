"""What packs offer, as text for people and as schemas for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from chatbot.pack import Pack, Tool, function_schema


def as_schemas(packs: Sequence[Pack]) -> str:
    """Return the tools as a JSON list in the form that the Chat Completions API takes."""
    return json.dumps([function_schema(tool) for pack in packs for tool in pack.tools], indent=2, ensure_ascii=False)


def as_text(packs: Sequence[Pack]) -> str:
    """Return a paragraph for each tool: name, description, parameters, what it requires."""
    return "\n\n".join("\n".join(_described(pack, tool)) for pack in packs for tool in pack.tools) or "No tools."


def _described(pack: Pack, tool: Tool) -> Iterator[str]:
    yield f"{tool.name}  ({pack.name}, {tool.effect})"
    yield from (f"  {line}" for line in tool.description.splitlines())
    required = tool.parameters.get("required", [])
    for name, schema in tool.parameters.get("properties", {}).items():
        notes = [_kind(schema), "" if name in required else "optional", "secret" if name in tool.secrets else ""]
        about = f": {schema['description']}" if isinstance(schema, dict) and schema.get("description") else ""
        yield f"  - {name} ({', '.join(note for note in notes if note)}){about}"
    if tool.requires:
        yield f"  requires {', '.join(tool.requires)}"


def _kind(schema: Any) -> str:
    """Return the type in a word or two; a schema may also be just true."""
    if not isinstance(schema, dict):
        return "any"
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(option) for option in schema["anyOf"] if option.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type") or schema.get("$ref", "any").rpartition("/")[2])
