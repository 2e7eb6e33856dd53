"""Secrets out of the model's sight (`--ask-secrets`): its schema does not have them, and the user is asked instead."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chatbot.arguments import parsed
from chatbot.errors import UsageError
from chatbot.pack import Pack, Tool


def hide(pack: Pack) -> Pack:
    """Return the pack with tools whose secret arguments the model neither sees nor gives. Raises UsageError."""
    return replace(pack, tools=tuple(_hide(pack, tool) for tool in pack.tools))


def _hide(pack: Pack, tool: Tool) -> Tool:
    if not tool.secrets:
        return tool
    from chatbot.schema.walking import names_in  # late: schemas take their time

    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    own = {name: schema for name, schema in properties.items() if name in tool.secrets}
    if inner := sorted(names_in(tool.parameters) & tool.secrets - own.keys()):
        raise UsageError(
            f"--ask-secrets: the secret {inner[0]} of {pack.name}.{tool.name} lies inside of another argument; "
            "make it an argument of its own."
        )
    parameters = {
        **tool.parameters,
        "properties": {name: schema for name, schema in properties.items() if name not in own},
        "required": [name for name in tool.parameters.get("required", []) if name not in own],
    }
    return replace(tool, parameters=parameters, hidden=own, injected=tool.injected | own.keys())


def with_secrets(tool: Tool, arguments: str, secrets: Mapping[str, str]) -> str:
    """Return the arguments' JSON text with what the user typed in it; a number is typed as text, too."""
    typed = {name: _number(value) if _is_number(tool.hidden[name]) else value for name, value in secrets.items()}
    return json.dumps({**parsed(arguments), **typed}, ensure_ascii=False)


def _is_number(schema: Mapping[str, Any]) -> bool:
    options = [schema, *schema.get("anyOf", ())]
    return any(option.get("type") in ("integer", "number") for option in options)


def _number(text: str) -> Any:
    value = parsed(text.strip())
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text
