"""Lists of functions as JSON: read into values, and written back.

The format is Turn.io's (https://whatsapp.turn.io/docs, "AI Function Calling"): a list of objects with `name`,
`description` and `parameters`, a JSON schema. An item may also be wrapped as OpenAI has it, {"type": "function",
"function": {...}}. What only we know stands inside the schema, where others skip what they do not know: `writeOnly`
and `x-grounded` on a property (see Secret and Grounded), `x-requires` and `x-effect` on `parameters` itself.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from chatbot.errors import UsageError
from chatbot.pack import Effect, Tool
from chatbot.schema.checking import first_line, loads
from chatbot.schema.cleaning import GROUNDED, SECRET, hide_secrets, marked, plain
from chatbot.schema.declared import BRANCHING, BadSchema, check_schema, parser_for
from chatbot.schema.walking import parts

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
REQUIRES, EFFECT = "x-requires", "x-effect"
MARKS = (SECRET, GROUNDED)
OPENING = {*BRANCHING, "patternProperties"}  # what may declare properties elsewhere than in `properties`
_NOTHING = {"type": "object", "properties": {}}
_PLAIN_STEP = re.compile(r"[\w$-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a list. The fields are those of the Tool that it becomes; see there."""

    name: str
    description: str
    parameters: dict[str, Any]
    parse: Callable[[str], dict[str, Any]]
    effect: Effect = "read"
    requires: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()
    grounded: frozenset[str] = frozenset()


def read_functions(path: Path) -> list[Function]:
    """Return the functions of a file in UTF-8, BOM or not. Raises UsageError that names file, function and place."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8, which JSON is written in.") from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise UsageError(f"The list of functions {str(path)!r} cannot be read: {first_line(error)}.") from None
    return functions_of(text, str(path))


def functions_of(text: str, where: str) -> list[Function]:
    """Return the functions of a JSON text. Raises UsageError, which begins with `where`."""
    try:
        items = loads(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{where}: not JSON: {line}: {error.msg}.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {first_line(error)}.") from None
    if not isinstance(items, list) or not items:
        raise UsageError(f"{where}: should be a list of functions, with at least one in it.")
    functions: list[Function] = []
    for number, item in enumerate(items, 1):
        definition, prefix = _unwrapped(item)
        try:
            function = _function(definition)
            if function.name in [earlier.name for earlier in functions]:
                raise BadSchema(("name",), "is the name of an earlier function, too")
        except BadSchema as error:
            place = ", ".join(filter(None, [_label(definition, number), _dotted((*prefix, *error.path))]))
            raise UsageError(f"{where}: {place}: {error}.") from None
        except RecursionError:
            raise UsageError(f"{where}: {_label(definition, number)}: is nested too deep.") from None
        functions.append(function)
    _refuse_unknown_requirements(functions, where)
    return functions


def listed(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return tools as a list of functions, ready for JSON; to read it gives the same functions again."""
    return [
        {"description": tool.description, "name": tool.name, "parameters": dict(_with_marks(tool))} for tool in tools
    ]


def _unwrapped(item: Any) -> tuple[Any, tuple[str, ...]]:
    """Return what an item of the list defines, and the path to it inside the item."""
    if isinstance(item, dict) and item.get("type") == "function" and "function" in item:
        return item["function"], ("function",)
    return item, ()


def _label(definition: Any, number: int) -> str:
    """Return what a function is called in an error: its name, or which one of the list it is."""
    name = definition.get("name") if isinstance(definition, dict) else None
    return name if isinstance(name, str) and NAME.fullmatch(name) else f"function {number}"


