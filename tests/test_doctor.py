"""`chatbot doctor`, as a process: the whole screen, for servers of all kinds."""

import json
import os
import re
import signal

import pytest

from chatbot.catalogue import draft
from chatbot.config import ModelChoice, PackChoice, Settings
from chatbot.config.sources import Options
from chatbot.deadline import within
from chatbot.doctor import Finding, lines
from chatbot.doctor.examining import _answers, _time
from chatbot.doctor.key import key
from chatbot.doctor.surroundings import data
from chatbot.errors import ExitCode, ModelError
from chatbot.models.scripted import Scripted
from tests.loopback import ChatServer, calls, chunk, raw, stall, status, text
from tests.offering import OfferingServer, named
from tests.program import api

COUNTED = text("one two three")
LOCAL = ModelChoice("local", "smollm2")
SETTINGS = Settings(ModelChoice("openai", "m", "https://api.openai.com/v1"), PackChoice((), {}))
ADDED = calls(("add", {"a": 2, "b": 3}))
AROUND = """\
ok    terminal       none: a chat here takes its lines from a pipe; UTF-8
ok    data           HOME/.local/share/chatbot can be written to: 0 sessions, no history yet
ok    versions       VERSIONS
"""


@pytest.fixture
def doctor(run, tmp_path):
    """Run the command; the exit code and the screen, without what differs from one run to the next."""

    def doctor(*arguments, **environment):
        done = run("doctor", *arguments, **environment)
        assert done.stderr == ""
        screen = re.sub(r"127\.0\.0\.1:\d+", "SERVER", done.stdout.replace(str(tmp_path), "HOME"))
        screen = re.sub(r"\b\d+ ms|\b\d+\.\d s", "TIME", screen)
        return done.returncode, re.sub(r"(?<=versions {7})chatbot .*openai \d.*", "VERSIONS", screen)

    return doctor


def beginning(*, models):
    return f"""\
ok    configuration  no HOME/.config/chatbot/config.toml, no .env in HOME
ok    model          openai:m (OPENAI_MODEL), at http://SERVER/v1 (OPENAI_BASE_URL), over Chat Completions (auto)
ok    key            there (OPENAI_API_KEY, the environment)
ok    endpoint       SERVER resolves and connects in TIME, without TLS
{models}
"""


def test_a_server_that_does_all_is_well(doctor):
    with OfferingServer(COUNTED, ADDED, models=named("k", "m")) as server:
        assert doctor(**api(server)) == (
            0,
            beginning(models="ok    models         m is among the 2 models that the server lists")
            + """\
ok    answer         it streams: 3 pieces, the first after TIME, all in TIME; 7 tokens read, 3 written
ok    tools          it calls them, with the arguments that it was given
ok    status         in_progress (Chat Completions tells no more)
"""
            + AROUND
            + "All is well.\n",
        )


def test_a_key_that_is_refused_fails_with_what_to_check(doctor):
    refused = status(401, body={"error": {"message": "Incorrect API key provided: sk-loop****ack"}})
    with OfferingServer(refused, models=refused) as server:
        assert doctor(**api(server)) == (
            ExitCode.CONFIG,
            beginning(models="warn  models         401 from SERVER: the key was not accepted. Check OPENAI_API_KEY.")
            + """\
fail  answer         401 from SERVER: the key was not accepted. Check OPENAI_API_KEY.
skip  tools          it does not answer
skip  status         it does not answer
"""
            + AROUND
            + "1 failed, 1 to look at.\n",
        )


def test_a_server_without_a_list_that_neither_streams_nor_calls_is_told_of(doctor):
    message = {"role": "assistant", "content": "I \x1b[31mcannot do sk-loopback."}
    whole = raw(json.dumps({**chunk({}, "stop"), "choices": [{"message": message}]}).encode(), "application/json")
    with ChatServer(whole) as server:
        code, screen = doctor(**api(server))
    assert (code, screen) == (
        0,
        beginning(models="ok    models         SERVER has no list of its models: 404 for GET /v1/models.")
        + """\
warn  answer         it came in one piece, after TIME; its tokens are not counted
                     -> Nothing is shown until an answer is whole: a server, or a proxy before it, does not stream.
warn  tools          it was told to call a tool, and said: I cannot do ***.
                     -> Tools need another model: chatbot models marks those that are known to call them.
ok    status         in_progress (Chat Completions tells no more)
"""
        + AROUND
        + "2 to look at.\n",
    )


