"""`chatbot models`, as a process, and what servers answer to GET /models."""

import json

import pytest

from chatbot.catalogue.listing import Listed, read
from chatbot.errors import ExitCode
from tests.loopback import ChatServer, raw, status
from tests.offering import OfferingServer, listing, named
from tests.program import api


def test_models_are_listed_as_they_are_chosen_sorted_and_each_once(run):
    told = [
        {"id": "wide", "context_length": 131072, "supported_parameters": ["tools", "seed"]},
        {"id": "m"},
        {"id": "\x1b]0;evil\x07plain", "supported_parameters": ["seed"]},
        {"id": "m"},
    ]
    with OfferingServer(models=listing({"data": told})) as server:
        done = run("models", "openai", **api(server))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "openai:m      default\n"
        "openai:plain  no tools\n"
        "openai:wide   reads 131,072 tokens, tools\n"
    )  # fmt: skip


def test_a_list_for_programs_is_an_object_a_line(run):
    with OfferingServer(models=named("m")) as server:
        done = run("models", "openai", "--json", **api(server))
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {
            "model": "openai:m",
            "provider": "openai",
            "name": "m",
            "default": True,
            "context": None,
            "tools": None,
            "note": "",
        }
    ]


def test_what_this_machine_holds_is_listed_without_a_provider(run, tmp_path):
    cached = tmp_path / "hub" / "models--owner--some--repo" / "snapshots" / "a1" / "weights.gguf"
    cached.parent.mkdir(parents=True)
    cached.touch()
    done = run("models", HF_HUB_CACHE=str(tmp_path / "hub"))
    here = [line.split()[0] for line in done.stdout.splitlines() if line.startswith(("local:", "offline"))]
    assert here == ["local:hf:owner/some--repo/weights.gguf", "local:smollm2", "offline"]
    assert "default, tools, no language model, no network" in done.stdout


def test_the_default_needs_no_name_to_be_asked(run):
    with OfferingServer(models=named("k", "m")) as server:
        done = run("models", "openai", OPENAI_BASE_URL=server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "openai:k\nopenai:m\n", "")


def test_a_default_that_is_not_listed_is_told(run):
    with OfferingServer(models=named("k")) as server:
        done = run("models", "openai", **api(server))
    assert (done.returncode, done.stdout) == (0, "openai:k\n")
    assert done.stderr == "chatbot: openai does not list the default, openai:m.\n"


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (status(401), ExitCode.CONFIG, "401 from SERVER: the key was not accepted. Check OPENAI_API_KEY."),
        (status(404), ExitCode.TURN_FAILED, "SERVER has no list of its models: 404 for GET /v1/models."),
        (listing({"error": "x"}), ExitCode.TURN_FAILED, "SERVER has no list of its models: a JSON dict without one."),
        (
            raw(b"<html>", "text/html"),
            ExitCode.TURN_FAILED,
            "SERVER (its models) sent something that is not JSON: <html>. Check the base URL: most end in /v1.",
        ),
    ],
)
def test_a_failure_is_one_line_and_its_exit_code(run, answer, code, told):
    with OfferingServer(models=answer) as server:
        done = run("models", "openai", **api(server))
    host = server.url.removeprefix("http://").removesuffix("/v1")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == f"chatbot: openai: {told.replace('SERVER', host)}\n"


def test_a_provider_is_named_once_in_its_line(run):
    done = run("models", "groq")
    assert (done.returncode, done.stderr.partition(",")[0]) == (3, "chatbot: groq: needs a key: set GROQ_API_KEY")


def test_one_that_answers_makes_up_for_one_that_does_not(run):
    with ChatServer() as nobody, OfferingServer(models=named("m")) as server:
        own = f"{nobody.url.removesuffix('/v1')}"
        done = run("models", "openai", "azure", AZURE_OPENAI_ENDPOINT=own, AZURE_OPENAI_API_KEY="k", **api(server))
    assert (done.returncode, done.stdout) == (0, "openai:m  default\n")
    assert done.stderr.startswith("chatbot: azure: 127.0.0.1:")


def test_an_unknown_provider_is_a_usage_error(run):
    done = run("models", "opnai")
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr.startswith("chatbot: There is no provider 'opnai'. Known: openai, azure,")


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ([{"id": "meta/llama", "context_length": 8192}], [Listed("p", "meta/llama", 8192)]),  # Together
        ({"data": [{"id": "models/gemini-x"}]}, [Listed("p", "gemini-x")]),  # Gemini
        ({"models": [{"name": "qwen3:8b", "model": "qwen3:8b"}]}, [Listed("p", "qwen3:8b")]),  # Ollama's own API
        ({"data": [{"id": "l", "context_window": 131072}]}, [Listed("p", "l", 131072)]),  # Groq
        ({"data": [{"id": "v", "max_model_len": 4096}]}, [Listed("p", "v", 4096)]),  # vLLM
        (
            {"data": [{"id": "s", "max_context_length": 32768, "capabilities": {"function_calling": True}}]},
            [Listed("p", "s", 32768, tools=True)],  # Mistral
        ),
        ({"data": [{"id": "q", "capabilities": ["tool_use"]}]}, [Listed("p", "q", tools=True)]),  # LM Studio
        ({"data": [{"id": "f", "supports_tools": False}]}, [Listed("p", "f", tools=False)]),  # Fireworks
        ({"data": [None, {"id": 3}, {"id": ""}, {}, "bare", {"id": "c", "context_length": True}]}, None),
        ({"data": []}, []),
    ],
)
def test_lists_are_read_in_all_their_shapes(body, models):
    expected = [Listed("p", "bare"), Listed("p", "c")] if models is None else models
    assert list(read(body, "p")) == expected


@pytest.mark.parametrize("body", [None, 3, "x", {}, {"data": {"id": "m"}}])
def test_what_is_no_list_is_refused(body):
    with pytest.raises(ValueError, match="without one"):
        read(body, "p")