def _function(item: Any) -> Function:
    """Return an item as a function. Raises BadSchema with the path inside of the item."""
    if not isinstance(item, dict):
        raise BadSchema((), "should be an object")
    name, description = item.get("name"), item.get("description")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadSchema(("name",), "should be 1 to 64 of A-Z, a-z, 0-9, _ and -")
    if not isinstance(description, str):
        raise BadSchema(("description",), "should be a text that tells the model when to call the function")
    schema = deepcopy(item.get("parameters", _NOTHING))
    try:
        _check(schema)
    except BadSchema as error:
        raise BadSchema(("parameters", *error.path), str(error)) from None
    secrets, grounded = marked(schema, SECRET), marked(schema, GROUNDED)
    _mark(schema, secrets, grounded)  # a name that is secret somewhere is so everywhere
    for _, part in list(parts(schema)):
        hide_secrets({**part, "$defs": schema.get("$defs", {})})  # a nested secret's default is for nobody either
    parameters = plain(schema)
    return Function(
        name=name,
        description=description,
        parameters=parameters,
        parse=parser_for(parameters, secrets),
        effect=schema.get(EFFECT, "read"),
        requires=tuple(schema.get(REQUIRES, ())),
        secrets=secrets,
        grounded=grounded,
    )


def _check(schema: Any) -> None:
    """Raise BadSchema for what is no schema of a function's parameters, and for marks that would mark nothing."""
    if not isinstance(schema, dict):
        raise BadSchema((), "should be a JSON schema, an object")
    check_schema(schema)
    if schema.get("type") != "object":
        raise BadSchema(("type",), 'should be "object"')
    is_closed = schema.get("additionalProperties", False) is False and not OPENING & schema.keys()
    for name in schema.get("required", ()):
        if is_closed and name not in schema.get("properties", ()):
            raise BadSchema(("required",), f"names {json.dumps(name)}, which is none of the properties")
    if schema.get(EFFECT, "read") not in get_args(Effect):
        raise BadSchema((EFFECT,), f"should be one of {', '.join(get_args(Effect))}")
    requires = schema.get(REQUIRES, [])
    if not isinstance(requires, list) or not all(isinstance(name, str) for name in requires):
        raise BadSchema((REQUIRES,), "should be a list of names of functions")
    _check_marks(schema)


def _check_marks(schema: dict[str, Any]) -> None:
    for path, part in parts(schema):
        if not isinstance(part.get(GROUNDED, False), bool):
            raise BadSchema((*path, GROUNDED), "should be true or false")
        for name, definition in part.get("$defs", {}).items():
            if isinstance(definition, bool):
                raise BadSchema((*path, "$defs", name), "should be an object")
    for keyword in MARKS:
        if "" in marked(schema, keyword):
            raise BadSchema((), f"{keyword} marks a property (in $defs, also what a property refers to)")
    if not any(part.get(keyword) is True for keyword in MARKS for _, part in parts(schema)):
        return
    definitions = {"#", *(f"#/$defs/{name}" for name in schema.get("$defs", ()))}
    for path, part in parts(schema):
        if not {part.get("$ref", "#"), part.get("$dynamicRef", "#")} <= definitions:
            raise BadSchema((*path, "$ref"), f"should be #/$defs/NAME in a schema with {' or '.join(MARKS)}")


def _refuse_unknown_requirements(functions: list[Function], where: str) -> None:
    names = [function.name for function in functions]
    for function in functions:
        for name in function.requires:
            if name not in names:
                place = f"{function.name}, parameters.{REQUIRES}"
                raise UsageError(f"{where}: {place}: names {json.dumps(name)}, which is no function of this list.")


def _with_marks(tool: Tool) -> Iterator[tuple[str, Any]]:
    """Yield the items of the tool's schema, with everything about the tool that the format has no place for."""
    schema = deepcopy(dict(tool.parameters))
    _mark(schema, tool.secrets, tool.grounded)
    yield from schema.items()
    if tool.requires:
        yield REQUIRES, list(tool.requires)
    if tool.effect != "read":
        yield EFFECT, tool.effect


def _mark(schema: dict[str, Any], secrets: frozenset[str], grounded: frozenset[str]) -> None:
    """Mark the properties of these names, at any depth."""
    for _, part in parts(schema):
        for name, inner in part.get("properties", {}).items():
            if isinstance(inner, dict):
                inner |= ({SECRET: True} if name in secrets else {}) | ({GROUNDED: True} if name in grounded else {})


def _dotted(path: tuple[str | int, ...]) -> str:
    """Return a path for people, on one line whatever the names in it."""
    steps = (str(step) for step in path)
    return ".".join(step if _PLAIN_STEP.fullmatch(step) else json.dumps(step[:64]) for step in steps)
