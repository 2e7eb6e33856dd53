"""Runs the Repl with a session that is no model at all: what it does, the user's words say."""

import argparse
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from chatbot.conversation import Nowhere
from chatbot.errors import ChatbotError, ConfigError, ModelError
from chatbot.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Notice,
    Replied,
    SecretAnswered,
    SecretAsked,
    SessionStarted,
    StatusChanged,
    TextDelta,
    ToolCalled,
    ToolReturned,
    TurnEnded,
    TurnStarted,
)
from chatbot.pack import Pack, Tool
from chatbot.render import pick
from chatbot.repl import Repl
from chatbot.session import Outcome
from chatbot.tally import Tally
from chatbot.trust.ledger import Ledger
from chatbot.types import Assistant, ToolCall, ToolResult, User

parser = argparse.ArgumentParser()
parser.add_argument("--history", type=Path, required=True)
parser.add_argument("--open-gate", type=Path)
parser.add_argument("--greet-gate", type=Path)
parser.add_argument("--ask-gate", type=Path)
parser.add_argument("--greets", action="store_true")
parser.add_argument("--broken", action="store_true")
parser.add_argument("--plain", action="store_true")
options = parser.parse_args()


CHANGE = ToolCall("1", "change_address", '{"street": "Elm\\u202e\\u001b[2J 1", "note": "' + "long " * 300 + 'end"}')


class FakeConversation:
    past = ()
    archive = Nowhere()

    def __init__(self, asker):
        self.session = FakeSession(asker)
        self.tally = Tally()

    @property
    def greets(self):
        return options.greets

    def __call__(self, event):
        self.tally(event)

    def opening(self):
        yield from self.session.opening()

    def close(self):
        pass


class FakeSession:
    packs = (
        Pack("support", (Tool("get_status", "Tell the status.\n\nMore.", {}, dict, print, requires=("verify",)),)),
    )
    mask = SimpleNamespace(text=lambda text: text.replace("hunter2", "***"))
    runtime = SimpleNamespace(ledger=Ledger())

    def __init__(self, asker):
        self.asker = asker
        self.model = SimpleNamespace(name="fake", warm=lambda: None)

    def opening(self):
        yield SessionStarted("s", "fake", ("support",), "now")
        yield Notice("info", "NOTICE of the model")

    def greet(self, interrupt):
        yield TurnStarted(None)
        while options.greet_gate and not options.greet_gate.exists():
            if interrupt.wait(0.01):
                yield TurnEnded("interrupted")
                return Outcome("interrupted")
        yield from spoken("HELLO from the assistant")
        yield TurnEnded("done")
        return Outcome("done")

    def turn(self, text, interrupt):
        yield TurnStarted(User(text))
        yield StatusChanged("queued")
        word = text.split()[0]
        if word == "slow":
            yield from self._slowly(interrupt)
        elif word == "stuck":
            yield TextDelta("stuck now\n\n")
            while not interrupt.wait(0.01):
                pass
            yield TextDelta("not stopping\n\n")
            while True:
                time.sleep(0.01)
        elif word == "fail":
            yield TurnEnded("error", "the model is on fire")
            return Outcome("error", ModelError("the model is on fire"))
        elif word == "break":
            yield Replied(Assistant("as far as it came"))
            yield TurnEnded("error", "the line is cut")
            return Outcome("error", ModelError("the line is cut"))
        elif word == "tool":
            call = ToolCall("1", "get_status", '{"ticket": "12345"}')
            yield Replied(Assistant("", (call,)))
            yield StatusChanged("requires_action")
            yield ToolCalled(call)
            yield ToolReturned(ToolResult("1", "get_status", "OPEN"), 0.1)
        elif word == "change":
            yield from self._ask(interrupt)
        elif word == "unlock":
            yield SecretAsked("1", "unlock", "pin")
            pin = self.asker.secret(CHANGE, "pin", interrupt)
            yield SecretAnswered("1", "pin", bool(pin))
            yield from spoken(f"The pin has {len(pin or '')} characters, sum {sum(map(ord, pin or ''))}.")
        else:
            yield from spoken(f"You said {text!r}.")
        stop = "interrupted" if interrupt.is_set else "done"
        yield TurnEnded(stop)
        return Outcome(stop)

    def _ask(self, interrupt):
        yield ToolCalled(CHANGE)
        while options.ask_gate and not options.ask_gate.exists():
            time.sleep(0.01)
        yield ApprovalAsked(CHANGE, "it changes something")
        approval = self.asker.approve(CHANGE, "it changes something", interrupt)
        yield ApprovalAnswered("1", approval.approved, approval.reason)
        yield from spoken(f"The answer: {tuple(approval)}.")

    def _slowly(self, interrupt):
        yield StatusChanged("in_progress")
        yield TextDelta("speaking now\n\n")
        number = 0
        while not interrupt.wait(0.01):
            number += 1
            yield TextDelta(f"word{number} " if number % 200 else "\n\n")
        yield Replied(Assistant("..."))


def spoken(text):
    yield StatusChanged("in_progress")
    for word in text.split(" "):
        yield TextDelta(word + " ")
    yield Replied(Assistant(text))


def converse(asker):
    while options.open_gate and not options.open_gate.exists():
        time.sleep(0.01)
    if options.broken:
        raise ConfigError("No API key.")
    return FakeConversation(asker)


def main():
    repl = Repl(
        converse=converse,
        open_sink=lambda verbose, past: pick("plain" if options.plain else "rich"),
        header="HEADER",
        history=options.history,
    )
    try:
        code = repl.run()
    except ChatbotError as error:
        print(f"chatbot: {error}")
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    print(f"left with {int(code)}")
    sys.exit(code)


main()
