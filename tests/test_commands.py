"""Slash commands on a whole conversation, with the offline model and the support pack."""

import base64
import json
import shutil

import pytest

from chatbot.asking import Unattended
from chatbot.commands import is_command, registered, run, usage
from chatbot.config import load_settings
from chatbot.conversation import Conversation, Nowhere
from chatbot.errors import ConfigError, UsageError
from chatbot.events import SessionStarted
from chatbot.interrupt import Interrupt
from chatbot.session import drive
from chatbot.transcript import Transcripts
from chatbot.types import User
from tests.loopback import ChatServer, text
from tests.transcript.talk import keep, turn

NAMES = [
    *("clear", "compact", "context", "copy", "edit", "exit", "export", "help", "instructions", "last", "model", "new"),
    *("pack", "resume", "retry", "save", "sessions", "system", "tools", "undo", "usage", "verbose"),
]


@pytest.fixture
def talk(tmp_path, monkeypatch, seeded):
    """A conversation in which the user is verified and has asked for a ticket."""
    monkeypatch.setenv("SUPPORT_DB", str(shutil.copy(seeded, tmp_path / "support.db")))
    monkeypatch.setenv("CHATBOT_CONFIG", str(tmp_path / "config.toml"))
    flags = {"model": "offline"}
    conversation = Conversation(flags, load_settings(flags), Unattended(), Nowhere())
    drive(conversation.opening(), conversation)
    say(conversation, 'I am john_doe and my API key is: "key"')
    say(conversation, "What is the status of ticket 12345?")
    yield conversation
    conversation.session.model.close()


def say(conversation, words):
    drive(conversation.session.turn(words, Interrupt()), conversation)


def ask(conversation, line):
    return run(line, lambda: conversation)


def said(conversation):
    return [message.text for message in conversation.session.history if isinstance(message, User)]


def test_these_are_the_commands_and_each_has_its_line():
    assert sorted(registered()) == NAMES
    assert all(usage(name).endswith(".") and len(usage(name)) < 90 for name in NAMES)


@pytest.mark.parametrize(
    ("line", "ours"), [("/help", True), (" /Help me ", True), ("/usr/bin", False), ("/ x", False), ("a /b", False)]
)
def test_a_command_is_a_slash_and_a_word(line, ours):
    assert is_command(line) is ours


def test_an_unknown_command_suggests_the_nearest(talk):
    with pytest.raises(UsageError, match=r"^There is no command /xyzzy. /help lists the commands.$"):
        ask(talk, "/xyzzy")
    with pytest.raises(UsageError, match=r"^There is no command /retyr. Did you mean /retry\?$"):
        ask(talk, "/retyr")


def test_help_lists_every_command_and_the_keys(talk):
    shown = ask(talk, "/help").text
    assert all(f"/{name} " in shown for name in NAMES)
    assert "Ctrl-C" in shown


def test_undo_makes_the_assistant_forget_the_latest_turn(talk):
    assert ask(talk, "/undo").text == "Taken back: What is the status of ticket 12345?"
    assert said(talk) == ['I am john_doe and my API key is: "key"']
    ask(talk, "/undo")
    assert ask(talk, "/undo").text == "Nothing was said yet."


def test_undo_does_not_show_a_secret_again(talk):
    ask(talk, "/undo")
    assert ask(talk, "/undo").text == 'Taken back: I am john_doe and my API key is: "•••"'


def test_retry_says_it_again_and_edit_puts_it_into_the_line(talk):
    answer = ask(talk, "/retry")
    assert answer.say == "What is the status of ticket 12345?"
    say(talk, answer.say)
    assert ask(talk, "/edit").draft == "What is the status of ticket 12345?"
    assert len(said(talk)) == 1


def test_a_secret_that_was_not_kept_is_asked_for_before_it_is_said_again(talk):
    talk.session.history[:] = [User("my key is •••"), *talk.session.history[1:2]]
    answer = ask(talk, "/retry")
    assert (answer.say, answer.draft) == ("", "my key is •••")
    assert answer.text == "Put the secret in where ••• stands: it was not kept."


def test_last_shows_results_whole(talk):
    assert ask(talk, "/last")[:2] == ("get_ticket_status:", '{"status": "Open", "issue": "Billing Query"}')
    assert ask(talk, "/last 1")[:2] == ("verify_user:", '{"success": true}')
    assert ask(talk, "/last 7").text == ask(talk, "/last " + "9" * 5000).text == "There is no such tool result."