def test_a_model_that_refuses_tools_fails(doctor):
    refused = status(400, body={"error": {"message": "m does not support tools"}})
    with OfferingServer(COUNTED, refused, models=named("mm")) as server:
        code, screen = doctor(**api(server))
    assert code == ExitCode.TURN_FAILED
    assert screen.splitlines()[4:8] == [
        "warn  models         m is not among the 1 model that the server lists: mm",
        "                     -> If it does not answer, name another: --model openai:mm",
        "ok    answer         it streams: 3 pieces, the first after TIME, all in TIME; 7 tokens read, 3 written",
        "fail  tools          400 from SERVER: m does not support tools. Choose another model than m.",
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            text('<tool_call>{"name": "add", "arguments": {"a": 2, "b": 3}}</tool_call>'),
            "ok    tools          it writes its calls as text, which are taken as calls",
        ),
        (
            calls(("add", {"a": 2})),
            'warn  tools          it was told to call add(a=2, b=3), and called: add {"a": 2}',
        ),
    ],
)
def test_how_tools_are_called_is_told(doctor, said, told):
    with OfferingServer(COUNTED, said, models=named("m")) as server:
        assert told in doctor(**api(server))[1].splitlines()


def test_where_nobody_listens_only_what_needs_the_server_is_skipped(doctor):
    with ChatServer() as server:
        pass
    assert doctor("--base-url", server.url, OPENAI_API_KEY="sk-loopback", OPENAI_MODEL="m") == (
        ExitCode.UNREACHABLE,
        """\
ok    configuration  no HOME/.config/chatbot/config.toml, no .env in HOME
ok    model          openai:m (OPENAI_MODEL), at http://SERVER/v1 (--base-url), over Chat Completions (auto)
ok    key            there (OPENAI_API_KEY, the environment)
fail  endpoint       No connection to SERVER: the connection was refused. Is the server running? Check the base URL.
                     -> The address comes from --base-url.
skip  models         the server is not reached
skip  answer         the server is not reached
skip  tools          the server is not reached
skip  status         the server is not reached
"""
        + AROUND
        + "1 failed.\n",
    )


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:PORT/v1/chat/completions", "warn  endpoint       the base URL ends in /chat/completions,"),
        ("http://[::1", "fail  endpoint       The base URL, or that of the proxy, is no address."),
    ],
)
def test_an_address_with_a_mistake_is_told(doctor, url, told):
    with ChatServer(status(404)) as server:
        port = server.url.split(":")[2].removesuffix("/v1")
        code, screen = doctor("-m", "m", "--base-url", url.replace("PORT", port))
    assert code != 0
    assert any(line.startswith(told) for line in screen.splitlines()), screen


def test_a_server_that_stays_silent_is_not_waited_for(doctor):
    with OfferingServer(stall(-1), models=named("m")) as server:
        code, screen = doctor(**api(server), CHATBOT_TIMEOUT="0.2")
    assert code == ExitCode.TURN_FAILED
    assert "fail  answer         SERVER (m) said nothing for TIME. Ask again, or allow it a longer timeout." in screen


def test_without_a_name_or_a_key_the_rest_is_still_looked_at(doctor, tmp_path):
    (tmp_path / ".env").write_text("MY_KEY=\n")
    with OfferingServer(COUNTED, models=named("k", "m")) as server:
        nameless = doctor(OPENAI_BASE_URL=server.url)
        keyless = doctor("-m", "openai:m", CHATBOT_API_KEY_ENV="MY_KEY", OPENAI_BASE_URL=server.url)
    assert nameless[0] == keyless[0] == ExitCode.CONFIG
    assert nameless[1].splitlines()[1:8] == [
        "fail  model          Which model of http://SERVER/v1? Name it: --model openai:MODEL, or OPENAI_MODEL for "
        "the default provider.",
        "                     -> chatbot models lists what there is.",
        "ok    key            none (OPENAI_API_KEY is not set; this address may need none)",
        "ok    endpoint       SERVER resolves and connects in TIME, without TLS",
        "ok    models         the server lists 2 models: k, m",
        "skip  answer         no model is named",
        "skip  tools          no model is named",
    ]
    assert keyless[1].splitlines()[2:6] == [
        "fail  key            openai needs a key: set MY_KEY, in the environment or in .env. The model offline needs "
        "none.",
        "                     -> MY_KEY is set to nothing in .env.",
        "ok    endpoint       SERVER resolves and connects in TIME, without TLS",
        "skip  models         there is no key to ask with",
    ]


