"""A Responses server on 127.0.0.1 for tests: a ChatServer that speaks the other API, and keeps what it is to store.

    with ResponsesServer(text("Hello!"), calls(("add", {"a": 1, "b": 2})), text("3")) as server:
        ...  # base_url=server.url, any key

Every POST takes the next behaviour, as in tests/loopback.py (status and raw are from there). A behaviour is made by

    text("...")                   an answer, streamed word by word
    calls((name, args), ...)      tool calls; args is a dict, or a str that is sent as it is
    reasoning(summary, answer)    a summary in parts, encrypted reasoning, then the answer
    refusal("...")                a refusal
    ended(status, ...)            a text that ends as incomplete or failed
    cut(n, of)                    the first `n` events of a behaviour, then the connection is closed
    stall(n, of)                  the first `n` events, then silence

Responses that are stored (`store`, `background`) can be asked for: GET takes the next of `server.gets`, or gives what
came after `starting_after`, or the response as it is in the end. `cancelled` lists the ids that were cancelled.
`violations` grows where a request is one that a strict server refuses.
"""

import json
from dataclasses import replace
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Behaviour, ChatServer, Maker, Request, sse, status

Value = dict[str, Any]


def response(id_: str = "resp_1", state: str = "completed", output: tuple[Value, ...] = (), **more: Any) -> Value:
    """Return a response as OpenAI gives it."""
    counts = {"input_tokens": 7, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 3}
    usage = {**counts, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 10}
    final = state not in ("queued", "in_progress")
    base = {"id": id_, "object": "response", "created_at": 1, "status": state, "error": None}
    shown = {"incomplete_details": None, "model": "m", "output": list(output), "usage": usage if final else None}
    return {**base, **shown, **more}


def events(*middle: Value, final: Value, queued: bool = False) -> Behaviour:
    """Stream these events between the first ones and the last one, numbered."""
    id_ = final["id"]
    waits = [{"type": "response.queued", "response": response(id_, "queued")}] if queued else []
    opening = response(id_, "queued" if queued else "in_progress")
    first = [{"type": "response.created", "response": opening}, *waits]
    begun = {"type": "response.in_progress", "response": response(id_, "in_progress")}
    last = {"type": f"response.{final['status']}", "response": final}
    numbered = [{**event, "sequence_number": n} for n, event in enumerate([*first, begun, *middle, last])]
    return Behaviour(tuple(b"event: " + event["type"].encode() + b"\n" + sse(event) for event in numbered))


def message(answer: str, kind: str = "output_text") -> Value:
    """Return a message item."""
    said = {"text": answer, "annotations": []} if kind == "output_text" else {"refusal": answer}
    return {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": kind, **said}],
    }


def item_events(item: Value, index: int = 0, kind: str = "output_text") -> list[Value]:
    """Return the events that an item is streamed with: a message word by word, arguments in two pieces."""
    place = {"output_index": index, "item_id": item["id"]}
    if item["type"] == "message":
        said = item["content"][0].get("text", item["content"][0].get("refusal"))
        pieces = [piece for piece in said.replace(" ", " \0").split("\0") if piece]
        deltas = [{"type": f"response.{kind}.delta", **place, "content_index": 0, "delta": piece} for piece in pieces]
        empty = {**item, "content": [], "status": "in_progress"}
    else:
        half, kind = len(item["arguments"]) // 2, "function_call_arguments"
        pieces = [item["arguments"][:half], item["arguments"][half:]]
        deltas = [{"type": f"response.{kind}.delta", **place, "delta": piece} for piece in pieces]
        empty = {**item, "arguments": "", "status": "in_progress"}
    added = {"type": "response.output_item.added", "output_index": index, "item": empty}
    return [added, *deltas, {"type": "response.output_item.done", "output_index": index, "item": item}]


def text(answer: str, id_: str = "resp_1", *, queued: bool = False) -> Behaviour:
    """Stream a text, word by word."""
    item = message(answer)
    return events(*item_events(item), final=response(id_, output=(item,)), queued=queued)