def test_copy_sends_the_latest_answer_to_the_clipboard(talk):
    answer = ask(talk, "/copy")
    assert answer.control.startswith("\x1b]52;c;VGhlIHRpY2tldCAxMjM0NT")
    assert answer.control.endswith("\x07")


def test_copy_takes_no_answer_that_was_taken_back(talk):
    def copied():
        return base64.b64decode(ask(talk, "/copy").control[7:-1]).decode()

    assert copied().startswith("The ticket 12345")
    ask(talk, "/undo")
    assert copied().startswith("Thank you, that worked (verify user).")
    ask(talk, "/undo")
    assert ask(talk, "/copy").text == "There is no answer yet."


def test_usage_counts(talk):
    assert ask(talk, "/usage").text.startswith("2 turns, 4 replies\n0 tokens read")
    assert "2 tool calls, 0 of them failed" in ask(talk, "/usage").text


def test_new_begins_with_nothing_known(talk):
    before = talk.session.id
    answer = ask(talk, "/new")
    drive(answer.steps(Interrupt()), talk)
    exported = json.loads(talk.exported("json"))
    assert [event["type"] for event in exported][:3] == ["session_started", "notice", "turn_started"]
    assert exported[0]["session"] == talk.session.id
    assert talk.session.id != before
    assert said(talk) == []
    assert talk.session.runtime.ledger.standing("support").user is None


def test_packs_are_switched_in_mid_conversation_and_what_stays_open_stays_verified(talk):
    assert ask(talk, "/pack").text == "The packs are support."
    assert ask(talk, "/pack support,minecraft").text == "The packs are support, minecraft."
    assert talk.session.runtime.ledger.standing("support").user == "john_doe"
    assert len(said(talk)) == 2
    ask(talk, "/pack minecraft")
    ask(talk, "/pack support")
    assert talk.session.runtime.ledger.standing("support").user is None
    assert ask(talk, "/pack none").text == "No packs are open."


def test_another_pack_of_the_same_name_inherits_nothing(talk, tmp_path):
    (tmp_path / "support.py").write_text('from chatbot import tool\n@tool\ndef f() -> str:\n    "F."\n    return ""\n')
    ask(talk, f"/pack {tmp_path}/support.py")
    assert talk.session.runtime.ledger.standing("support").user is None


def test_the_model_is_switched_in_mid_conversation_and_reads_what_was_said(talk):
    with ChatServer(text("Hello from the server.")) as server:
        talk.flags["base_url"] = server.url
        assert ask(talk, "/model other").text.startswith("The model is")
        say(talk, "And now?")
        messages = server.bodies[-1]["messages"]
    assert server.violations == []
    assert "What is the status of ticket 12345?" in [message["content"] for message in messages]
    assert talk.tally.answer == "Hello from the server."
    assert talk.session.mask.text('is it "key"?') == 'is it "•••"?'


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/pack nowhere", UsageError),
        ("/model opennai:x", UsageError),
        ("/context {", UsageError),
        ("/model azure:x", ConfigError),
    ],
)
def test_what_cannot_be_changed_stays_as_it_was(talk, line, error):
    session = talk.session
    with pytest.raises(error):
        ask(talk, line)
    assert talk.session is session


def test_the_system_prompt_is_shown_replaced_and_added_to(talk):
    assert ask(talk, "/system").document.startswith("You are a customer support agent.")
    assert ask(talk, "/system Be brief.").document == "Be brief."
    assert ask(talk, "/instructions").text == "Nothing is added to the system prompt."
    assert ask(talk, "/instructions Speak Latin.").document == "Speak Latin."
    assert talk.session.instructions == "Be brief.\n\nSpeak Latin."


def test_the_context_is_shown_without_its_secrets_and_added_to(talk):
    assert ask(talk, "/context").text == "There is no context. Give some: /context name=text"
    ask(talk, "/context contact.name=Ann")
    shown = ask(talk, "/context contact.token=abcdefghij").document
    assert shown == '{\n  "contact": {\n    "name": "Ann",\n    "token": "•••"\n  }\n}'
    assert talk.session.runtime.trust.fields == {"contact": {"name": "Ann", "token": "abcdefghij"}}


