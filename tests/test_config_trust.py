import io
import json

import pytest

from chatbot.config import load_settings
from chatbot.errors import ConfigError, UsageError
from chatbot.limits import Limits
from chatbot.packs import open_packs
from chatbot.rules import Rule

NOWHERE = {"CHATBOT_CONFIG": "/nonexistent"}
NAMES = ("shop", "weather", "my[1]")


@pytest.fixture
def config(tmp_path):
    """Write the configuration file; the environment that points there."""

    def write(text):
        (tmp_path / "config.toml").write_text(text, "utf-8")
        return {"CHATBOT_CONFIG": str(tmp_path / "config.toml")}

    return write


def trusted(env=NOWHERE, **flags):
    return load_settings({"pack": ["none"], **flags}, env).trusted


def context(*items, env=NOWHERE):
    return trusted(env, context=list(items)).context


@pytest.mark.parametrize(
    ("items", "fields"),
    [
        ([], {}),
        (["name=Ann"], {"name": "Ann"}),
        (["contact.name=Ann", "contact.phone=+1 650"], {"contact": {"name": "Ann", "phone": "+1 650"}}),
        (["note=a=b"], {"note": "a=b"}),
        (["empty="], {"empty": ""}),
        (['{"contact": {"id": 1}}', "contact.name=Ann"], {"contact": {"id": 1, "name": "Ann"}}),
        (["a=1", "a.b=2"], {"a": {"b": "2"}}),
        (["a=1", "a=2"], {"a": "2"}),
        ([f"note={'x' * 5000}"], {"note": "x" * 5000}),  # longer than any file's name
    ],
)
def test_fields_are_given_one_by_one_or_as_json(items, fields):
    assert context(*items) == fields


def test_fields_come_from_a_file_or_from_standard_input(tmp_path, monkeypatch):
    (tmp_path / "a=b.json").write_text('\ufeff{"contact": {"name": "Ann"}}', "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO('{"channel": "web"}'))
    assert context(str(tmp_path / "a=b.json"), "-") == {"contact": {"name": "Ann"}, "channel": "web"}


def test_flags_go_over_the_environment_and_that_over_the_file_field_by_field(config):
    env = config('[context]\nlang = "en"\nuser = { name = "Ann", id = 7 }\n')
    env |= {"CHATBOT_CONTEXT": '{"lang": "de", "user": {"name": "Bo"}}'}
    assert context("user.name=Cy", env=env) == {"lang": "de", "user": {"name": "Cy", "id": 7}}


def test_days_and_times_of_the_file_are_texts_as_in_json(config):
    env = config("[context]\nsince = 2024-01-31\nat = [2024-01-31T08:00:00Z, 08:30:00]\n")
    fields = context(env=env)
    assert json.loads(json.dumps(fields)) == {
        "since": "2024-01-31",
        "at": ["2024-01-31T08:00:00+00:00", "08:30:00"],
    }


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        (
            "nope.json",
            "The context nope.json cannot be read: No such file or directory. Give a JSON file, or name=value.",
        ),
        (".", "The context . cannot be read: Is a directory. Give a JSON file, or name=value."),
        ("=x", "--context =...: a field has no name."),
        ("a..b=1", "--context a..b=...: a field has no name."),
        ('{"a": 1', "--context, line 1, column 8: it is not JSON: Expecting ',' delimiter."),
        ('{"a": NaN}', "--context: it is not JSON: there is no NaN."),
        ('{"a": ' + "[" * 100_000, "--context: it is nested too deep."),
        ("-", "--context -, line 2, column 1: it is not JSON: Expecting value."),
    ],
)
def test_a_bad_context_is_one_line_with_the_place(item, complaint, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with pytest.raises(UsageError) as error:
        context(item)
    assert str(error.value) == complaint


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[1]", "a context is a JSON object, with a field for each thing that is known."),
        (b'{"a":\n x}', "line 2, column 2: it is not JSON: Expecting value."),
        (b"\xff\xfe", "cannot be read: it is not UTF-8 text. Give a JSON file, or name=value."),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, complaint):
    file = tmp_path / "context.json"
    file.write_bytes(content)
    with pytest.raises(UsageError) as error:
        context(str(file))
    assert str(file) in str(error.value)
    assert str(error.value).endswith(complaint)


def test_what_is_shown_must_be_there():
    fields = ["contact.name=Ann"]
    assert trusted(context=fields, show_context="contact.name, contact").shown == ("contact.name", "contact")
    with pytest.raises(UsageError, match=r"There is no field 'contact\.nmae' in the context \(its fields: contact\)"):
        trusted(context=fields, show_context="contact.nmae")
    with pytest.raises(UsageError, match=r"\(its fields: none; give them by --context\)"):
        trusted(show_context="contact")


