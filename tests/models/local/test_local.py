"""The real engine with real weights: few tokens, the whole way."""

import subprocess
import sys
from threading import Timer

import pytest

from chatbot.errors import ConfigError, ContextTooLong, ModelError
from chatbot.events import Notice, Progressed, StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.local import Local
from chatbot.types import Assistant, User
from tests.conversation import tool

YES = [{"role": "user", "content": "Is water wet?"}]


def text(deltas):
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def test_an_answer_is_streamed_and_counted(model):
    status, *pieces, reply = model.generate(YES, Interrupt(), most=4)
    assert status == StatusChanged("in_progress")
    assert isinstance(reply, Assistant) and reply.text and reply.text == text(pieces)
    assert reply.usage.input_tokens > 10 and reply.usage.output_tokens == 4
    assert [piece.level for piece in pieces if isinstance(piece, Notice)] == ["warning"]  # cut off after four tokens


def test_a_grammar_leaves_no_other_answer(model):
    *_, reply = model.generate(YES, Interrupt(), grammar='root ::= "Perhaps, " ("yes" | "no")')
    assert reply.text in ("Perhaps, yes", "Perhaps, no")


def test_any_conversation_that_a_session_can_hold_is_taken(model):
    prompts = [
        Prompt("Be brief."),
        Prompt("", (Assistant("Hello! Who are you?"), User("I am Ann \ud800."))),
        Prompt("Be brief.", (User("Add 1 and 2."),), (tool("add", lambda arguments, context: 3),)),
    ]
    for prompt in prompts:
        interrupt = Interrupt()
        deltas = model.stream(prompt, interrupt)
        assert next(deltas) == StatusChanged("in_progress")
        deltas.close()


def test_the_next_turn_reads_only_what_is_new(model):
    said = [*YES, {"role": "assistant", "content": "Yes, it is."}, {"role": "user", "content": "Why?"}]
    request = {"max_tokens": 1, "stream": True, "stream_options": {"include_usage": True}}

    def counted(messages):
        *_, last = model._engine.chunks({**request, "messages": messages}, Interrupt())
        usage = last["usage"]
        return usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]

    first, _ = counted(YES)
    total, cached = counted(said)
    assert first - 5 <= cached < total


def test_a_conversation_beyond_the_context_says_so(model):
    told = model.generate([{"role": "user", "content": "word " * 9000}], Interrupt())
    with pytest.raises(ContextTooLong, match=r"too long: 90\d\d tokens, and small reads 8192\. Start a new one"):
        list(told)


def test_an_interrupt_ends_the_answer_and_the_next_one_comes(model):
    interrupt = Interrupt()
    got = []
    for delta in model.generate([{"role": "user", "content": "Count to a thousand."}], interrupt):
        got.append(delta)
        if len(got) == 3:
            interrupt.set()
    assert len(got) < 10 and not any(isinstance(delta, Assistant) for delta in got)
    *_, reply = model.generate(YES, Interrupt(), most=1)
    assert reply.usage.output_tokens == 1


def test_a_bad_grammar_is_an_error_in_one_line(model):
    with pytest.raises(ModelError, match=r"small could not answer: .*grammar"):
        list(model.generate(YES, Interrupt(), grammar="root ::= ("))


def test_a_second_model_in_the_same_process_loads_when_it_is_asked_and_is_freed(model, weights):
    second = Local(str(weights), temperature=None)
    interrupt = Interrupt()
    left = second.generate(YES, interrupt, most=1)
    loading = next(left)
    assert loading == Progressed(f"Loading {weights.name}", loading.done, weights.stat().st_size)
    interrupt.set()
    assert list(left) == []  # and the load goes on
    *_, reply = second.generate(YES, Interrupt(), most=1)
    assert reply.usage.output_tokens == 1
    second.close()
    second.close()
    assert not second._engine.is_open


def test_an_interrupt_while_the_prompt_is_read_ends_at_once(model):
    interrupt = Interrupt()
    timer = Timer(0.05, interrupt.set)
    timer.start()
    got = list(model.generate([{"role": "user", "content": "sea " * 1500}], interrupt, most=1))
    timer.join()
    assert not any(isinstance(delta, Assistant) for delta in got)


def test_a_broken_file_is_an_error_in_one_line(weights, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    local = Local(str(broken), temperature=0.0)
    local.warm()
    with pytest.raises(ModelError, match=r"broken\.gguf cannot be loaded: it is broken or cut off, ") as failure:
        list(local.stream(Prompt("", (User("hi"),)), Interrupt()))
    assert "\n" not in str(failure.value)


def test_llama_cpp_says_nothing_and_a_program_may_end_in_the_middle_of_an_answer(weights):
    program = (
        "import sys; from chatbot.interrupt import Interrupt; from chatbot.models.local import Local\n"
        f"answer = Local({str(weights)!r}, temperature=0.0).generate({YES!r}, Interrupt())\n"
        "[next(answer) for _ in range(3)]; print('mine', file=sys.stderr); sys.exit(7)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "mine\n")


def test_nobody_else_can_ask_the_engine(model):
    import httpx2

    address = model._engine._server.listening_address
    assert address.startswith("http://127.0.0.1:")
    assert httpx2.get(f"{address}/props", trust_env=False).status_code == 401
    asked = httpx2.post(f"{address}/v1/chat/completions", json={"messages": YES}, trust_env=False)
    assert asked.status_code == 401


def test_without_the_library_it_is_said_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)  # how Python itself notes that there is none
    with pytest.raises(ConfigError, match=r"install with: pip install 'guarded-chatbot\[local\]'$"):
        Local(str(tmp_path / "model.gguf"), temperature=None)
