"""Conversations with the offline model in six domains, none of which it knows: user turns in, transcripts out."""

import json
from datetime import date, time
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.offline import OfflineModel
from chatbot.pack import Context, Tool, ToolFailed
from chatbot.types import Assistant, Message, ToolResult, User


class Conversation:
    """Plays user turns against the model and runs what it calls, as a session does."""

    def __init__(self, *tools: Tool, system: str = "", greets: bool = True) -> None:
        self.tools = tools
        self.system = system
        self.history: list[Message] = []
        if greets:
            self.answer()

    def say(self, *turns: str) -> str:
        """Say the turns one after another; return the last answer."""
        answer = ""
        for turn in turns:
            self.history.append(User(turn))
            answer = self.answer()
        return answer

    def answer(self) -> str:
        for _ in range(10):
            reply = self.reply(self.tools)
            self.history.append(reply)
            if not reply.calls:
                return reply.text
            self.history.extend(self.run(call.id, call.name, call.arguments) for call in reply.calls)
        raise AssertionError("the model does not stop calling")

    def reply(self, tools: tuple[Tool, ...]) -> Assistant:
        *_, reply = OfflineModel().stream(Prompt(self.system, tuple(self.history), tools), Interrupt())
        assert isinstance(reply, Assistant)
        return reply

    def run(self, call_id: str, name: str, arguments: str) -> ToolResult:
        tool = next(tool for tool in self.tools if tool.name == name)
        try:
            value = tool.run(tool.parse(arguments), Context())
        except ToolFailed as error:
            return ToolResult(call_id, name, str(error), "failed")
        return ToolResult(call_id, name, json.dumps(value))

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """All calls so far: name and arguments."""
        replies = [message for message in self.history if isinstance(message, Assistant)]
        return [(call.name, json.loads(call.arguments)) for reply in replies for call in reply.calls]


def offered(name: str, description: str, model: type[BaseModel], value: Any = None, **options: Any) -> Tool:
    """A tool with the schema of a pydantic model, which also checks each call, strictly, as JSON."""

    def parse(text: str) -> dict[str, Any]:
        model.model_validate_json(text, strict=True)
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    def run(arguments: dict[str, Any], _context: Context) -> Any:
        return value(**arguments) if callable(value) else value

    return Tool(name, description, model.model_json_schema(), parse, run, **options)


class Nothing(BaseModel):
    pass


class Title(BaseModel):
    title: str = Field(description="The title of the book.")


class Isbn(BaseModel):
    isbn: str = Field(description="The ISBN of the book.", pattern=r"^\d{13}$")


class Loan(Isbn):
    member_id: str = Field(description="The library card number of the member.")
    weeks: int | None = Field(None, description="For how many weeks.")


class Pickup(Title):
    pickup_date: date = Field(description="When the book is picked up.")


LIBRARY = (
    offered("find_book", "Find a book in the catalogue by its title.", Title, {"isbn": "9780261103344"}),
    offered("lend_book", "Lend a book to a member of the library.", Loan, {"due": "2026-12-24"}, effect="write"),
    offered("return_book", "Take back a book that was lent.", Isbn, {"success": True}, effect="write"),
    offered("reserve_book", "Reserve a book for a member.", Pickup, {"success": True}, effect="write"),
    offered("opening_hours", "Tell the opening hours of the library.", Nothing, "9 to 17 on weekdays"),
)

Room = Literal["living room", "bedroom", "kitchen"]


class Temperature(BaseModel):
    room: Room
    temperature: float = Field(description="Target temperature in degrees Celsius.", ge=5, le=30)


class InRoom(BaseModel):
    room: Room


class Mode(BaseModel):
    mode: Literal["Heat", "Cool", "Off"] = Field(description="The mode of the heating.")


HEATING = (
    offered("set_temperature", "Set the temperature of a room.", Temperature, effect="write"),
    offered("set_mode", "Switch the heating to another mode.", Mode, {"success": True}, effect="write"),
    offered("read_temperature", "Read the current temperature of a room.", InRoom, 19.5),
)


class Appointment(BaseModel):
    title: str
    day: date
    start_time: time | None = None


class Between(BaseModel):
    start_date: date
    end_date: date


CALENDAR = (
    offered("create_event", "Put an event into the calendar.", Appointment, {"id": 7}, effect="write"),
    offered("list_events", "List the events between two dates.", Between, [{"title": "Dinner"}, {"title": "Lunch"}]),
)


class Exchange(BaseModel):
    amount: float
    from_currency: str = Field(pattern="^[A-Z]{3}$", description="Three-letter code.")
    to_currency: str = Field(pattern="^[A-Z]{3}$", description="Three-letter code.")