def test_the_offline_model_is_well_and_says_how_to_get_a_real_one(doctor):
    code, screen = doctor()
    assert code == 0
    assert screen.splitlines()[1:3] == [
        "ok    model          offline (no model, key or base URL is set): no language model, but rules that fit your "
        "words to the tools' descriptions; no key, no network",
        "                     -> For a real model: set OPENAI_API_KEY, in the environment or in .env; or name one "
        "behind --model (chatbot models lists what there is; local:smollm2 needs no key).",
    ]
    assert screen.endswith(f"{AROUND}All is well.\n")


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "told"),
    [
        (["-m", "opnai:x"], {}, ExitCode.USAGE, "fail  model          There is no provider 'opnai'."),
        (["--base-url", "ftp://x"], {}, ExitCode.CONFIG, "fail  model          The base URL 'ftp://x' must begin"),
        (["--api", "x"], {}, ExitCode.USAGE, "fail  model          --api: 'x' is none of auto, chat, responses"),
        (["--profile", "x"], {}, ExitCode.CONFIG, "fail  configuration  There is no profile 'x' in"),
        ([], {"CHATBOT_TIMEOUT": "x"}, ExitCode.USAGE, "fail  configuration  CHATBOT_TIMEOUT: x is not a number"),
        (["-m", "local:x.gguf"], {}, ExitCode.CONFIG, "fail  weights        x.gguf does not exist."),
        (["-m", "playback:x"], {}, ExitCode.USAGE, "fail  recording      The recording x cannot be read"),
    ],
)
def test_wrong_settings_are_findings(doctor, arguments, environment, code, told):
    done = doctor(*arguments, **environment)
    assert done[0] == code
    assert any(line.startswith(told) for line in done[1].splitlines()), done[1]
    assert AROUND in done[1]


@pytest.mark.parametrize(
    ("spec", "value", "told"),
    [
        ("groq:m", "gsk_1234567890", "ok: there (GROQ_API_KEY, .env)"),
        ("groq:m", "sk-or-1234567890", "warn: it looks like one of openrouter, not of groq (GROQ_API_KEY, .env)"),
        ("groq:m", "'gsk_1234567890'", "warn: it is in quotes (GROQ_API_KEY, .env)"),
        ("groq:m", "gsk_...", "warn: it looks like a placeholder (GROQ_API_KEY, .env)"),
        ("groq:m", "gsk_1234567890 ", "fail: The key has blanks or characters that no key has (GROQ_API_KEY, .env)."),
        ("ollama:m", "x", "ok: none, and none is needed"),
    ],
)
def test_a_key_is_looked_at_and_never_told(spec, value, told):
    env = {"GROQ_API_KEY": value}
    found = key(draft(Options({"model": spec}, env, {}), env), env, before={})
    assert f"{found.mark}: {found.found}" == told


def test_a_folder_that_keeps_nothing_is_told_of(tmp_path):
    (tmp_path / "file").touch()
    found = data(tmp_path / "file" / "chatbot")
    assert (found.mark, found.found) == ("warn", f"{tmp_path}/file cannot be written to: no session is kept")


def test_work_that_is_late_is_left_and_interrupted():
    seen = []

    def wait(interrupt):
        seen.append(interrupt)
        return interrupt.wait(30)

    assert within(0.05, wait, lambda _: "done") == [None, "done"]
    assert seen[0].is_set
    with pytest.raises(ModelError, match="broken"):
        within(30, lambda _: (_ for _ in ()).throw(ModelError("broken")))


def test_ctrl_c_leaves_the_work_and_interrupts_it():
    seen = []

    def press(interrupt):
        seen.append(interrupt)
        os.kill(os.getpid(), signal.SIGINT)
        return interrupt.wait(30)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            within(30, press)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen[0].is_set


def test_a_model_of_this_process_is_held_to_a_grammar_whatever_it_does_by_itself():
    found = _answers(Scripted("One, two."), LOCAL, 5.0)
    assert [f"{finding.mark} {finding.check}" for finding in found] == ["ok answer", "ok tools", "ok status"]


def test_weights_may_take_their_time_to_load():
    assert [_time(choice, SETTINGS).seconds for choice in (SETTINGS.model, LOCAL)] == [20.0, 120.0]
    assert _time(LOCAL, SETTINGS._replace(timeout=5.0)).seconds == 5.0


def test_lines_are_broken_to_fit_a_terminal():
    finding = Finding("endpoint", "fail", "No connection to \x1b[1mserver: no such host.", "It comes from --base-url.")
    assert lines(finding, 44) == [
        "fail  endpoint       No connection to",
        "                     server: no such host.",
        "                     -> It comes from",
        "                        --base-url.",
    ]


def test_a_narrow_terminal_is_kept_to():
    assert max(map(len, lines(Finding("answer", "warn", "it came in one piece, after a second"), 40))) <= 40
