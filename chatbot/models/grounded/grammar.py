"""JSON schemas as GBNF, the grammars of llama.cpp: what a model can write is what fits, in the one form of json.dumps.

Format: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chatbot.models.grounded.patterns import pattern_rule

Path = tuple[str, ...]
Schema = Mapping[str, Any]
Closed = Callable[[Path, Schema], Sequence[Any] | None]
"""The only values that may stand at a path, which names properties and no indexes; None: whatever fits the schema."""

DEEPEST = 8
"""Objects and lists in each other that are spelled out; below, anything goes that is JSON."""
LONGEST = 256
"""Repetitions that are counted; llama.cpp unrolls each of them."""
WIDEST = 100
"""Whole numbers between a minimum and a maximum that are listed."""
JSON = {
    "value": 'object | array | string | number | "true" | "false" | "null"',
    "object": '"{" (string ": " value (", " string ": " value)*)? "}"',
    "array": '"[" (value (", " value)*)? "]"',
    "string": r'"\"" char* "\""',
    "char": r'[^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F])',
    "number": r'integer ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,3})?',
    "integer": '"-"? ("0" | [1-9] [0-9]{0,17})',
}
"""The rules of any JSON, as json.dumps spaces it."""
_DAY = '[0-9]{4} "-" [01] [0-9] "-" [0-3] [0-9]'
_TIME = '[0-2] [0-9] ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [-+] [0-2] [0-9] ":" [0-5] [0-9])'
_HEX = "[0-9a-f]"
FORMATS = {
    "date": _DAY,
    "time": _TIME,
    "date-time": f'{_DAY} "T" {_TIME}',
    "uuid": f'{_HEX}{{8}} "-" {_HEX}{{4}} "-" {_HEX}{{4}} "-" {_HEX}{{4}} "-" {_HEX}{{12}}',
}


class Arguments:
    """The rule of one object of arguments; `missing` holds the paths of required values of which there are none."""

    def __init__(self, parameters: Schema, closed: Closed) -> None:
        self._root = parameters
        self._closed = closed
        self.missing: list[Path] = []

    def rule(self) -> str | None:
        """Return the object's expression; None where no object can be written."""
        whole = resolved(self._root, self._root)
        return self._object(whole, (), 0) if whole.get("properties") else literal("{}")

    def _rule(self, schema: Any, path: Path, depth: int) -> str | None:
        if schema is False:
            return None
        schema = resolved(schema, self._root)
        options = schema.get("anyOf") or schema.get("oneOf")
        if options and depth < DEEPEST:
            rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
            return _any(self._rule({**rest, **resolved(option, self._root)}, path, depth + 1) for option in options)
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return _any(self._rule({**schema, "type": kind}, path, depth) for kind in kinds)
        if "const" in schema:
            return value(schema["const"])
        if "enum" in schema:
            return _any(value(each) for each in schema["enum"])
        if kinds in ("object", "array"):
            return self._composed(schema, path, depth)
        if kinds in ("boolean", "null"):
            return literal("null") if kinds == "null" else '("true" | "false")'
        given = self._closed(path, schema)
        return _scalar(schema) if given is None else _any(value(each) for each in given)

    def _composed(self, schema: Schema, path: Path, depth: int) -> str | None:
        if schema["type"] == "array":
            return self._array(schema, path, depth)
        if schema.get("properties") and depth < DEEPEST:
            return self._object(schema, path, depth)
        return "object" if self._closed(path, {}) is None else literal("{}")

    def _object(self, schema: Schema, path: Path, depth: int) -> str | None:
        """Properties in their order. Those in front of the first required one bring the comma behind them along."""
        required = set(schema.get("required", ()))
        parts: list[tuple[str, bool]] = []
        is_whole = True
        for name, part in schema["properties"].items():
            here = (*path, name)
            rule = self._rule(part, here, depth + 1)
            if rule is not None:
                parts.append((f"{literal(json.dumps(name, ensure_ascii=False) + ': ')} {rule}", name in required))
            elif name in required:
                is_whole = False
                self.missing += [] if any(lost[: len(here)] == here for lost in self.missing) else [here]
        if not is_whole:
            return None
        return f"{literal('{')} {_sequence(parts)} {literal('}')}" if parts else literal("{}")

    def _array(self, schema: Schema, path: Path, depth: int) -> str | None:
        items = schema.get("items", True)
        if items is True:
            item = "value" if self._closed(path, {}) is None else None
        else:
            item = self._rule(items, path, depth + 1) if depth < DEEPEST else "value"
        least = int(schema.get("minItems", 0))
        if item is None:
            return None if least else literal("[]")
        most = schema.get("maxItems")
        if most == 0:
            return literal("[]")
        more = _times(max(least - 1, 0), None if most is None else int(most) - 1)
        filled = f'{item} (", " {item}){more}'
        return f'"[" {filled} "]"' if least else f'"[" ({filled})? "]"'


