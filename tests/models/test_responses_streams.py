"""Responses as servers really stream them, each in a file: what it comes to, whole and in pieces of every size."""

from pathlib import Path

import pytest

from chatbot.errors import ModelError
from chatbot.events import Notice, ReasoningDelta, StatusChanged, TextDelta
from chatbot.models.http.answer import Answer
from chatbot.models.http.failures import Place
from chatbot.models.responses.decode import Decoder
from chatbot.types import Assistant, ToolCall, Usage

PLACE = Place("example.org", "m")
STREAMS = Path(__file__).parent / "streams" / "responses"
BEGUN = StatusChanged("in_progress")
USAGE = Usage(61, 42, 32, 16)
KOELN = ToolCall("call_A1", "get_weather", '{"city":"Köln"}')
TOO_MANY = "Your requests to the deployment have exceeded rate limit"
TOO_LARGE = "Request too large for gpt-5-mini on tokens per min (TPM): Limit 30000, Requested 35364"
HELLO = "Hello there! I'm here to help with any kind of"


def told(pieces):
    """Return what a stream's pieces come to: reasoning, text, then the rest of the events, or the error's line."""
    answer, events = Answer(PLACE, Decoder(PLACE), opening=()), []
    try:
        for piece in pieces:
            events.extend(answer.feed(piece))
        events.extend(answer.end())
    except ModelError as failed:
        events.append(str(failed))
    joined = ["".join(e.text for e in events if isinstance(e, kind)) for kind in (ReasoningDelta, TextDelta)]
    return (*joined, [event for event in events if not isinstance(event, ReasoningDelta | TextDelta)])


def broke_off(said):
    return f"example.org (m) broke the answer off with an error: {said}. Wait a moment, then ask again."


EXPECTED = {
    "openai-text": ("", "Grüße aus Köln 👋", [BEGUN, Assistant("Grüße aus Köln 👋", (), USAGE)]),
    "openai-parallel-calls": (
        "",
        "",
        [BEGUN, Assistant("", (KOELN, ToolCall("call_B2", "get_weather", '{"city":"Bonn"}')), USAGE)],
    ),
    "openai-reasoning-call": (
        "**Looking up**\n\nKöln it is.",
        "One moment.",
        [BEGUN, Assistant("One moment.", (KOELN,), USAGE)],
    ),
    "openai-refusal": (
        "",
        "I'm sorry, but no.",
        [BEGUN, Notice("warning", "m refused to answer."), Assistant("I'm sorry, but no.", (), USAGE)],
    ),
    "openai-incomplete-call": (
        "",
        "",
        [
            BEGUN,
            StatusChanged("incomplete"),
            Notice("warning", "The answer is cut off: it reached the most the model may write in one answer."),
            Assistant("", (KOELN,), USAGE),
        ],
    ),
    "openai-error": ("", "", [BEGUN, broke_off(TOO_LARGE)]),
    "openai-background": ("", "Done.", [StatusChanged("queued"), BEGUN, Assistant("Done.", (), USAGE)]),
    "azure-failed": ("", "", [BEGUN, broke_off(TOO_MANY)]),
    "azure-content-filter": (
        "",
        "Well then",
        [
            BEGUN,
            StatusChanged("incomplete"),
            Notice("warning", "The answer is cut off: the provider's content filter stopped it."),
            Assistant("Well then", (), USAGE),
        ],
    ),
    "llamacpp-text": ("", HELLO, [BEGUN, Assistant(HELLO, (), Usage(33, 12))]),
    "llamacpp-call": (
        "",
        "",
        [BEGUN, Assistant("", (ToolCall("call_xliaTR", "add", '{"a": 1, "b": 2}'),), Usage(494, 35))],
    ),
    "vllm-reasoning-call": (
        "User wants weather.",
        "",
        [BEGUN, Assistant("", (ToolCall("call_77aa", "get_weather", '{"city":"Köln"}'),), USAGE)],
    ),
    "ollama-thinking-call": (
        "Hm, Köln.",
        "",
        [BEGUN, Assistant("", (ToolCall("call_x1", "get_weather", '{"city":"Köln"}'),), Usage(61, 42))],
    ),
    "openrouter-reasoning": ("Hm.", "Hello there.", [BEGUN, Assistant("Hello there.", (), USAGE)]),
    "lmstudio-reasoning": ("We need to greet.", "Hello there.", [BEGUN, Assistant("Hello there.", (), USAGE)]),
    "sglang-call": ("", "", [BEGUN, Assistant("", (KOELN,), USAGE)]),
}


def test_every_stream_is_tested():
    assert {path.stem for path in STREAMS.glob("*.sse")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_stream_whole_and_cut_at_every_byte(name):
    whole = (STREAMS / f"{name}.sse").read_bytes()
    assert told([whole]) == EXPECTED[name]
    assert told([whole[i : i + 1] for i in range(len(whole))]) == EXPECTED[name]
    for cut in range(0, len(whole), 61):
        assert told([whole[:cut], whole[cut:]]) == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name, (*_, rest) in EXPECTED.items() if isinstance(rest[-1], Assistant)])
def test_without_its_last_event_a_stream_is_broken_off(name):
    events = (STREAMS / f"{name}.sse").read_text("utf-8").replace("data: [DONE]\n\n", "").rstrip("\n").split("\n\n")
    reasoning, text, rest = told(["\n\n".join([*events[:-1], ""]).encode() + b"\n"])
    assert (reasoning, text) == EXPECTED[name][:2]
    assert rest[-1] == "example.org (m) broke the answer off before its end. Ask again."


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff: hello\n\n" + text + "data: [DONE]\n\ndata: nonsense\n\n",
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("data: ", "data:"),
        lambda text: "".join(f"{line}\n\n" for line in text.split("\n") if line.startswith("data")),
    ],
)
def test_lines_end_as_they_like(change):
    text = (STREAMS / "openai-reasoning-call.sse").read_bytes().decode()
    assert told([change(text).encode()]) == EXPECTED["openai-reasoning-call"]


def test_what_a_response_is_made_of_is_kept_for_the_next_request():
    whole = (STREAMS / "openai-reasoning-call.sse").read_bytes()
    made = told([whole])[2][-1].opaque["responses"]
    assert (made["model"], made["server"]) == ("m", "example.org")
    assert [item["type"] for item in made["items"]] == ["reasoning", "message", "function_call"]
    assert made["items"][0]["encrypted_content"] == "gAAAAABo2TA_9aBc=="
    assert "id" not in made
