import os

import pytest

from chatbot.config import ModelChoice, load_dotenv_file, load_settings
from chatbot.config.model import refuse_unheeded
from chatbot.errors import ConfigError, UsageError

KEY = {"OPENAI_API_KEY": "sk-1"}
OPENAI = "https://api.openai.com/v1"


def at_openai(model):
    return ModelChoice("openai", model, OPENAI, "sk-1", "OPENAI_API_KEY", "responses")


@pytest.fixture
def config(tmp_path):
    """Write the configuration file; the environment that points there."""

    def write(text):
        (tmp_path / "config.toml").write_text(text, "utf-8")
        return {"CHATBOT_CONFIG": str(tmp_path / "config.toml")}

    return write


def model(flags=None, env=None):
    return load_settings(flags or {}, {"CHATBOT_CONFIG": "/nonexistent"} | (env or {})).model


@pytest.mark.parametrize(
    ("flags", "env", "choice"),
    [
        ({}, {}, ModelChoice("offline")),
        ({}, {"OPENAI_API_KEY": " "}, ModelChoice("offline")),
        ({}, KEY, at_openai("gpt-4.1-mini")),
        ({"model": "gpt-5"}, KEY, at_openai("gpt-5")),
        ({}, KEY | {"OPENAI_MODEL": "o3"}, at_openai("o3")),
        ({"model": "offline"}, KEY, ModelChoice("offline")),
        (
            {"model": "ollama:llama3.2:3b"},
            KEY,
            ModelChoice("ollama", "llama3.2:3b", "http://127.0.0.1:11434/v1"),
        ),
        (
            {"model": "ft:gpt-4o:org::id"},
            KEY,
            at_openai("ft:gpt-4o:org::id"),
        ),
        (
            {"model": "m"},
            {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1/"},
            ModelChoice("openai", "m", "http://127.0.0.1:9/v1", None, "OPENAI_API_KEY"),
        ),
        (
            {"model": "groq:x", "base_url": "http://localhost:1/v1"},
            KEY,
            ModelChoice("groq", "x", "http://localhost:1/v1", None, "GROQ_API_KEY"),
        ),
        (
            {"model": "empower"},
            {"EMPOWER_API_KEY": "e"},
            ModelChoice("empower", "empower-functions", "https://app.empower.dev/api/v1", "e", "EMPOWER_API_KEY"),
        ),
        (
            {"model": "azure:mine"},
            {"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com/", "AZURE_OPENAI_API_KEY": "a"},
            ModelChoice("azure", "mine", "https://x.openai.azure.com/openai/v1", "a", "AZURE_OPENAI_API_KEY"),
        ),
    ],
)
def test_which_model_answers_and_where(flags, env, choice):
    assert model(flags, env) == choice


@pytest.mark.parametrize(
    ("flags", "api"),
    [
        ({}, "responses"),
        ({"api": "chat"}, "chat"),
        ({"base_url": "https://eu.api.openai.com/v1", "model": "m"}, "responses"),
        ({"base_url": "https://api.openai.com.example.org/v1", "model": "m"}, "chat"),
        ({"base_url": "http://127.0.0.1:9/v1", "model": "m"}, "chat"),
        ({"base_url": "http://127.0.0.1:9/v1", "model": "m", "api": "responses"}, "responses"),
        ({"base_url": "http://127.0.0.1:9/v1", "model": "m", "background": True}, "responses"),
    ],
)
def test_openais_own_hosts_are_asked_over_responses_and_others_over_chat(flags, api):
    assert model(flags, KEY).api == api


def test_models_of_this_process_need_neither_key_nor_address():
    assert model({"model": "local:hf:a/b/c.gguf"}) == ModelChoice("local", "hf:a/b/c.gguf")
    assert model({"model": "playback:a:b.jsonl"}, KEY) == ModelChoice("playback", "a:b.jsonl")


def test_a_key_of_one_provider_never_goes_to_another():
    assert model({"model": "groq:x", "base_url": "http://127.0.0.1:1/v1"}, KEY).api_key is None


@pytest.mark.parametrize(
    ("flags", "env", "error", "says"),
    [
        ({"model": "groq:x"}, {}, ConfigError, "groq needs a key: set GROQ_API_KEY"),
        ({"model": "gpt-5"}, {}, ConfigError, "set OPENAI_API_KEY"),
        ({"model": "opnai:x"}, {}, UsageError, "Did you mean openai:x?"),
        ({"model": "local:"}, {}, UsageError, "Name it: --model local:PATH.gguf, local:hf:"),
        ({"model": "playbak:x"}, {}, UsageError, "Did you mean playback:x?"),
        ({"model": "LOCAL:x"}, {}, UsageError, "There is no provider 'LOCAL'. Did you mean local:x?"),
        ({"model": "offline:"}, {}, UsageError, "There is no provider 'offline'. Did you mean offline?"),
        ({"model": "ofline"}, KEY, UsageError, "There is no model 'ofline'. Did you mean offline?"),
        ({"api": "rest"}, {}, UsageError, "--api: 'rest' is none of auto, chat, responses"),
        ({}, {"CHATBOT_STORE": "2"}, UsageError, "CHATBOT_STORE: '2' is neither true nor false"),
        ({"record": ""}, {}, UsageError, "--record: no file is named"),
        ({"api": "rest"}, KEY, UsageError, "--api: 'rest' is none of auto, chat, responses"),
        ({"api": "chat", "store": True}, KEY, UsageError, "--store is only for the Responses API"),
        ({"base_url": "http://127.0.0.1:1/v1"}, {}, ConfigError, "Which model of http://127.0.0.1:1/v1?"),
        ({"base_url": "127.0.0.1:1", "model": "m"}, {}, ConfigError, "must begin with http:// or https://"),
        ({"base_url": "http://me:pw@host/v1?key=s"}, {}, ConfigError, "Which model of http://host/v1? Name it"),
        ({"base_url": "me:pw@host/v1", "model": "m"}, {}, ConfigError, "The base URL 'host/v1' must begin"),
        ({"model": "azure:x"}, {}, ConfigError, "AZURE_OPENAI_ENDPOINT"),
        ({"model": "groq"}, {"GROQ_API_KEY": "k"}, ConfigError, "--model groq:MODEL"),
        ({"max_steps": 0}, {}, UsageError, "--max-steps: 0 is less than 1"),
        ({}, {"CHATBOT_TIMEOUT": "soon"}, UsageError, "CHATBOT_TIMEOUT: soon is not a number"),
        ({"temperature": "3"}, {}, UsageError, "--temperature: 3 is not between 0 and 2"),
        ({}, {"CHATBOT_NO_GREETING": "maybe"}, UsageError, "neither true nor false"),
        ({"profile": "x"}, {}, ConfigError, "There is no profile 'x'"),
        ({"system": "@/nonexistent/prompt"}, {}, UsageError, "/nonexistent/prompt cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_fix(flags, env, error, says):
    with pytest.raises(error) as raised:
        load_settings(flags, {"CHATBOT_CONFIG": "/nonexistent"} | env)
    assert says in str(raised.value)


@pytest.mark.parametrize("flags", [{"background": True}, {"api": "chat"}, {"base_url": "http://127.0.0.1:1/v1"}])
def test_a_flag_that_the_chosen_model_would_not_heed_is_refused(flags):
    name = next(iter(flags)).replace("_", "-")
    for model in (ModelChoice("offline"), ModelChoice("local", "smollm2"), ModelChoice("playback", "x")):
        with pytest.raises(UsageError) as raised:
            refuse_unheeded(flags, model)
        assert str(raised.value) == (
            f"--{name} is for a model behind a URL, and {model.provider} is none: "
            f"leave --{name} out, or name another --model."
        )
    refuse_unheeded(flags, ModelChoice("openai", "m", "http://127.0.0.1:1/v1"))
    refuse_unheeded({"api": "auto", "model": "offline"}, ModelChoice("offline"))


def test_flags_beat_the_environment_and_the_environment_the_file(config):
    env = config('max_steps = 3\ninstructions = "file"\ntimeout = 7\n')
    env |= {"CHATBOT_MAX_STEPS": "4", "CHATBOT_INSTRUCTIONS": "environment"}
    settings = load_settings({"max_steps": 5}, env)
    assert (settings.trusted.limits.rounds, settings.instructions, settings.timeout) == (5, "environment", 7.0)


def test_a_profile_is_laid_over_the_top_level(config):
    env = config(
        'profile = "work"\npacks = ["minecraft"]\nmax_steps = 2\n'
        '[profiles.work]\nmodel = "house"\nbase_url = "http://127.0.0.1:7/v1"\n'
        'api_key_env = "HOUSE_KEY"\nmax_steps = 4\n'
        '[profiles.home]\nmodel = "offline"\npacks = []\n'
    )
    work = load_settings({}, env | {"HOUSE_KEY": "h"})
    assert work.model == ModelChoice("openai", "house", "http://127.0.0.1:7/v1", "h", "HOUSE_KEY")
    assert (work.packs.specs, work.trusted.limits.rounds) == (("minecraft",), 4)
    assert load_settings({"profile": "home"}, env).packs.specs == ()


def test_the_environment_goes_before_the_file_by_the_sdks_names_too(config):
    env = config('model = "filed"\nbase_url = "http://127.0.0.1:9/v1"\n')
    env |= {"OPENAI_MODEL": "m", "OPENAI_BASE_URL": "http://127.0.0.1:7/v1", "OPENAI_API_KEY": "k"}
    assert load_settings({}, env).model == ModelChoice("openai", "m", "http://127.0.0.1:7/v1", "k", "OPENAI_API_KEY")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("modle = 'x'", "there is no option 'modle'. Known: "),
        ("packs = 5", "packs should be a list of texts"),
        ("packs = [1]", "packs should be a list of texts"),
        ("profile = ['a']", "profile should be one value"),
        ("model = ['a']", "model should be one value"),
        ("[profiles]\nwork = 1", "a profile should be a table"),
        ("api_key_env = 'HOUSE_KEY'\nbase_url = 'http://127.0.0.1:9/v1'\nmodel = 'm'", "set HOUSE_KEY"),
    ],
)
def test_what_the_file_gets_wrong_is_told(config, text, says):
    with pytest.raises(ConfigError) as raised:
        load_settings({}, config(text))
    assert says in str(raised.value)


def test_a_broken_file_is_told_with_its_place(config):
    with pytest.raises(ConfigError, match=r"config.toml cannot be read: .*line 2"):
        load_settings({}, config("model = [\n=\n"))


@pytest.mark.parametrize(
    ("given", "packs"),
    [
        (None, ("support",)),
        (["minecraft"], ("minecraft",)),
        (["support,minecraft", "./mine.py"], ("support", "minecraft", "./mine.py")),
        (["support", "support"], ("support",)),
        (["none"], ()),
    ],
)
def test_packs_are_named_repeatedly_or_with_commas(given, packs):
    assert load_settings({"pack": given}, {"CHATBOT_CONFIG": "/nonexistent"}).packs.specs == packs


def test_a_prompt_may_stand_in_a_file(tmp_path):
    (tmp_path / "prompt.txt").write_text("\ufeffBe brief.\n", "utf-8")
    assert load_settings({"system": f"@{tmp_path}/prompt.txt"}, {}).system == "Be brief."


def test_dotenv_fills_what_the_environment_leaves_open(tmp_path, monkeypatch):
    monkeypatch.setenv("CHATBOT_TEST_SET", "environment")
    monkeypatch.setenv("CHATBOT_TEST_OPEN", "x")
    monkeypatch.delenv("CHATBOT_TEST_OPEN")
    (tmp_path / ".env").write_text("CHATBOT_TEST_SET=file\nCHATBOT_TEST_OPEN=file\n", "utf-8")
    load_dotenv_file(tmp_path)
    assert (os.environ["CHATBOT_TEST_SET"], os.environ["CHATBOT_TEST_OPEN"]) == ("environment", "file")
