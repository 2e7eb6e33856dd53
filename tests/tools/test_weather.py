"""The weather pack answers as the format's example does."""

import json
from pathlib import Path

import pytest

from chatbot.models.scripted import Scripted
from chatbot.pack import Context, InvalidArguments
from chatbot.packs import open_packs
from chatbot.session import Session
from tests.conversation import calling, say, told

PACK = open_packs(["weather"])[0]
LIST = Path(__file__).parent.parent.parent / "examples" / "weather.json"
SUNNY = "The weather for Rome is sunny and it's "


def answer_of(arguments, fields):
    (tool,) = PACK.tools
    return tool.run(tool.parse(json.dumps({"location": "Rome", **arguments})), Context(fields=fields))


@pytest.mark.parametrize(
    ("arguments", "fields", "answer"),
    [
        ({}, {}, SUNNY + "22 degrees"),
        ({"unit": "c"}, {"contact": {"name": None}}, SUNNY + "22 degrees"),
        ({"unit": "f"}, {"contact": "Jane"}, SUNNY + "72 degrees Fahrenheit"),
        ({}, {"contact": {"name": "Jane"}}, SUNNY + "22 degrees, Jane."),
    ],
    ids=str,
)
def test_the_weather_is_the_formats_example_and_names_whom_the_session_knows(arguments, fields, answer):
    assert answer_of(arguments, fields) == answer


def test_a_name_that_the_model_gives_does_not_count():
    with pytest.raises(InvalidArguments, match="contact: there is no such argument"):
        answer_of({"contact": {"name": "Mallory"}}, {})


def test_a_whole_conversation():
    session = Session(Scripted(calling(("get_weather", {"location": "Rome", "unit": "f"})), "Sunny!"), [PACK])
    lines = told(say(session, "How is the weather in Rome?")[0])
    assert f"result: {SUNNY}72 degrees Fahrenheit" in lines and "assistant: Sunny!" in lines


def test_the_pack_offers_what_the_formats_list_declares():
    (declared,), (tool,) = json.loads(LIST.read_text("utf-8")), open_packs(["weather"])[0].tools
    assert (declared["name"], declared["description"]) == (tool.name, tool.description)
    assert declared["parameters"]["required"] == tool.parameters["required"]
    assert tool.parameters["properties"].pop("unit") == {
        "default": "c",
        **declared["parameters"]["properties"].pop("unit"),
    }
    assert tool.parameters["properties"] == declared["parameters"]["properties"]


def test_the_instructions_say_that_nobody_measured_the_figures():
    assert "nobody has measured them" in PACK.instructions
