"""Calls written as Python: `[get_weather(city="Paris"), get_time()]`, or one alone, or one a line (Llama, Olmo, LFM2).

Only keyword arguments with literal values are read, true, false and null among them; they become JSON. Nothing runs.
"""

import ast
import json
import warnings

from chatbot.models.http.text import whole
from chatbot.models.written.calls import Call, Offer, Unreadable

_CONSTANTS = {"true": True, "false": False, "null": None}


def read(text: str, offer: Offer) -> tuple[Call, ...]:
    """Return the calls that the text is. Raises Unreadable."""
    return tuple(Call(offer.name(name_of(call)), _arguments(call)) for call in expressions(text))


def expressions(text: str) -> list[ast.Call]:
    """Return the calls that the text consists of, whatever their arguments are. Raises Unreadable."""
    if not text.rstrip().endswith((")", "]")):
        raise Unreadable("it does not end like calls")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of an escape that Python only guesses
            body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Unreadable("no Python") from None
    values = [statement.value for statement in body if isinstance(statement, ast.Expr)]
    if len(values) == len(body) == 1 and isinstance(values[0], ast.List):
        body, values = [], values[0].elts
    calls = [value for value in values if isinstance(value, ast.Call)]
    if not calls or len(calls) < max(len(values), len(body)):
        raise Unreadable("more than calls")
    return calls


def name_of(call: ast.Call) -> str:
    """Return the name that is called, dotted or not. Raises Unreadable for any other expression."""
    names: list[str] = []
    node = call.func
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise Unreadable("not called by a name")
    return ".".join(reversed([*names, node.id]))


def _arguments(call: ast.Call) -> str:
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise Unreadable("arguments without names")
    pairs = {keyword.arg: _value(keyword.value) for keyword in call.keywords}
    if len(pairs) < len(call.keywords):
        raise Unreadable("an argument is given twice")
    try:
        return whole(json.dumps(pairs, ensure_ascii=False, allow_nan=False))
    except (ValueError, RecursionError):
        raise Unreadable("a value that JSON cannot hold") from None


def _value(node: ast.expr) -> object:
    """Return what a literal says, as what JSON can hold. Raises Unreadable."""
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str() as value):
            return value
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            names = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            if len(set(names)) == len(values):
                return dict(zip(names, map(_value, values), strict=True))
    raise Unreadable("not a literal")