def test_rules_are_those_of_the_file_in_their_order_then_the_packs_own_defaults(config):
    env = config(
        '[packs.shop]\napproval = "deny"\n'
        '[packs."./lists/weather.json"]\napproval = "ask"\n'
        '[packs."my[1]"]\napproval = "allow"\n'
        '[approvals]\n"shop.get_*" = "allow"\n"*" = "ask"\n'
    )
    rules = trusted(env).rules
    assert rules[:2] == (Rule("shop.get_*", "allow"), Rule("*", "ask"))
    assert [(rule.fits(pack, "go"), rule.decision) for pack, rule in zip(NAMES, rules[2:], strict=True)] == [
        (True, "deny"),
        (True, "ask"),
        (True, "allow"),
    ]
    assert not rules[4].fits("my1", "go")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[approvals]\n"*" = "perhaps"', r"approvals\.'\*' in .*config\.toml: 'perhaps' is none of allow, ask, deny\."),
        ('[approvals]\n"*" = true', "True is none of allow, ask, deny"),
        ('[approvals]\nsupport.get = "deny"', "{'get': 'deny'} is none of allow, ask, deny"),
        ('approvals = "allow"', r"approvals should be a table, \[approvals\]"),
        ('context = "file.json"', r"context should be a table, \[context\]"),
        ("[packs.support]\napproval = 1", r"packs\.support\.approval should be a text"),
        ('[packs.support]\napproval = "perhaps"', "packs.support.approval in .*: 'perhaps' is none of"),
        ('[packs.support]\naproval = "deny"', r"packs\.support has no option 'aproval'\. Known: "),
        ('[packs]\nsupport = "deny"', r"packs\.support should be a table, \[packs\.support\]"),
        ("secret_context = 3", "secret_context should be a list of texts"),
        ("grounde = true", "there is no option 'grounde'. Known: "),
    ],
)
def test_a_bad_configuration_is_one_line_with_the_place(config, text, complaint):
    with pytest.raises(ConfigError, match=complaint) as error:
        trusted(config(text))
    assert "\n" not in str(error.value)
    assert "config.toml" in str(error.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("max_steps = 0", "0 is less than 1"),
        ('max_result = "much"', "much is not a whole number"),
        ("max_depth = 1.5", "1.5 is not a whole number"),
        ('confirm = "perhaps"', "'perhaps' is neither true nor false"),
    ],
)
def test_a_bad_number_or_switch_is_one_line_with_the_place(config, text, complaint):
    env = config(text)
    with pytest.raises(UsageError) as error:
        trusted(env)
    assert str(error.value) == f"{text.split()[0]} in {env['CHATBOT_CONFIG']}: {complaint}"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("timeout = 0", "0 is not a positive number of seconds"),
        ("timeout = true", "True is not a number"),
        ("retries = -1", "-1 is less than 0"),
        ("retries = 1.5", "1.5 is not a whole number"),
        ("retries = true", "True is not a whole number"),
        ('retries = ""', "'' is not a whole number"),
        ('signature = "none"', "'none' is none of turn, standard"),
        ("headers = { A = 1 }", "should be a table of texts"),
    ],
)
def test_a_bad_option_of_a_webhook_is_one_line_with_its_name(config, line, complaint):
    env = config(f'[packs.weather]\nfunctions = "w.json"\nurl = "http://h.test"\n{line}')
    with pytest.raises(UsageError) as error:
        load_settings({"pack": ["weather"]}, env | {"TURN_HMAC_SECRET": "s"})
    assert str(error.value) == f"packs.weather.{line.split()[0]} in {env['CHATBOT_CONFIG']}: {complaint}"


def test_a_list_in_nobodys_home_is_one_that_is_not_there(config):
    env = config('[packs.weather]\nfunctions = "~nobody-at-all/w.json"\nurl = "http://h.test"')
    packs = load_settings({"pack": ["weather"]}, env | {"TURN_HMAC_SECRET": "s"}).packs
    with pytest.raises(UsageError, match=r"There is no pack file .*~nobody-at-all/w\.json"):
        open_packs(packs.specs, functions=packs.functions)


def test_all_that_a_session_goes_by_can_stand_in_the_file(config):
    env = config(
        "grounded = true\nconfirm = true\nyes = true\nask_secrets = true\n"
        'secret_context = ["phone"]\nshow_context = ["name"]\n'
        "max_steps = 1\nmax_calls = 2\nmax_repeats = 3\nmax_result = 4\nmax_arguments = 5\nmax_depth = 6\n"
        '[context]\nname = "Ann"\nphone = "1"\n'
    )
    found = trusted(env)
    assert (found.grounded, found.confirm, found.yes, found.ask_secrets) == (True, True, True, True)
    assert (found.secret, found.shown, found.context) == (("phone",), ("name",), {"name": "Ann", "phone": "1"})
    assert found.limits[:6] == Limits(1, 2, 3, 4, 5, 6)[:6]


def test_secrets_for_a_script_stand_in_the_environment():
    assert trusted(NOWHERE | {"CHATBOT_SECRET_API_KEY": "k", "CHATBOT_SECRET_PIN": " "}).secrets == {"API_KEY": "k"}