MONEY = (offered("convert_currency", "Convert an amount of money into another currency.", Exchange, {"amount": 92.0}),)


class Address(BaseModel):
    street: str
    city: str
    zip_code: str


class Parcel(BaseModel):
    parcel_id: int = Field(description="The number of the parcel.")


class Shipment(Parcel):
    address: Address
    express: bool = False
    email: str | None = Field(None, json_schema_extra={"format": "email"})


SHIPPING = (
    offered("ship_parcel", "Ship a parcel to an address.", Shipment, {"success": True}, effect="write"),
    offered("track_parcel", "Track where a parcel is.", Parcel, {"place": "Hamburg"}),
)


class Task(BaseModel):
    text: str = Field(description="What is to be done.")
    tags: list[str] = []
    urgent: bool = False


class Number(BaseModel):
    number: int


class Reminders(BaseModel):
    enabled: bool = Field(description="Whether reminders are sent.")


TODO = (
    offered("add_todo", "Add a task to the todo list.", Task, effect="write"),
    offered("complete_todo", "Mark a task as done.", Number, {"success": True}, effect="write"),
    offered("list_todos", "Show all tasks of the todo list.", Nothing, ["buy milk", "call mum"]),
    offered("set_reminders", "Turn reminders on or off.", Reminders, effect="write"),
)


class Place(BaseModel):
    city: str = Field(description="The city and state, e.g. San Francisco, CA")
    unit: Literal["celsius", "fahrenheit"] | None = None


WEATHER = (offered("get_weather", "Returns the current weather for a location.", Place, {"sky": "clear"}),)

DUNE = "9780261103344"
HOME = {"street": "Main St 5", "city": "Berlin", "zip_code": "10115"}


@pytest.mark.parametrize(
    ("tools", "turns", "call"),
    [
        (LIBRARY, ["When are you open?"], ("opening_hours", {})),
        (LIBRARY, ["what are the opening hours?"], ("opening_hours", {})),
        (LIBRARY, ['find the book "Dune"'], ("find_book", {"title": "Dune"})),
        (LIBRARY, ["do you have the book The Hobbit?"], ("find_book", {"title": "The Hobbit"})),
        (LIBRARY, [f"lend {DUNE} to member M77"], ("lend_book", {"isbn": DUNE, "member_id": "M77"})),
        (
            LIBRARY,
            [f"lend {DUNE} to member M7 for 3 weeks"],
            ("lend_book", {"isbn": DUNE, "member_id": "M7", "weeks": 3}),
        ),
        (LIBRARY, ["I want to lend a book", f"{DUNE}, M-77"], ("lend_book", {"isbn": DUNE, "member_id": "M-77"})),
        (LIBRARY, ["return a book", DUNE], ("return_book", {"isbn": DUNE})),
        (
            LIBRARY,
            ["reserve Dune for 24 December 2026"],
            ("reserve_book", {"title": "Dune", "pickup_date": "2026-12-24"}),
        ),
        (
            LIBRARY,
            ["I'd like to reserve a book", "title: The Lord of the Rings, pickup date 2026-12-24"],
            ("reserve_book", {"title": "The Lord of the Rings", "pickup_date": "2026-12-24"}),
        ),
        (HEATING, ["set the bedroom to 21.5 degrees"], ("set_temperature", {"room": "bedroom", "temperature": 21.5})),
        (
            HEATING,
            ["set temperature to 19", "Living Room"],
            ("set_temperature", {"room": "living room", "temperature": 19}),
        ),
        (HEATING, ["what's the temperature in the living room"], ("read_temperature", {"room": "living room"})),
        (HEATING, ["switch the mode to cool"], ("set_mode", {"mode": "Cool"})),
        (HEATING, ["turn the heating off"], ("set_mode", {"mode": "Off"})),
        (
            CALENDAR,
            ["create an event", "Dinner with Ann", "December 24th, 2026"],
            ("create_event", {"title": "Dinner with Ann", "day": "2026-12-24"}),
        ),
        (
            CALENDAR,
            ["add an event called Dentist on 2026-12-24 at 10:30"],
            ("create_event", {"title": "Dentist", "day": "2026-12-24", "start_time": "10:30:00"}),
        ),
        (
            CALENDAR,
            ["list the events between 2026-12-24 and 31 December 2026"],
            ("list_events", {"start_date": "2026-12-24", "end_date": "2026-12-31"}),
        ),
        (
            MONEY,
            ["convert 100 USD to EUR"],
            ("convert_currency", {"amount": 100, "from_currency": "USD", "to_currency": "EUR"}),
        ),
        (
            MONEY,
            ["convert 1,050.5 eur into chf"],
            ("convert_currency", {"amount": 1050.5, "from_currency": "EUR", "to_currency": "CHF"}),
        ),
        (
            MONEY,
            ["convert 100 USD to EUR", "and to GBP?"],
            ("convert_currency", {"amount": 100, "from_currency": "USD", "to_currency": "GBP"}),
        ),
        (SHIPPING, ["where is parcel 13?"], ("track_parcel", {"parcel_id": 13})),
        (
            SHIPPING,
            ["ship parcel 12", "street is Main St 5, city is Berlin, zip code 10115"],
            ("ship_parcel", {"parcel_id": 12, "address": HOME}),
        ),
        (
            SHIPPING,
            ["ship parcel 5 express, street: Main St 5, city: Berlin, zip code: 10115, email bob@example.org"],
            ("ship_parcel", {"parcel_id": 5, "address": HOME, "express": True, "email": "bob@example.org"}),
        ),
        (TODO, ["add buy milk to my todo list"], ("add_todo", {"text": "buy milk"})),
        (TODO, ["add a task", "call mum"], ("add_todo", {"text": "call mum"})),
        (TODO, ["add an urgent task: fix the roof"], ("add_todo", {"text": "fix the roof", "urgent": True})),
        (
            TODO,
            ['add "pay rent" with tags home, money and bills'],
            ("add_todo", {"text": "pay rent", "tags": ["home", "money", "bills"]}),
        ),
        (TODO, ["mark task 2 as done"], ("complete_todo", {"number": 2})),
        (TODO, ["complete todo three"], ("complete_todo", {"number": 3})),
        (TODO, ["show me my tasks"], ("list_todos", {})),
        (TODO, ["reminders please", "yes"], ("set_reminders", {"enabled": True})),
        (TODO, ["reminders please", "no"], ("set_reminders", {"enabled": False})),
        (TODO, ["turn reminders off"], ("set_reminders", {"enabled": False})),
        (WEATHER, ["what's the weather?", "San Francisco, CA"], ("get_weather", {"city": "San Francisco, CA"})),
        (WEATHER, ["weather in New York please"], ("get_weather", {"city": "New York"})),
        (WEATHER, ["how is the weather in Rome in celsius"], ("get_weather", {"city": "Rome", "unit": "celsius"})),
        (WEATHER, ["the weather in Rome", "what about London?"], ("get_weather", {"city": "London"})),
    ],
    ids=lambda value: " / ".join(value) if isinstance(value, list) else "",
)
def test_what_is_said_becomes_this_call(tools, turns, call):
    conversation = Conversation(*tools)
    conversation.say(*turns)
    assert conversation.calls[-1] == call


