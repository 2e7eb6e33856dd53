"""The scripted model, which other tests stand on."""

import pytest

from chatbot.errors import ModelError
from chatbot.events import StatusChanged, TextDelta
from chatbot.interrupt import Interrupt
from chatbot.models import Model, Prompt
from chatbot.models.scripted import Scripted
from chatbot.types import Assistant, ToolCall, User


def test_replies_come_in_order_and_prompts_are_kept():
    call = Assistant("", (ToolCall("1", "f", "{}"),))
    model: Model = Scripted("Hello dear\nworld ", call, lambda prompt: prompt.system.upper(), ValueError("x"))
    prompt = Prompt("sys", (User("a"),))
    words = [TextDelta("Hello"), TextDelta(" dear"), TextDelta("\nworld"), TextDelta(" ")]
    begun = StatusChanged("in_progress")
    assert list(model.stream(prompt, Interrupt())) == [begun, *words, Assistant("Hello dear\nworld ")]
    assert list(model.stream(prompt, Interrupt())) == [begun, call]
    assert list(model.stream(prompt, Interrupt()))[-1] == Assistant("SYS")
    with pytest.raises(ValueError, match="x"):
        list(model.stream(prompt, Interrupt()))
    with pytest.raises(ModelError, match="no reply left after 4"):
        list(model.stream(prompt, Interrupt()))
    assert model.prompts == [prompt] * 5


def test_it_can_be_interrupted():
    interrupt = Interrupt()
    events = []
    for event in Scripted("a b c").stream(Prompt(""), interrupt):
        events.append(event)
        if event == TextDelta(" b"):
            interrupt.set()
    assert events == [StatusChanged("in_progress"), TextDelta("a"), TextDelta(" b")]
