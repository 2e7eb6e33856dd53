"""The conversation in words that a small model can follow, and back: one form for calls, one for results."""

import json
from collections.abc import Iterable, Iterator, Sequence
from uuid import uuid4

from chatbot.arguments import parsed
from chatbot.models.grounded.grammar import JSON, literal
from chatbot.models.grounded.offers import Lack, Offer
from chatbot.models.offline.words import words_of
from chatbot.pack import Tool
from chatbot.types import Assistant, Message, ToolCall, ToolResult, User

OPENING = "Please greet me."
"""What the user is made to say where the assistant speaks first: templates want it so."""
OPEN, CLOSE = "<tool_call>", "</tool_call>"
SAYS = "[^<\\x00-\\x20] no-call"
"""Any text that is no call, and in which none begins."""
_NO_CALL = {
    "no-call": '([^<\\x00] no-call | "<" no-call-1)?',
    "no-call-1": '([^<t\\x00] no-call | "<" no-call-1 | "t" no-call-2)?',
    "no-call-2": '([^<o\\x00] no-call | "<" no-call-1 | "o" no-call-3)?',
    "no-call-3": '([^<o\\x00] no-call | "<" no-call-1 | "o" no-call-4)?',
    "no-call-4": '([^<l\\x00] no-call | "<" no-call-1)?',
}


def grammar(offers: Sequence[Offer], missing: Sequence[str] = ()) -> str:
    """Return the GBNF of a reply: a text, or a call of what is offered.

    Where something is due, it is one of these calls; else, where something is missing, it is a text that asks for it.
    """
    due = [offer for offer in offers if offer.due]
    rules = {}
    for number, offer in enumerate(due or offers, 1):
        head = f'{OPEN}{{"name": {json.dumps(offer.tool.name)}, "arguments": '
        rules[f"call-{number}"] = f"{literal(head)} {offer.due or offer.arguments} {literal('}' + CLOSE)}"
    call = " | ".join(rules)
    if due:
        root = {"root": call}
    elif missing:
        root, rules = {"root": literal(question(missing))}, {}
    elif rules:
        root = {"root": "text | call", "call": call, "text": SAYS, **_NO_CALL}
    else:
        root = {"root": SAYS, **_NO_CALL}
    return "\n".join(f"{name} ::= {rule}" for name, rule in {**root, **rules, **JSON}.items())


def question(missing: Sequence[str]) -> str:
    """Return what asks the user for arguments."""
    return f"Could you please give me the {' and the '.join(' '.join(words_of(name)) for name in missing)}?"


def messages(system: str, offers: Iterable[Offer | Lack], history: Iterable[Message]) -> list[dict[str, str]]:
    """Return the conversation as plain chat messages."""
    told = "\n\n".join(part for part in (system.strip(), "\n".join(_standing(offers))) if part)
    said: list[dict[str, str]] = [{"role": "system", "content": told}] if told else []
    for message in history:
        match message:
            case User(text=text):
                said.append({"role": "user", "content": text})
            case Assistant(text=text, calls=calls):
                written = [text] if text else []
                said.append({"role": "assistant", "content": "\n".join([*written, *map(written_call, calls)])})
            case ToolResult(name=name, content=content, failure=failure):
                said.append({"role": "user", "content": f"{name} {'failed' if failure else 'returned'}: {content}"})
    if not any(each["role"] == "user" for each in said):
        said.append({"role": "user", "content": OPENING})
    return said


def _standing(offers: Iterable[Offer | Lack]) -> Iterator[str]:
    for offer in offers:
        match offer:
            case Offer(tool=tool):
                yield f"You can call {tool.name}({', '.join(_names(tool))}): {tool.description}"
            case Lack(tool=tool, first=first) if first:
                yield f"{tool.name} needs {' and '.join(first)} first."
            case Lack(tool=tool, ask_for=names):
                it = "it" if len(names) == 1 else "them"
                yield f"{tool.name} needs: {', '.join(names)}. Ask the user for {it}."


def _names(tool: Tool) -> Iterator[str]:
    yield from tool.parameters.get("properties", {})


def written_call(call: ToolCall) -> str:
    """Return a call in the form that the grammar has."""
    arguments = parsed(call.arguments)
    text = call.arguments if arguments is None else json.dumps(arguments, ensure_ascii=False)
    return f'{OPEN}{{"name": {json.dumps(call.name)}, "arguments": {text}}}{CLOSE}'


def call_in(text: str) -> ToolCall:
    """Return the call that a reply is; one that was cut off goes as far as it came, to be found invalid."""
    body = text.removeprefix(OPEN).removesuffix(CLOSE)
    match parsed(body):
        case {"name": str(name), "arguments": dict(arguments)}:
            written = json.dumps(arguments, ensure_ascii=False)
        case _:
            name, _, written = body.removeprefix('{"name": "').partition('", "arguments": ')
    return ToolCall(f"call_{uuid4().hex[:12]}", name, written)
