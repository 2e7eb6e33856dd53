from types import SimpleNamespace

import pytest

from chatbot.pack import Pack
from chatbot.render.wrapping import cells
from chatbot.repl.toolbar import toolbar
from chatbot.tally import Tally
from chatbot.trust.ledger import Ledger
from tests.repl.keys import ready


def test_the_toolbar_tells_model_packs_and_tokens_and_is_gone_from_what_scrolls_away(chat):
    terminal = chat()
    ready(terminal)
    terminal.wait_for("fake · support")
    terminal.type("hi there\r")
    terminal.wait_for("You said 'hi there'.")
    terminal.wait_for_prompt()
    assert terminal.text().count("fake · support") == 1


@pytest.mark.parametrize("name", ["fake", "模型" * 10])
def test_the_toolbar_is_never_wider_than_the_screen(name):
    session = SimpleNamespace(
        packs=[Pack("support", ())],
        model=SimpleNamespace(name=name),
        mask=SimpleNamespace(text=str),
        runtime=SimpleNamespace(ledger=Ledger()),
    )
    conversation = SimpleNamespace(session=session, tally=Tally())
    whole = toolbar(conversation, 200)
    assert whole == f"{name} · support"
    for width in range(1, 50):
        line = toolbar(conversation, width)
        assert cells(line) < width or line == "…"
        assert line == whole or line.endswith("…")
