"""A request's body as Turn.io writes it (https://whatsapp.turn.io/docs, "AI Function Calling") becomes a call.

Who the contact is stands in `context`, or in `wa_id` beside it; never in the arguments, which a model wrote.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.arguments import is_deeper
from chatbot.schema.checking import first_line, loads

DEEPEST = 64  # levels of a body; whoever walks through a call later must not run out of stack
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]*")
_PHONE_DIGITS = 5  # fewer are no number that WhatsApp knows


class BadRequest(ValueError):
    """The body is no function call; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call as the platform sent it.

    arguments: JSON text of an object. fields: the request's context, to be trusted. contact: who it is about; "" where
    nothing tells.
    """

    name: str
    arguments: str
    id: str
    fields: Mapping[str, Any]
    contact: str


def read_call(body: bytes) -> FunctionCall:
    """Return the call in a body. Raises BadRequest."""
    request = _object(_text(body), "The body")
    name, context = request.get("function_name"), request.get("context")
    if not isinstance(name, str) or not name:
        raise BadRequest("function_name should be a text.")
    if not isinstance(context, dict | None):
        raise BadRequest("context should be an object.")
    given = request.get("wa_id")
    fields = dict(context or {})
    if _id(given) and fields.get("wa_id") is None:
        fields["wa_id"] = given
    id = request.get("tool_call_id")
    return FunctionCall(
        name, _arguments(request.get("function_args")), id if isinstance(id, str) else "", fields, contact_of(fields)
    )


def contact_of(fields: Mapping[str, Any]) -> str:
    """Return who a context is about, in one form for every way to write it; "" where it does not say."""
    contact = fields.get("contact")
    person: Mapping[str, Any] = contact if isinstance(contact, dict) else {}
    named = (
        ("wa", _number(person.get("whatsapp_id"))),
        ("wa", _number(fields.get("wa_id"))),
        ("uuid", _id(person.get("uuid"))),
        ("id", _id(person.get("id"))),
    )
    return next((f"{kind}:{id}" for kind, id in named if id), "")


def said_in(fields: Mapping[str, Any], paths: Iterable[str]) -> tuple[str, ...] | None:
    """Return what the contact said, as the context tells it at one of the paths: a text or a list of texts, no other.

    None where it tells nothing.
    """
    told = [texts for path in paths if (texts := _texts(_at(fields, path))) is not None]
    return tuple(text for texts in told for text in texts) if told else None


def values_in(fields: Any, without: Iterable[str] = (), path: str = "") -> Iterator[str]:
    """Yield every text and number in a context, as a text, but for what stands at these paths."""
    if path in without:
        return
    if isinstance(fields, dict):
        for name, item in fields.items():
            yield from values_in(item, without, f"{path}.{name}" if path else name)
    elif isinstance(fields, list):
        for item in fields:
            yield from values_in(item)
    elif isinstance(fields, str | int | float) and not isinstance(fields, bool):
        yield str(fields)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8, which JSON is written in.") from None


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        value = loads(text)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise BadRequest(f"{what} is nested too deep.") from None
    except ValueError as error:
        raise BadRequest(f"{what} is not JSON: {first_line(error)}.") from None
    if not isinstance(value, dict):
        raise BadRequest(f"{what} should be a JSON object.")
    if is_deeper(value, DEEPEST):
        raise BadRequest(f"{what} is nested too deep.")
    return value


def _arguments(value: Any) -> str:
    if isinstance(value, str):
        _object(value, "function_args")
        return value
    if not isinstance(value, dict | None):
        raise BadRequest("function_args should be an object.")
    return json.dumps(value or {})


def _id(value: Any) -> str:
    """Return an id as a text; "" for what is none."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(value: Any) -> str:
    """Return a WhatsApp id as a text; one that looks like a telephone number by its digits alone."""
    text = _id(value)
    digits = re.sub(r"[^0-9]", "", text)
    return digits if _PHONE.fullmatch(text) and len(digits) >= _PHONE_DIGITS else text


def _at(fields: Any, path: str) -> Any:
    for step in path.split("."):
        fields = fields.get(step) if isinstance(fields, dict) else None
    return fields


def _texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