def resolved(schema: Any, root: Schema, seen: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the schema with its reference followed and what must all hold merged; what leads nowhere is anything."""
    if not isinstance(schema, Mapping):
        return {}
    whole = dict(schema)
    reference = whole.pop("$ref", None)
    if isinstance(reference, str) and reference not in seen:
        whole = _merged(resolved(_found(reference, root), root, seen | {reference}), whole)
    for part in whole.pop("allOf", ()):
        whole = _merged(whole, resolved(part, root, seen))
    return whole


def _found(reference: str, root: Schema) -> Any:
    target: Any = root if reference.startswith("#") else {}
    for step in reference.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        target = target.get(step, {}) if isinstance(target, Mapping) else {}
    return target


def _merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {**one, **other}
    if "properties" in one and "properties" in other:
        both["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        both["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return both


def _scalar(schema: Schema) -> str:
    match schema.get("type"):
        case "string":
            return _string(schema)
        case "integer":
            return _integer(schema)
        case "number":
            return "number"
    return "value"


def _string(schema: Schema) -> str:
    body = FORMATS.get(str(schema.get("format"))) or pattern_rule(str(schema.get("pattern", "")))
    if body:
        return rf'"\"" {body} "\""'
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    if least == 0 and most is None:
        return "string"
    return rf'"\"" char{_times(least, most)} "\""'


def _integer(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int) and isinstance(most, int) and 0 <= most - least < WIDEST:
        return _any(literal(str(number)) for number in range(least, most + 1)) or "integer"
    if isinstance(least, int | float) and least >= 0:
        return '("0" | [1-9] [0-9]{0,17})'
    return "integer"


def _times(least: int, most: int | None) -> str:
    least = min(least, LONGEST)
    if most is None or most > LONGEST:
        return "*" if least == 0 else f"{{{least},}}"
    return f"{{{least},{max(most, least)}}}"


def _sequence(parts: Sequence[tuple[str, bool]]) -> str:
    first = next((number for number, (_, required) in enumerate(parts) if required), None)
    if first is None:
        starts = (_following(parts[number:]) for number in range(len(parts)))
        return f"({' | '.join(starts)})?"
    before = [f'({rule} ", ")?' for rule, _ in parts[:first]]
    return " ".join([*before, _following(parts[first:])])


def _following(parts: Sequence[tuple[str, bool]]) -> str:
    (first, _), *rest = parts
    return " ".join([first, *(f'", " {rule}' if required else f'(", " {rule})?' for rule, required in rest)])


def _any(rules: Iterable[str | None]) -> str | None:
    options = list(dict.fromkeys(rule for rule in rules if rule is not None))
    if not options:
        return None
    return options[0] if len(options) == 1 else f"({' | '.join(options)})"


def value(given: Any) -> str:
    """Return the expression of this very value."""
    text = json.dumps(given, ensure_ascii=False)
    return literal(text if text.isprintable() else json.dumps(given))


def literal(text: str) -> str:
    """Return the expression of this very text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\x{ord(each):02X}" if each < " " else each for each in escaped) + '"'
