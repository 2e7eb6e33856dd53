"""A function's type hints and docstring become a JSON schema, and arguments are checked against it, strictly.

pydantic makes the schema and does the checking; docstring_parser reads what Google, NumPy and reST docstrings say of
the parameters. This module is slow to import, and so is imported only when a pack is opened.
"""

import dataclasses
import inspect
import json
import typing
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import docstring_parser
import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError

from chatbot.errors import UsageError
from chatbot.pack import Context, InvalidArguments, SecretMark

ALL_AS_WRITTEN = ConfigDict(extra="forbid", arbitrary_types_allowed=False, protected_namespaces=())


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """What a function asks of its caller.

    parameters: JSON schema of an object. parse: see `Tool.parse`. secrets: names of secret properties, at any depth.
    context: the parameter that takes the Context, or "".
    """

    description: str
    parameters: dict[str, Any]
    parse: Callable[[str], dict[str, Any]]
    secrets: frozenset[str]
    context: str


def signature_of(function: Callable[..., Any], where: str) -> Signature:
    """Return what the function asks for. Raises UsageError, beginning with `where`, if a model could not call it."""
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(f"{where} is async; a tool is a plain function (it runs in a thread of its own).")
    doc = docstring_parser.parse(inspect.getdoc(function) or "")
    about = {parameter.arg_name: " ".join((parameter.description or "").split()) for parameter in doc.params}
    hints = _hints(function, where)
    context = ""
    fields: dict[str, Any] = {}
    secrets: set[str] = set()
    for name, parameter in inspect.signature(function).parameters.items():
        hint = _hint(name, parameter, hints, where)
        if hint is Context:
            context = name
            continue
        secrets |= set(_secret_names(name, hint, set()))
        fields[f"argument_{len(fields)}"] = (hint, _field(name, parameter, about.get(name)))
    model = _model(fields, where)
    return Signature(_description(doc), _schema(model), _parser(model), frozenset(secrets), context)


def _hints(function: Callable[..., Any], where: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception as error:  # noqa: BLE001 - whatever a hint's own text raises
        raise UsageError(f"{where}: its type hints cannot be read: {error}") from None


def _hint(name: str, parameter: inspect.Parameter, hints: Mapping[str, Any], where: str) -> Any:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise UsageError(
            f"{where}: the parameter {parameter} cannot be given by name; a model gives arguments by name."
        )
    if name not in hints:
        raise UsageError(f"{where}: the parameter {name} has no type hint; write {name}: str, for example.")
    return hints[name]


def _field(name: str, parameter: inspect.Parameter, about: str | None) -> Any:
    default = ... if parameter.default is parameter.empty else parameter.default
    if about:
        return Field(default, alias=name, description=about)
    return Field(default, alias=name)


def _model(fields: dict[str, Any], where: str) -> type[BaseModel]:
    """Make a model whose own field names are ours, so that no argument's name can clash with pydantic's."""
    try:
        return create_model("Arguments", __config__=ALL_AS_WRITTEN, **fields)
    except (PydanticUserError, TypeError, NameError, pydantic_core.SchemaError) as error:
        raise UsageError(f"{where}: no JSON schema can be made of its type hints: {_first_line(error)}") from None


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a default that JSON cannot hold is left out of the schema, which is right
        schema = model.model_json_schema(by_alias=True)
    plain: dict[str, Any] = _without_titles(schema)
    plain.setdefault("properties", {})
    return plain


def _without_titles(schema: Any) -> Any:
    """Return the schema without pydantic's titles; a property may well be called "title"."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _without_titles(item) for name, item in value.items()}
        elif key in ("default", "const", "enum", "examples"):
            kept[key] = value
        elif key != "title":
            kept[key] = _without_titles(value)
    return kept


def _description(doc: docstring_parser.Docstring) -> str:
    return "\n\n".join(part for part in (doc.short_description, doc.long_description) if part)


def _secret_names(name: str, hint: Any, seen: set[Any]) -> Iterator[str]:
    """Yield the names of the properties that are marked secret in a hint, however deep."""
    if get_origin(hint) is Annotated and SecretMark in hint.__metadata__:
        yield name
    for inner in get_args(hint):
        yield from _secret_names(name, inner, seen)
    if isinstance(hint, type) and hint not in seen and getattr(hint, "__annotations__", None):
        seen.add(hint)
        for field, inner in typing.get_type_hints(hint, include_extras=True).items():
            yield from _secret_names(field, inner, seen)


def _parser(model: type[BaseModel]) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        try:
            json.loads(text, object_pairs_hook=_unique, parse_constant=_refused)
            checked = model.model_validate_json(text, strict=True)
        except ValidationError as error:
            raise InvalidArguments("; ".join(_complaints(error))) from None
        except (ValueError, RecursionError) as error:
            raise InvalidArguments(f"they are not a JSON object: {_first_line(error)}") from None
        given = ((field, model.model_fields[field].alias or field) for field in checked.model_fields_set)
        return {alias: getattr(checked, field) for field, alias in given}

    return parse


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("an argument is given twice")
    return dict(pairs)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _complaints(error: ValidationError) -> Iterator[str]:
    """Yield what is wrong with each argument, without its value: that may be a secret."""
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(map(str, problem["loc"]))
        match problem["type"]:
            case "missing":
                text = "missing"
            case "extra_forbidden":
                text = "there is no such argument"
            case _:
                text = problem["msg"].removeprefix("Input ").removeprefix("Value error, ")
        yield f"{place}: {text}" if place else text


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
