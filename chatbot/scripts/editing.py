"""Changing a YAML document in place: what stands around a change, comments and blank lines among it, stays there."""

from collections.abc import Mapping
from typing import Any

NEWLINE = "\n"


def put(mapping: Any, key: str, value: Any) -> None:
    """Let a mapping of the document have this plain value, or nothing (None), under the key."""
    rest = _cut(mapping, key)
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = _fresh(value)
    if rest and mapping and not _flows(mapping):
        _add(*_leaf(mapping, key if key in mapping else _last(mapping)), rest)


def own(holder: Any, step: str | int, plain: Any) -> Any:
    """Return what stands at the step, to be changed: of what an anchor or << lends to others a copy, `plain`."""
    node = holder[step]
    places = holder.lc.data or {}
    borrowed = isinstance(step, str) and step not in places
    if node.anchor.value or borrowed:
        rest = _cut(holder, step)
        holder[step] = node = _fresh(plain)
        if rest and not _flows(holder):
            _add(*_leaf(holder, step), rest)
    return node


def _fresh(value: Any) -> Any:
    """Return a plain value as it would be read."""
    from chatbot.scripts.dialect import yaml
    from chatbot.scripts.source import as_yaml

    return yaml().load(as_yaml({"value": value}))["value"]


def _cut(holder: Any, key: str | int) -> str:
    """Take away the lines that follow what stands there, or, where nothing does, the mapping's end; return them."""
    if _flows(holder):
        return ""  # they follow the brackets
    if isinstance(holder, dict) and key not in holder:
        key = _last(holder)
    holder, key = _leaf(holder, key)
    token = _token(holder, key)
    if token is None:
        return ""
    if _is_block(holder[key]):
        line, rest = "", f"{'' if token.value.startswith(NEWLINE) else ' ' * token.column}{token.value}"
    else:
        line, _, rest = token.value.partition(NEWLINE)
    if line:
        token.value = line + NEWLINE
    else:
        holder.ca.items[key][_slot(holder)] = None
    return str(rest)


def _add(holder: Any, key: str | int, rest: str) -> None:
    """Let these lines follow a value that has just been written."""
    from ruamel.yaml.error import CommentMark
    from ruamel.yaml.tokens import CommentToken

    token = _token(holder, key)
    before, column = (token.value.rstrip(NEWLINE), token.column) if token else ("", 0)
    text = rest if _is_block(holder[key]) else before + NEWLINE + rest
    slots = holder.ca.items.setdefault(key, [None, None, None, None])
    slots[_slot(holder)] = CommentToken(text, CommentMark(column))


def _leaf(holder: Any, key: str | int) -> tuple[Any, str | int]:
    """Return where the last line of what stands there is."""
    while isinstance(holder[key], dict | list) and holder[key] and not _flows(holder[key]):
        holder = holder[key]
        key = _last(holder)
    return holder, key


def _last(holder: Any) -> str | int:
    return list(holder)[-1] if isinstance(holder, Mapping) else len(holder) - 1


def _token(holder: Any, key: str | int) -> Any:
    slots = holder.ca.items.get(key)
    return slots[_slot(holder)] if slots else None


def _slot(holder: Any) -> int:
    """Return where the library keeps the comment behind a value."""
    return 2 if isinstance(holder, dict) else 0


def _flows(node: Any) -> bool:
    return bool(node.fa.flow_style())


def _is_block(value: Any) -> bool:
    from ruamel.yaml.scalarstring import LiteralScalarString

    return isinstance(value, LiteralScalarString)
