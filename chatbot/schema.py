"""A function's type hints and docstring become a JSON schema, and arguments are checked against it, strictly.

pydantic makes the schema and does the checking; docstring_parser reads what Google, NumPy and reST docstrings say of
the parameters. This module is slow to import, and so is imported only when a pack is opened.
"""

import dataclasses
import inspect
import json
import math
import sys
import types
import typing
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, get_args, get_origin

import docstring_parser
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from chatbot.errors import UsageError
from chatbot.pack import Context, InvalidArguments

ALL_AS_WRITTEN = ConfigDict(extra="forbid", arbitrary_types_allowed=False, protected_namespaces=())
VALUES = ("default", "const", "enum", "examples")  # what a schema holds under these names is no schema
MOST_COMPLAINTS = 8
PLAIN = {
    "missing": "missing",
    "string_type": "should be a string",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
    "uuid_parsing": "should be a UUID",
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "should be a list"),
    **dict.fromkeys(("model_type", "dict_type", "dataclass_type", "model_attributes_type"), "should be an object"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), "should be a date, YYYY-MM-DD"),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), "should be an ISO 8601 time"),
    "string_unicode": "hold text that is not Unicode",
}
DECLARED_ONLY = {
    *("literal_error", "enum", "none_required", "string_pattern_mismatch", "multiple_of", "json_invalid"),
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal"),
    *("too_short", "too_long", "string_too_short", "string_too_long"),
}
"""Errors whose own text is made of what the hint declares; that of others may hold a piece of the value."""


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
    secrets = _hide_secrets(schema)
    if secrets:  # a type may also take a property by the name that its alias hides
        secrets |= _hide_secrets(_schema(model, by_alias=False)) - fields.keys()
    return Signature(_description(doc), _plain(schema), _parser(model, ours, secrets), secrets, context)


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
        raise UsageError(f"{where}: its type hints cannot be read: {_first_line(error)}") from None


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


def _hide_secrets(schema: dict[str, Any]) -> frozenset[str]:
    """Take the secrets' defaults out of the schema; return the names of the properties that are secret."""
    definitions = schema.get("$defs", {})
    for owner in (schema, *definitions.values()):
        for name, part in owner.get("properties", {}).items():
            if any(_secret_names(part, definitions, name, set())):
                part.pop("default", None)
    return frozenset(_secret_names(schema, definitions, "", set()))


def _secret_names(part: Any, definitions: Mapping[str, Any], name: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Yield the names of the properties that are, or are made of, what is `writeOnly` (see SecretMark)."""
    if isinstance(part, list):
        for item in part:
            yield from _secret_names(item, definitions, name, seen)
    if not isinstance(part, dict):
        return
    if part.get("writeOnly") is True:
        yield name
    reference = part.get("$ref", "").rpartition("/")[2]
    if reference and (name, reference) not in seen:
        seen.add((name, reference))
        yield from _secret_names(definitions[reference], definitions, name, seen)
    for key, value in part.items():
        if key == "properties":
            for inner, item in value.items():
                yield from _secret_names(item, definitions, inner, seen)
        elif key not in (*VALUES, "$defs"):
            yield from _secret_names(value, definitions, name, seen)


def _plain(schema: Any) -> Any:
    """Return the schema without what is not for a model; a property may well be called "title"."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _plain(item) for name, item in value.items()}
        elif key in VALUES:
            kept |= {key: value} if _is_json(value) else {}
        elif key not in ("title", "writeOnly"):
            kept[key] = _plain(value)
    return kept


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


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


def _parser(model: type[BaseModel], ours: set[str], secrets: frozenset[str]) -> Callable[[str], dict[str, Any]]:
    """Return the parser. `ours`: arguments for which the function itself has no default that it could use."""
    names = {field: info.alias or field for field, info in model.model_fields.items()}

    def parse(text: str) -> dict[str, Any]:
        data: Any = None
        try:
            data = json.loads(text, object_pairs_hook=_unique, parse_constant=_refused, parse_float=_finite)
            checked = model.model_validate_json(text, strict=True)
        except ValidationError as error:
            raise InvalidArguments(_complaints(error, data, secrets, names.values())) from None
        except (ValueError, RecursionError) as error:
            raise InvalidArguments(f"they are not a JSON object: {_first_line(error)}") from None
        except Exception as error:  # noqa: BLE001 - a validator of the pack's own types may raise anything
            raise InvalidArguments(f"they cannot be checked ({type(error).__name__})") from None
        given = checked.model_fields_set
        return {name: getattr(checked, field) for field, name in names.items() if field in given or name in ours}

    return parse


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("an argument is given twice")
    return dict(pairs)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    if not math.isfinite(float(number)):
        raise ValueError("a number is too big")
    return float(number)


def _complaints(error: ValidationError, data: Any, secrets: frozenset[str], known: Iterable[str]) -> str:
    """Return what is wrong with each argument, without its value: that may be a secret."""
    found: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False):
        kind, place = problem["type"], _place(problem["loc"], data, problem["type"], secrets)
        if kind in ("extra_forbidden", "unexpected_keyword_argument"):
            text = "there is no such argument" + (f" (only {', '.join(known)})" if len(problem["loc"]) == 1 else "")
        elif kind in ("value_error", "assertion_error") and not secrets:
            text = problem["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        elif kind in DECLARED_ONLY:
            text = problem["msg"].removeprefix("Input ")
        else:
            text = PLAIN.get(kind, f"is not valid ({kind.replace('_', ' ')})")
        found.setdefault(place, []).append(text)
    told = [f"{place}: {_either(texts)}" if place else _either(texts) for place, texts in found.items()]
    more = len(told) - MOST_COMPLAINTS
    return "; ".join([*told[:MOST_COMPLAINTS], *([f"and {more} more"] if more > 0 else [])])


def _either(texts: list[str]) -> str:
    first, *others = dict.fromkeys(texts)
    return " or ".join([first, *(text.removeprefix("should be ") for text in others)])


def _place(loc: tuple[int | str, ...], value: Any, kind: str, secrets: frozenset[str]) -> str:
    """Return the argument's path: without pydantic's names for the arms of a union, and not into a secret."""
    path: list[str] = []
    for number, step in enumerate(loc, 1):
        keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        if step in keys:
            value = value[step]
        elif kind != "missing" or number < len(loc):
            continue
        path.append(str(step)[:64])
        if step in secrets:
            break
    return ".".join(path)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
