"""Calls whose arguments are tags around each value (Qwen-Coder, Seed, MiniMax, GLM, DeepSeek's DSML).

    <function=f><parameter=x>1</parameter></function>
    <invoke name="f"><parameter name="x">1</parameter></invoke>
    f<arg_key>x</arg_key><arg_value>1</arg_value>

Such a value has no type of its own. It is a string, unless the tool's schema names other types, string not among them,
and the text is exactly one JSON value of such a type; then it is passed on as it is written. One line end at its
beginning and one at its end are the format's, not the value's.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import NoReturn

from chatbot.models.http.text import whole
from chatbot.models.written.calls import Call, Offer, Unreadable

_TYPES: dict[type, frozenset[str]] = {
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
    str: frozenset({"string"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
    type(None): frozenset({"null"}),
}


@dataclass(frozen=True, slots=True)
class Tags:
    """One such grammar: what stands before a call, around each value, and behind the call."""

    head: re.Pattern[str]
    parameter: re.Pattern[str]
    tail: re.Pattern[str]

    def read(self, text: str, offer: Offer) -> tuple[Call, ...]:
        """Return the calls that the text is. Raises Unreadable."""
        calls: list[Call] = []
        at = 0
        while at < len(text) or not calls:
            head = self._match(self.head, text, at)
            name, at, values = head["name"], head.end(), {}
            while found := self.parameter.match(text, at):
                if found["key"] in values:
                    raise Unreadable("an argument is given twice")
                stringly = found.groupdict().get("string") == "true"
                types = frozenset[str]() if stringly else offer.types(name, found["key"])
                values[found["key"]] = _json(found["value"], types)
                at = found.end()
            at = self._match(self.tail, text, at).end()
            pairs = (f"{json.dumps(key, ensure_ascii=False)}: {value}" for key, value in values.items())
            calls.append(Call(offer.name(name), whole("{" + ", ".join(pairs) + "}")))
        return tuple(calls)

    def _match(self, pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
        if not (found := pattern.match(text, at)):
            raise Unreadable("a tag is missing")
        return found


FUNCTION = Tags(
    re.compile(r"\s*(?:<function=)?(?P<name>[\w.:-]+)>"),
    re.compile(r"\s*<parameter=(?P<key>[^<>]+)>(?P<value>.*?)</parameter>", re.DOTALL),
    re.compile(r"\s*</function>\s*"),
)
FUNCTION_INSIDE = replace(FUNCTION, tail=re.compile(r"\s*$"))
INVOKE = Tags(
    re.compile(r"""\s*<(?:｜DSML｜)?invoke name=["']?(?P<name>[\w.:-]+)["']?\s*>"""),
    re.compile(
        r"""\s*<(?:｜DSML｜)?parameter name=["']?(?P<key>[^"'<>]+)["']?(?: string="(?P<string>true|false)")?\s*>"""
        r"(?P<value>.*?)</(?:｜DSML｜)?parameter>",
        re.DOTALL,
    ),
    re.compile(r"\s*</(?:｜DSML｜)?invoke>\s*"),
)
ARG_KEYS = Tags(
    re.compile(r"\s*(?P<name>[\w.:-]+)"),
    re.compile(r"\s*<arg_key>(?P<key>[^<>]+)</arg_key>\s*<arg_value>(?P<value>.*?)</arg_value>", re.DOTALL),
    re.compile(r"\s*$"),
)


def _json(value: str, types: frozenset[str]) -> str:
    """Return a value's JSON text."""
    value = value.removeprefix("\n").removesuffix("\n")
    if types and "string" not in types:
        try:
            found = json.loads(value, parse_constant=_refused)
        except (ValueError, RecursionError):
            found = value
        if not isinstance(found, str) and _TYPES[type(found)] & types:
            return value.strip()
    return json.dumps(value, ensure_ascii=False)


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
