from pathlib import Path

import pytest

from chatbot.config.serving import as_environment, is_loopback, load_serving
from chatbot.errors import ConfigError, UsageError
from chatbot.rules import Rule

SECRET = {"TURN_HMAC_SECRET": "new"}


def settings(tmp_path, config="", environ=SECRET, **flags):
    file = tmp_path / "config.toml"
    file.write_text(config, "utf-8")
    return load_serving(flags, {"CHATBOT_CONFIG": str(file), "HOME": str(tmp_path), **environ})


def test_without_options_it_listens_at_home_and_remembers_half_an_hour(tmp_path):
    serving = settings(tmp_path)
    assert (serving.host, serving.port, serving.workers, serving.remember) == ("127.0.0.1", 5000, 1, 1800)
    assert (serving.signature, serving.secrets) == ("turn", ("new",))
    assert serving.said == ("messages", "last_message", "contact.last_message")
    assert Path(serving.state).name == "serve.db"


def test_flags_go_before_the_environment_and_that_before_the_file(tmp_path):
    config = 'port = 1\nworkers = 2\nhost = "::1"\nsaid = ["a", "b.c"]\n[approvals]\n"set_*" = "deny"\n'
    serving = settings(tmp_path, config, {**SECRET, "CHATBOT_PORT": "3", "CHATBOT_WORKERS": "3"}, port=4)
    assert (serving.port, serving.workers, serving.host, serving.said) == (4, 3, "::1", ("a", "b.c"))
    assert serving.trusted.rules == (Rule("set_*", "deny"),)


def test_flags_travel_to_workers_by_the_environment(tmp_path):
    flags = {
        "pack": ("support", "minecraft"),
        "said": "a,b.c",
        "port": 0,
        "remember": 1.5,
        "grounded": True,
        "state": "redis://x/1",
    }
    assert settings(tmp_path, environ=SECRET | as_environment(flags)) == settings(tmp_path, **flags)


def test_both_secrets_count_and_their_name_can_be_another(tmp_path):
    both = {"TURN_HMAC_SECRET": "new", "TURN_HMAC_SECRET_PREVIOUS": "old", "OWN": "own", "OWN_PREVIOUS": "older"}
    assert settings(tmp_path, environ=both).secrets == ("new", "old")
    assert settings(tmp_path, 'webhook_secret_env = "OWN"', both).secrets == ("own", "older")


def test_a_secret_is_needed_but_on_this_machine_alone(tmp_path):
    with pytest.raises(ConfigError, match="set TURN_HMAC_SECRET"):
        settings(tmp_path, environ={"TURN_HMAC_SECRET": " "})
    assert settings(tmp_path, environ={}, insecure=True).secrets == ()
    assert settings(tmp_path, insecure=True).secrets == ("new",)
    with pytest.raises(ConfigError, match=r"192\.168\.0\.1 is open to others"):
        settings(tmp_path, environ={}, insecure=True, host="192.168.0.1")


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True)]
)
def test_this_machine(host, loopback):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org", ""])
def test_not_this_machine_alone(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("port", ["-1", "65536", "http", "1.5", "", "٣"])
def test_what_is_no_port_is_refused(tmp_path, port):
    with pytest.raises(UsageError, match=r"^--port: .* is not a port, 0 to 65535$"):
        settings(tmp_path, port=port)


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("workers", 0, "0 is less than 1"),
        ("remember", -1.0, "-1.0 is not a positive number of seconds"),
        ("signature", "own", "'own' is none of turn, standard"),
        ("grounded", "perhaps", "'perhaps' is neither true nor false"),
    ],
)
def test_what_an_option_does_not_take_is_refused_by_its_name(tmp_path, option, value, reason):
    with pytest.raises(UsageError) as raised:
        settings(tmp_path, **{option: value})
    assert str(raised.value) == f"--{option}: {reason}"
