"""Calls written as a name, a mark and the arguments' JSON (Llama 3.1, Mistral, DeepSeek, Kimi, ReAct), and Gemma's.

get_weather>{...}                                       behind <function=
get_weather[ARGS]{...}                                  behind [TOOL_CALLS]
function<｜tool▁sep｜>get_weather + a fence of JSON, or get_weather<｜tool▁sep｜>{...}
functions.get_weather:0<|tool_call_argument_begin|>{...}
call:get_weather{city:<|"|>Paris<|"|>}                  becomes JSON; its strings stand between marks of its own
"""

import json
import re
from dataclasses import dataclass

from chatbot.models.http.text import whole
from chatbot.models.written.as_json import value_end
from chatbot.models.written.calls import Call, Offer, Unreadable


@dataclass(frozen=True, slots=True)
class Named:
    """One such grammar: what stands before the arguments, with the name in it, and what behind them."""

    head: re.Pattern[str]
    tail: re.Pattern[str]

    def read(self, text: str, offer: Offer) -> tuple[Call, ...]:
        """Return the calls that the text is. Raises Unreadable, or what JSON raises."""
        calls: list[Call] = []
        at = 0
        while at < len(text):
            head = self.head.match(text, at)
            if not head:
                raise Unreadable("no name")
            start = head.end()
            end = value_end(text, start) if text.startswith("{", start) else start
            tail = self.tail.match(text, end)
            if not tail or (tail.end() == start == len(text)):
                raise Unreadable("no arguments, or more than that")
            calls.append(Call(offer.name(head["name"]), text[start:end] or "{}"))
            at = tail.end()
        return tuple(calls)


def _named(head: str, tail: str) -> Named:
    return Named(re.compile(head), re.compile(tail))


_NAME = r"\s*(?P<name>[\w.:/-]+)"
ANGLE = _named(r"\s*(?:<function=)?(?P<name>[\w.:/-]+)>\s*", r"\s*(?:</function>|$)\s*")
ARGS = _named(
    r"\s*(?:\[TOOL_CALLS\])?\s*(?P<name>[\w.:/-]+?)\s*(?:\[CALL_ID\]\w+)?(?:\[ARGS\]\s*|(?=\{))",
    r"\s*(?=\[TOOL_CALLS\]|$)",
)
SEPARATED = _named(
    r"\s*(?:<｜tool▁call▁begin｜>)?\s*(?:function\s*<｜tool▁sep｜>)?"
    r"(?P<name>[\w.:/-]+)\s*(?:<｜tool▁sep｜>|(?=```))\s*(?:```(?:json)?\s*)?",
    r"\s*(?:```)?\s*(?:<｜tool▁call▁end｜>|$)\s*",
)
SECTION = _named(
    r"\s*(?:<\|tool_call_begin\|>)?" + _NAME + r"\s*<\|tool_call_argument_begin\|>\s*",
    r"\s*(?:<\|tool_call_end\|>|$)\s*",
)
REACT = _named(_NAME + r"\s*\n\s*Action Input:\s*", r"\s*$")

_CALL = re.compile(r"\s*call:(?P<name>[\w.:/-]+)\s*(?P<arguments>\{.*\})\s*", re.DOTALL)
_MARK = re.compile(r'<\|"\|>|<escape>')
_PLAIN = re.compile(r"[\w\s{}\[\],:.+-]*")
_KEY = re.compile(r"([A-Za-z_]\w*)\s*:")


def gemma(text: str, offer: Offer) -> tuple[Call, ...]:
    """Return the one call that the text is. Raises Unreadable, or what JSON raises."""
    found = _CALL.fullmatch(text)
    pieces = _MARK.split(found["arguments"]) if found else []
    if not found or len(pieces) % 2 == 0 or not all(_PLAIN.fullmatch(piece) for piece in pieces[::2]):
        raise Unreadable("not Gemma's")
    pieces[::2] = [_KEY.sub(r'"\1":', piece) for piece in pieces[::2]]
    pieces[1::2] = [json.dumps(piece, ensure_ascii=False) for piece in pieces[1::2]]
    arguments = "".join(pieces)
    if not isinstance(json.loads(arguments), dict):
        raise Unreadable("no object")
    return (Call(offer.name(found["name"]), whole(arguments)),)
