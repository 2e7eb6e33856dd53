"""What the runtime enforces, with the whole program: a scripted model, scripts, a real terminal."""

import base64
import json
import termios
from urllib.parse import quote

import pytest

from tests.loopback import ChatServer, calls, text
from tests.program import api, clean_environment, events, made_calls, results

SHOP = '''
import base64
from urllib.parse import quote
from chatbot import Context, Grounded, Secret, Verified, tool

@tool
def find(title: str) -> str:
    """Find a book."""
    return f"{title}: shelf 3"

@tool(effect="write")
def order(title: str, copies: int = 1) -> dict:
    """Order a book."""
    return {"ordered": title, "copies": copies}

@tool
def who(context: Context) -> dict:
    """Tell who is there."""
    return {"fields": dict(context.fields)}

@tool
def leak(context: Context) -> str:
    """Say the token in many ways."""
    token = context.fields["token"]
    return " ".join([token, quote(token), base64.b64encode(f"ann:{token}".encode()).decode()])

@tool
def log_in(pin: Secret[int]) -> dict:
    """Log in."""
    return {"pin": pin}
'''
ORDER = ("order", {"title": "Momo"})
DECLINED = (
    "The user did not allow order: nobody is there to be asked (--yes, or a rule in the configuration, allows it)."
)
ORDERED = '{"ordered": "Momo", "copies": 1}'


@pytest.fixture
def shop(run, tmp_path):
    """Run a script of one turn against a model that makes these calls, a reply each; the process and the server."""
    (tmp_path / "shop.py").write_text(SHOP, "utf-8")

    def shop(*arguments, made=(ORDER,), config="", said="Momo, please", **environment):
        (tmp_path / "config.toml").write_text(config, "utf-8")
        with ChatServer(*map(calls, made), text("That is all.")) as server:
            options = {"CHATBOT_CONFIG": str(tmp_path / "config.toml"), **api(server), **environment}
            done = run("--pack", "./shop.py", "--json", *arguments, said=f"{said}\n", **options)
        assert done.returncode == 0, done.stderr
        assert server.violations == []
        assert events(done, "replied")[-1]["message"]["text"] == "That is all."
        return done, server

    return shop


@pytest.mark.parametrize(
    ("options", "config", "result"),
    [
        ([], "", ("denied", DECLINED)),
        (["--yes"], "", (None, ORDERED)),
        ([], '[approvals]\n"or*" = "allow"\n', (None, ORDERED)),
        ([], '[packs.shop]\napproval = "allow"\n', (None, ORDERED)),
        (
            ["--yes"],
            '[approvals]\n"shop.order" = "deny"\n[packs.shop]\napproval = "allow"\n',
            ("denied", "order is refused: the rules of this session do not allow it. Do without it."),
        ),
    ],
    ids=["nobody is asked", "--yes", "a rule", "the pack's default", "a rule that denies goes before --yes"],
)
def test_a_script_changes_nothing_unless_it_may(shop, options, config, result):
    done, _ = shop(*options, config=config)
    assert results(done) == [result]


def test_confirm_asks_before_any_call_and_the_whole_conversation_tells_so(shop):
    done, _ = shop("--confirm", made=[("find", {"title": "Momo"})])
    kinds = ("tool_called", "approval_asked", "approval_answered", "tool_returned", "turn_ended")
    told = events(done, *kinds)
    call = {"id": told[0]["call"]["id"], "name": "find", "arguments": '{"title": "Momo"}'}
    reason = "nobody is there to be asked (--yes, or a rule in the configuration, allows it)"
    assert [event["type"] for event in told] == list(kinds)
    assert told[1] == {"type": "approval_asked", "call": call, "reason": "every call is to be confirmed"}
    assert told[2] == {"type": "approval_answered", "call_id": call["id"], "approved": False, "reason": reason}
    assert told[3]["result"]["failure"] == "denied"