def refusal(answer: str) -> Behaviour:
    """Stream a refusal."""
    item = message(answer, "refusal")
    return events(*item_events(item, kind="refusal"), final=response(output=(item,)))


def calls(*named: tuple[str, Any], id_: str = "resp_1", prefix: str = "call_") -> Behaviour:
    """Stream tool calls, one behind the other."""
    items = tuple(
        {
            "id": f"fc_{prefix}{number}",
            "type": "function_call",
            "status": "completed",
            "call_id": f"{prefix}{number}",
            "name": name,
            "arguments": given if isinstance(given, str) else json.dumps(given),
        }
        for number, (name, given) in enumerate(named)
    )
    middle = [event for index, item in enumerate(items) for event in item_events(item, index)]
    return events(*middle, final=response(id_, output=items))


def reasoning(summary: tuple[str, ...], then: Value) -> Behaviour:
    """Stream a summary in parts, then an item."""
    thought: Value = {"id": "rs_1", "type": "reasoning", "summary": []}
    done = {
        **thought,
        "summary": [{"type": "summary_text", "text": part} for part in summary],
        "encrypted_content": "gAAAA=",
    }
    told = {"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0}
    middle = [{**told, "summary_index": number, "delta": part} for number, part in enumerate(summary)]
    added = {"type": "response.output_item.added", "output_index": 0, "item": thought}
    closed = {"type": "response.output_item.done", "output_index": 0, "item": done}
    return events(added, *middle, closed, *item_events(then, 1), final=response(output=(done, then)))


def ended(state: str, answer: str = "a b", **more: Any) -> Behaviour:
    """Stream a text that ends as incomplete or failed."""
    item = {**message(answer), "status": "incomplete"}
    return events(*item_events(item), final=response(state=state, output=(item,), **more))


def cut(count: int, of: Behaviour) -> Behaviour:
    """Stream so many events, then close the connection."""
    return replace(of, stop_after=sum(map(len, of.pieces[:count])) or -1)


def stall(count: int, of: Behaviour) -> Behaviour:
    """Stream so many events, then say nothing."""
    return replace(cut(count, of), silence=30.0)


def snapshot(state: str, id_: str = "resp_1", output: tuple[Value, ...] = (), **more: Any) -> Behaviour:
    """Answer with a whole response."""
    body = json.dumps(response(id_, state, output, **more)).encode()
    return Behaviour((body,), content_type="application/json")


class ResponsesServer(ChatServer):
    """The server; see the module."""

    def __init__(self, *behaviours: Maker) -> None:
        super().__init__(*behaviours)
        self.gets: list[Behaviour] = []
        self.fetches: list[str] = []
        self.cancelled: list[str] = []
        self.was_cancelled = Event()
        self._stored: dict[str, tuple[bytes, ...]] = {}

    def accept(self, request: Request) -> Behaviour:
        """Note a request and return what to do with it."""
        path = urlsplit(request.path).path
        if path.endswith("/cancel"):
            id_ = path.split("/")[-2]
            self.cancelled.append(id_)
            self.was_cancelled.set()
            return snapshot("cancelled", id_) if id_ in self._stored else status(404)
        if path != "/v1/responses":
            return status(404)
        behaviour = super().accept(request)
        first = _value(behaviour.pieces[0]) if behaviour.pieces else {}
        if isinstance(request.body, dict) and request.body.get("store", True) and "response" in first:
            self._stored[first["response"]["id"]] = behaviour.pieces
        return behaviour

    def fetched(self, request: Request) -> Behaviour:
        """Return the next scripted behaviour, or what is stored."""
        url = urlsplit(request.path)
        self.fetches.append(request.path.removeprefix("/v1"))
        if self.gets:
            return self.gets.pop(0)
        pieces = self._stored.get(url.path.split("/")[-1])
        if pieces is None:
            return status(404)
        asked = parse_qs(url.query)
        if asked.get("stream") == ["true"]:
            return Behaviour(pieces[int(asked.get("starting_after", ["-1"])[0]) + 1 :])
        return Behaviour((json.dumps(_value(pieces[-1])["response"]).encode(),), content_type="application/json")

    def wrong(self, body: Any) -> list[str]:
        """Return what is wrong with a body that was posted."""
        unknown = body.get("previous_response_id") if isinstance(body, dict) else None
        missing = [f"nothing is stored as {unknown}"] if unknown is not None and unknown not in self._stored else []
        return violations(body) + missing


def violations(body: Any) -> list[str]:
    """Return what a strict server would refuse in a request, whatever it has stored."""
    if not isinstance(body, dict) or not isinstance(body.get("input"), list) or not body["input"]:
        return ["no input"]
    wrong = [f"unknown key {key}" for key in body.keys() - KEYS]
    items, made = body["input"], {"reasoning", "function_call"}
    open_calls: list[str] = []
    seen: set[str] = set()
    for number, item in enumerate(items):
        kind, where = item.get("type"), f"input[{number}]"
        if open_calls and kind not in {"function_call_output", *made}:
            wrong.append(f"{where}: calls {open_calls} were not answered")
        if kind == "function_call":
            wrong += _wrong_call(item, where)
            wrong += [f"{where}: call_id {item['call_id']} twice"] if item["call_id"] in seen else []
            seen.add(item["call_id"])
            open_calls.append(item["call_id"])
        elif kind == "function_call_output":
            wrong += _wrong_output(item, where, open_calls, "previous_response_id" in body)
        elif kind == "message":
            wrong += _wrong_message(item, where)
        elif kind == "reasoning":
            followed = [other.get("type") for other in items[number + 1 : number + 2]]
            fine = followed and followed[0] in {*made, "message"} and item.get("encrypted_content")
            wrong += [] if fine else [f"{where}: reasoning without what follows it, or without its content"]
        else:
            wrong.append(f"{where}: type {kind!r}")
    ids = [item["id"] for item in items if item.get("id")]
    wrong += [f"an id twice in {ids}"] if len(set(ids)) != len(ids) else []
    wrong += [f"calls {open_calls} were not answered"] if open_calls else []
    return wrong + _wrong_tools(body)


KEYS = {"model", "input", "instructions", "tools", "parallel_tool_calls", "stream", "store", "include", "temperature"}
KEYS |= {"reasoning", "previous_response_id", "background"}


def _wrong_call(item: Value, where: str) -> list[str]:
    try:
        fine = isinstance(json.loads(item["arguments"]), dict) and bool(item["name"] and item["call_id"])
    except ValueError:
        fine = False
    return [] if fine else [f"{where}: not a call: {item}"]


def _wrong_output(item: Value, where: str, open_calls: list[str], continued: bool) -> list[str]:
    if item["call_id"] in open_calls:
        open_calls.remove(item["call_id"])
    elif not continued:
        return [f"{where}: a result without a call"]
    return [] if isinstance(item.get("output"), str) else [f"{where}: no output"]


def _wrong_message(item: Value, where: str) -> list[str]:
    kinds = {"user": {"input_text"}, "assistant": {"output_text", "refusal"}}.get(item.get("role", ""), set())
    parts = item.get("content")
    fine = isinstance(parts, list) and parts and all(part.get("type") in kinds for part in parts)
    return [] if fine else [f"{where}: not a message: {item}"]


def _wrong_tools(body: Value) -> list[str]:
    tools = body.get("tools", [{"type": "function", "name": "-", "parameters": {}, "strict": False}])
    flat = all({"type", "name", "parameters", "strict"} <= tool.keys() and "function" not in tool for tool in tools)
    return [] if tools and flat else ["tools are not flat"]


def _value(piece: bytes) -> Value:
    data = piece.partition(b"data: ")[2]
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
