"""A function's type hints and docstring become a JSON schema, and arguments are checked against it, strictly.

pydantic makes the schema and does the checking; docstring_parser reads what Google, NumPy and reST docstrings say of
the parameters. This module is slow to import, and so is imported only when a pack is opened.
"""

import dataclasses
import inspect
import sys
import types
import typing
import warnings
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, get_args, get_origin

import docstring_parser
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from chatbot.errors import UsageError
from chatbot.pack import Context
from chatbot.schema.checking import first_line, parser_of
from chatbot.schema.cleaning import GROUNDED, hide_secrets, marked, plain

ALL_AS_WRITTEN = ConfigDict(extra="forbid", arbitrary_types_allowed=False, protected_namespaces=())


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """What a function asks of its caller.

    parameters: JSON schema of an object. parse: see `Tool.parse`. secrets, grounded: names of properties, at any depth,
    that are so marked. context: the parameter that takes the Context, or "".
    """

    description: str
    parameters: dict[str, Any]
    parse: Callable[[str], dict[str, Any]]
    secrets: frozenset[str]
    grounded: frozenset[str]
    context: str


def signature_of(function: Callable[..., Any], where: str) -> Signature:
    """Return what the function asks for. Raises UsageError, beginning with `where`, if a model could not call it."""
    if inspect.iscoroutinefunction(inspect.unwrap(function)) or inspect.isasyncgenfunction(function):
        raise UsageError(f"{where} is async; a tool is a plain function (it runs in a thread of its own).")
    doc = _docstring(inspect.getdoc(function) or "")
    about = {parameter.arg_name: " ".join((parameter.description or "").split()) for parameter in doc.params}
    hints = _hints(function, where)
    context = ""
    fields: dict[str, Any] = {}
    ours: set[str] = set()
    for name, parameter in inspect.signature(function).parameters.items():
        hint = _hint(name, parameter, hints, where)
        if _is_context(hint):
            if context:
                raise UsageError(f"{where}: {context} and {name} are both a Context; one will do.")
            context = name
            continue
        if isinstance(parameter.default, FieldInfo):
            hint = Annotated[hint, parameter.default]
        field = _field(name, parameter, hint, about.get(name))
        if parameter.default is parameter.empty or isinstance(parameter.default, FieldInfo):
            ours.add(name)
        fields[f"argument_{len(fields)}"] = (hint, field)
    model, schema = _model(fields, where)
    secrets, grounded = hide_secrets(schema), marked(schema, GROUNDED)
    if secrets or grounded:  # a type may also take a property by the name that its alias hides
        unaliased = _schema(model, by_alias=False)
        secrets |= hide_secrets(unaliased) - fields.keys() if secrets else secrets
        grounded |= marked(unaliased, GROUNDED) - fields.keys()
    parse = parser_of(model, ours, secrets)
    return Signature(_description(doc), plain(schema), parse, secrets, grounded, context)


def _docstring(text: str) -> docstring_parser.Docstring:
    try:
        return docstring_parser.parse(text)
    except Exception:  # noqa: BLE001 - prose that looks like a section is a ParseError, an IndexError ...; it describes
        doc = docstring_parser.Docstring()
        doc.short_description = text
        return doc


def _hints(function: Callable[..., Any], where: str) -> dict[str, Any]:
    try:
        return {name: _modern(hint) for name, hint in typing.get_type_hints(function, include_extras=True).items()}
    except Exception as error:  # noqa: BLE001 - whatever a hint's own text raises
        raise UsageError(f"{where}: its type hints cannot be read: {first_line(error)}") from None


def _hint(name: str, parameter: inspect.Parameter, hints: Mapping[str, Any], where: str) -> Any:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise UsageError(
            f"{where}: the parameter {parameter} cannot be given by name; a model gives arguments by name."
        )
    if name not in hints:
        raise UsageError(f"{where}: the parameter {name} has no type hint; write {name}: str, for example.")
    return hints[name]


def _modern(hint: Any) -> Any:
    """Return the hint with a TypedDict as pydantic wants it: before Python 3.12, it takes no typing.TypedDict."""
    if sys.version_info >= (3, 12):
        return hint
    if typing.is_typeddict(hint) and type(hint).__module__ == "typing":
        items = {name: _modern(inner) for name, inner in typing.get_type_hints(hint, include_extras=True).items()}
        for name in hint.__optional_keys__:
            if get_origin(items[name]) not in (Required, NotRequired):
                items[name] = NotRequired[items[name]]
        return typing_extensions.TypedDict(hint.__name__, items)  # type: ignore[operator]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return Annotated[(_modern(inner[0]), *inner[1:])]
    modern = tuple(_modern(item) for item in inner)
    if origin is Literal or all(new is old for new, old in zip(modern, inner, strict=True)):
        return hint
    return typing.Union[modern] if origin is types.UnionType else origin[modern]  # noqa: UP007


def _field(name: str, parameter: inspect.Parameter, hint: Any, about: str | None) -> Any:
    """Return the parameter's own field; what a Field(...) in its hint or as its default says goes first."""
    default = ... if parameter.default is parameter.empty else parameter.default
    options: dict[str, Any] = {"alias": name, "default": default, "description": about}
    for info in getattr(hint, "__metadata__", ()):
        if isinstance(info, FieldInfo):
            options["description"] = info.description or options["description"]
            if options["default"] is ... or options["default"] is info:
                options["default"] = ... if info.is_required() else info.default
                if info.default_factory:
                    del options["default"]
                    return Field(default_factory=info.default_factory, **options)
    return Field(**options)


def _model(fields: dict[str, Any], where: str) -> tuple[type[BaseModel], dict[str, Any]]:
    """Make a model whose own field names are ours, so that no argument's name can clash with pydantic's; its schema."""
    try:
        model = create_model("Arguments", __config__=ALL_AS_WRITTEN, **fields)
        return model, _schema(model)
    except Exception as error:  # noqa: BLE001 - pydantic, and the pack's own types, raise all kinds
        for name in fields if len(fields) > 1 else ():
            _model({name: fields[name]}, where)  # the one that is to blame raises, and is named
        names = ", ".join(field.alias for _, field in fields.values())
        text = " ".join(str(error).partition("\n\n")[0].split()).rpartition("SchemaError: ")[2] or type(error).__name__
        raise UsageError(f"{where}: no JSON schema can be made of the type hint of {names}: {text}") from None


def _schema(model: type[BaseModel], by_alias: bool = True) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a default that JSON cannot hold is left out of the schema, which is right
        return {"properties": {}} | model.model_json_schema(by_alias=by_alias)


def _description(doc: docstring_parser.Docstring) -> str:
    return "\n\n".join(part for part in (doc.short_description, doc.long_description) if part)


def _is_context(hint: Any) -> bool:
    """Return whether the hint is Context, also as an optional: it is the session that gives it, never the model."""
    if hint is Context:
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _is_context(inner[0])
    optional = origin in (typing.Union, types.UnionType)
    return optional and all(item is type(None) or _is_context(item) for item in inner)