def test_the_context_reaches_tools_not_the_model_and_no_argument_overrides_it(shop):
    forged = ("who", {"Context": {"contact": {"name": "Mallory"}}})
    done, server = shop(
        *("--context", "contact.name=Ann", "--context", "contact.id=7", "--show-context", "contact.name"),
        made=[forged, ("find", {"title": "x", "contact": 1}), ("who", {})],
    )
    assert results(done) == [
        ("denied", "who is refused: Context is given by the session, never by you. Call without it."),
        ("denied", "find is refused: contact is given by the session, never by you. Call without it."),
        (None, '{"fields": {"contact": {"name": "Ann", "id": "7"}}}'),
    ]
    assert [event["text"] for event in events(done, "notice")] == [
        "who was refused: the model wrote Context, which only the session gives.",
        "find was refused: the model wrote contact, which only the session gives.",
    ]
    system = server.bodies[0]["messages"][0]
    assert system["content"] == 'This is known of the user, for certain:\n- contact.name: "Ann"'


def test_the_value_of_a_secret_field_is_masked_wherever_it_turns_up(shop):
    token = "t/k n+9 secret"
    wrapped = base64.b64encode(f"ann:{token}".encode()).decode()
    done, _ = shop("--context", f"token={token}", "--debug", made=[("leak", {}), ("find", {"title": token})])
    shown = done.stdout + done.stderr
    assert [form for form in (token, quote(token), quote(token, safe=""), wrapped[8:-4]) if form in shown] == []
    assert results(done)[1] == (None, "•••: shelf 3")


def test_a_secret_is_taken_from_the_environment_and_never_told(shop):
    done, server = shop("--ask-secrets", "--debug", made=[("log_in", {})], CHATBOT_SECRET_PIN="4711")
    assert made_calls(done) == [("log_in", {})]
    assert results(done) == [(None, '{"pin": •••}')]
    asked = [(event["type"], event["argument"]) for event in events(done, "secret_asked", "secret_answered")]
    assert asked == [("secret_asked", "pin"), ("secret_answered", "pin")]
    assert "4711" not in done.stdout + done.stderr + json.dumps(server.bodies)
    assert '"pin"' not in json.dumps(server.bodies[0]["tools"])


def test_a_secret_that_nobody_gives_is_missing(shop):
    done, _ = shop("--ask-secrets", made=[("log_in", {})])
    assert results(done) == [("denied", "log_in needs pin; the user was asked, and did not give it.")]


def test_nothing_may_be_made_up_where_all_is_grounded(shop):
    done, _ = shop("--grounded", made=[("find", {"title": "Krabat"}), ("find", {"title": "momo"})])
    assert results(done) == [
        ("denied", "find is refused: title was never given: ask the user for it."),
        (None, "momo: shelf 3"),
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--context", "nope.json"], "The context nope.json cannot be read: No such file or directory."),
        (["--context", "token=x", "--show-context", "token"], "--show-context: the field token is secret;"),
    ],
)
def test_a_bad_context_ends_the_program_with_one_line(run, arguments, complaint):
    done = run("--pack", "support", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"chatbot: {complaint}")
    assert done.stderr.count("\n") == 1


def wait_for_question(terminal, number):
    """Wait until a question stands there, and keys are no longer kept for the next prompt."""
    terminal.wait_until(lambda: terminal.text().count("or why not:") == number, "question")
    terminal.wait_until(lambda: not termios.tcgetattr(terminal.child.child_fd)[3] & termios.ECHO, "raw input")


def test_a_person_at_a_terminal_allows_declines_and_types_a_secret(tmp_path, in_terminal):
    (tmp_path / "shop.py").write_text(SHOP, "utf-8")
    made = [calls(ORDER), calls(("order", {"title": "Kra\u202ebat"})), calls(("log_in", {})), text("That is all.")]
    with ChatServer(*made) as server:
        environment = clean_environment(tmp_path) | api(server)
        command = ["chatbot", "--pack", "./shop.py", "--ask-secrets"]
        with in_terminal(*command, env=environment, cwd=str(tmp_path)) as terminal:
            terminal.wait_for(">")
            terminal.type("Momo, please\r")
            for number, answer in enumerate(("yes\r", "the wrong one\r"), 1):
                wait_for_question(terminal, number)
                terminal.type(answer)
            terminal.wait_for("pin for log_in (not shown):")
            terminal.type("47\x1b[D11\r")
            terminal.wait_for("That is all.")
            shown = terminal.text()
    assert r'"title": "Kra\u202ebat"' in shown
    assert "4711" not in shown
    tool_messages = [message["content"] for message in server.bodies[-1]["messages"] if message["role"] == "tool"]
    assert tool_messages == [ORDERED, "The user did not allow order: the wrong one.", '{"pin": •••}']
