"""Slots: the leaves of a tool's JSON schema, each with its kind and the labels people may give it by."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from chatbot.models.offline.english import bag
from chatbot.models.offline.words import compact, words_of
from chatbot.pack import Tool

Kind = Literal[
    "integer", "number", "boolean", "enum", "date", "date-time", "time", "email", "uri", "uuid", "array", "json",
    "code", "name", "phrase",
]  # fmt: skip
"""What a value looks like. Strings without a format are a code (12345), a name (one word) or a phrase (any words)."""
Grade = Literal["full", "tail", "head", "self", "side"]
"""How much a label tells: the whole name, its last word, its first, "I'm", or a preposition."""
Schema = Mapping[str, Any]
Key = tuple[str, tuple[str, ...]]

_CODES = bag(
    """id ids identifier key token code number no nr pin isbn sku password secret reference ref zip iban phone"""
)
_NAMES = bag("""user login handle nick nickname player account symbol ticker currency lang slug host domain""")
_GENERIC = bag("id name number code date time type value text no nr at")
_PERSONS = bag("user username name login account person player customer")
_SIDES = {
    "from": ("from", frozenset(["from", "source", "origin", "start", "departure", "since"])),
    "to": (
        "to into until till",
        bag("to target destination dest end arrival until recipient receiver"),
    ),
    "in": ("in", bag("in location city place country room area region where")),
    "by": ("by", frozenset(["by", "author", "artist", "writer"])),
    "on": ("on", frozenset(["date", "day", "on"])),
}
_FORMATS: Mapping[str, Kind] = {
    "date": "date", "date-time": "date-time", "time": "time", "email": "email", "idn-email": "email", "uri": "uri",
    "url": "uri", "uuid": "uuid",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """One value a tool takes. `within`: the optional object that, once begun, needs it; () elsewhere."""

    tool: str
    path: tuple[str, ...]
    kind: Kind
    schema: Schema
    required: bool
    secret: bool
    within: tuple[str, ...] = ()
    labels: Mapping[str, Grade] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What facts about it are kept under."""
        return self.tool, self.path

    @property
    def is_text(self) -> bool:
        """Whether it takes a string that has no format."""
        return self.kind in ("code", "name", "phrase")

    @property
    def is_selective(self) -> bool:
        """Whether few texts fit, so that one that does is meant."""
        if self.kind in ("enum", "date", "date-time", "time", "email", "uri", "uuid"):
            return True
        pattern = compiled(self.schema)
        return pattern is not None and not any(pattern.search(word) for word in ("word", "Word", "some words"))


def compiled(schema: Schema) -> re.Pattern[str] | None:
    """Return the schema's pattern, or None where it has none that Python understands."""
    try:
        return re.compile(schema["pattern"])
    except (KeyError, TypeError, re.error):
        return None


def slots_of(tool: Tool) -> tuple[Slot, ...]:
    """Return the slots of a tool, in the order of its schema."""
    slots = tuple(_leaves(tool, tool.parameters, (), True, ()))
    return _labelled(slots)


def _leaves(
    tool: Tool, schema: Schema, path: tuple[str, ...], required: bool, within: tuple[str, ...]
) -> Iterator[Slot]:
    needed = schema.get("required") or ()
    for name, raw in (schema.get("properties") or {}).items():
        inner = resolved(raw, tool.parameters)
        here = (*path, name)
        must = required and name in needed
        if inner.get("type") == "object" and inner.get("properties") and len(here) < 4:
            yield from _leaves(tool, inner, here, must, here if not must else within)
            continue
        secret = bool(tool.secrets & set(here))
        parent = within if name in needed and not must else ()
        yield Slot(tool.name, here, kind_of(name, inner), inner, must, secret, parent)


def resolved(schema: Any, root: Schema, depth: int = 0) -> dict[str, Any]:
    """Return the schema with references followed, and of an optional the part that is not null."""
    if not isinstance(schema, Mapping) or depth > 8:
        return {}
    whole = dict(schema)
    reference = whole.pop("$ref", None)
    if isinstance(reference, str) and reference.startswith("#/"):
        target: Any = root
        for part in reference[2:].split("/"):
            target = target.get(part, {}) if isinstance(target, Mapping) else {}
        return {**resolved(target, root, depth + 1), **whole}
    for union in ("anyOf", "oneOf", "allOf"):
        options = [resolved(option, root, depth + 1) for option in whole.pop(union, None) or ()]
        options = [option for option in options if option.get("type") != "null"]
        if options:
            whole = {**options[0], **whole}
    if isinstance(whole.get("type"), list):
        whole["type"] = next((kind for kind in whole["type"] if kind != "null"), "string")
    if "const" in whole:
        whole["enum"] = [whole["const"]]
    if "items" in whole:
        whole["items"] = resolved(whole["items"], root, depth + 1)
    return whole


def kind_of(name: str, schema: Schema) -> Kind:
    """Return what the values of a property look like."""
    if schema.get("enum"):
        return "enum"
    match schema.get("type"):
        case "integer" | "number" | "boolean" as kind:
            return kind  # type: ignore[no-any-return]
        case "array":
            return "json" if (schema.get("items") or {}).get("type") in ("object", "array") else "array"
        case "object":
            return "json"
    return _FORMATS.get(str(schema.get("format"))) or _text_kind(name, schema)


def _text_kind(name: str, schema: Schema) -> Kind:
    words = words_of(name) or ("",)
    pattern = compiled(schema)
    described = str(schema.get("description", "")).lower()
    if words[-1] in _CODES or "identifier" in described:
        return "code"
    if words[-1] in _NAMES or compact(name).endswith("username"):
        return "name"
    if pattern and not any(pattern.search(sample) for sample in ("a b", "A B", "Aa bb", "1 b")):
        return "name"
    return "phrase"


def _labelled(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """A short label that two slots of a tool share tells nothing and is dropped."""
    labels = [_labels(slot) for slot in slots]
    shared = Counter(label for each in labels for label in each)
    return tuple(
        replace(slot, labels={label: grade for label, grade in own.items() if grade == "full" or shared[label] == 1})
        for slot, own in zip(slots, labels, strict=True)
    )


def _labels(slot: Slot) -> dict[str, Grade]:
    words = words_of(slot.path[-1])
    labels: dict[str, Grade] = {}
    for group, hints in _SIDES.values():
        if hints & set(words) or (slot.kind in ("date", "date-time") and "on" in group.split()):
            labels.update(dict.fromkeys(group.split(), "side"))
    if slot.is_text and _PERSONS & set(words):
        labels.update(dict.fromkeys(("im", "iam", "myname", "callme"), "self"))
    if len(words) == 1:
        labels.update({words[0][: -len(end)]: "head" for end in _GENERIC if _compound(words[0], end)})
    elif words:
        generic = words[-1] in _GENERIC
        labels.update({compact(" ".join(words[:-1])): "head"} if generic else {})
        labels[words[-1]] = "tail" if generic else "full"
    title = compact(str(slot.schema.get("title", "")))
    labels.update({label: "full" for label in (title, compact(" ".join(slot.path)), compact(slot.path[-1])) if label})
    return labels


def _compound(word: str, end: str) -> bool:
    return word.endswith(end) and len(word) > len(end) + 2 and end in ("id", "name", "number", "code", "date")