@pytest.mark.parametrize(
    ("tools", "turn", "asked"),
    [
        (LIBRARY, "I want to lend a book", ["ISBN of the book", "member id", "library card number"]),
        (LIBRARY, "reserve a book for me", ["title of the book", "pickup date", "2026-12-24"]),
        (LIBRARY, "I'd like to return something", ["ISBN"]),
        (HEATING, "set mode", ["Heat, Cool or Off"]),
        (CALENDAR, "can you create an event for me please?", ["title", "day"]),
        (SHIPPING, "ship parcel 12", ["street of the address", "city of the address", "zip code"]),
        (TODO, "could you add a task?", ["what is to be done"]),
        (WEATHER, "can you help me with the weather", ["city and state"]),
        (MONEY, "convert 50 CHF", ["to currency"]),
    ],
)
def test_what_is_missing_is_asked_for_and_never_made_up(tools, turn, asked):
    conversation = Conversation(*tools)
    answer = conversation.say(turn)
    assert conversation.calls == []
    assert answer.endswith("?")
    assert [part for part in asked if part not in answer] == []


@pytest.mark.parametrize(
    ("tools", "turns", "answer"),
    [
        (HEATING, ["what's the temperature in the kitchen"], "The temperature for kitchen is 19.5."),
        (TODO, ["show me my tasks"], "The todos: I found 2: buy milk and call mum."),
        (SHIPPING, ["where is parcel 13?"], "The parcel 13: place is Hamburg."),
        (LIBRARY, ["when are you open?"], "9 to 17 on weekdays."),
        (LIBRARY, ["return a book", DUNE], "Thank you, that worked (return book)."),
        (MONEY, ["convert 100 USD to EUR"], "Convert currency: amount is 92."),
        (HEATING, ["set the bedroom to 20"], "Done (set temperature)."),
    ],
)
def test_results_are_told_in_words(tools, turns, answer):
    assert Conversation(*tools).say(*turns) == f"{answer} Is there anything else I can help you with?"


def test_between_tools_that_fit_alike_the_user_is_asked():
    conversation = Conversation(*HEATING)
    answer = conversation.say("temperature bedroom")
    assert answer == "I am not sure which you mean: set temperature or read temperature?"
    assert conversation.calls == []