def test_the_context_does_not_wait_for_standard_input_which_is_the_keyboard(talk):
    assert ask(talk, "/context -").text == "Standard input is what you type here: give name=text, or a JSON file."


def test_a_script_that_was_saved_is_one_and_passes(talk, tmp_path, run):
    file = tmp_path / "talk.yaml"
    assert ask(talk, f"/save {file}").text == f"Saved in {file}."
    done = run("replay", file, SECRET_1="key")
    assert (done.returncode, done.stdout.splitlines()[-1][:11]) == (0, "1 passed of"), done.stdout + done.stderr
    assert ask(talk, "/save talk.txt").text == "Give a file whose name ends in .md, .html, .svg, .json, .yaml."


@pytest.mark.parametrize("line", ["/save a\0b.md", "/export markdown a\0b"])
def test_a_name_that_no_file_can_have_is_told(talk, line):
    assert ask(talk, line).text == "No file can have that name."


def test_verbose_is_turned_on_and_off(talk):
    assert ask(talk, "/verbose").text == "Everything is shown whole."
    assert ask(talk, "/verbose").text == "Long results and reasoning are folded."


def test_compact_leaves_a_summary(talk):
    drive(ask(talk, "/compact").steps(Interrupt()), talk)
    assert said(talk) == []
    assert len(talk.session.history) == 1


def test_nothing_is_kept_where_nothing_is_to_be_kept(talk):
    assert ask(talk, "/sessions").text == "No such conversation was kept."
    assert ask(talk, "/resume").text == "No other conversation was kept."
    with pytest.raises(UsageError, match="--no-save"):
        ask(talk, "/resume abc")


@pytest.fixture
def kept(talk, tmp_path):
    """A conversation that asked for no pack, beside kept sessions with a pack each."""
    folder = tmp_path / "sessions"
    for pack in ("support", "minecraft"):
        started = SessionStarted(pack, "offline", (pack,), "2026-11-21T07:15:00+00:00")
        keep(folder, started, *turn("Hello", "Hi"), session=pack)
    talk.archive = Transcripts(folder)
    return talk


def test_each_session_that_is_resumed_brings_its_own_packs(kept):
    for name in ("minecraft", "support", "minecraft"):
        ask(kept, f"/resume {name}")
        assert [pack.name for pack in kept.session.packs] == [name]
    ask(kept, "/pack support,minecraft")
    ask(kept, "/resume support")
    assert [pack.name for pack in kept.session.packs] == ["support", "minecraft"]


def test_what_was_said_elsewhere_until_the_moment_of_resuming_is_not_missed(kept):
    class Late(Transcripts):
        def reopen(self, session):
            elsewhere = Transcripts(self.folder).reopen(session)
            for event in turn("Said late", "Yes"):
                elsewhere(event)
            elsewhere.close()
            return super().reopen(session)

    kept.archive = Late(kept.archive.folder)
    ask(kept, "/resume support")
    assert said(kept) == ["Hello", "Said late"]


def test_a_copied_transcript_goes_on_in_its_own_file(kept):
    [path] = kept.archive.folder.glob("*-support.jsonl")
    copy = path.with_name(path.name.replace("support", "copied"))
    copy.write_bytes(path.read_bytes())
    drive(ask(kept, "/resume copied").steps(Interrupt()), kept)
    say(kept, "One more thing")
    assert kept.session.id == "copied"
    assert copy.stat().st_size > path.stat().st_size


def test_a_session_undone_and_resumed_goes_on_with_the_same_history(kept):
    drive(ask(kept, "/resume support").steps(Interrupt()), kept)
    say(kept, "One more thing")
    ask(kept, "/undo")
    before = list(kept.session.history)
    ask(kept, "/resume minecraft")
    ask(kept, "/resume support")
    assert kept.session.history == before
    assert said(kept) == ["Hello"]


def test_what_the_model_is_told_of_the_context_is_given_also_after_a_change(talk):
    talk.flags |= {"context": ["order=T-77"], "show_context": "order"}
    ask(talk, "/instructions Be brief.")
    ground = talk.session.runtime.ledger.ground
    assert "T-77" in talk.session.instructions
    assert [ground.holds(value) for value in ("T-77", "12345", "T-78")] == [True, True, False]
