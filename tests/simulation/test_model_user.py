"""A model plays the user: what it is told, and what becomes of what it writes."""

import pytest

from chatbot.errors import ModelUnreachable
from chatbot.events import Notice
from chatbot.interrupt import Interrupt
from chatbot.models import Prompt
from chatbot.models.scripted import Scripted
from chatbot.simulation.model import ModelUser
from chatbot.types import Assistant, User

GOAL = "find out the status of ticket {12345}"
FACTS = {"username": "john_doe", "api key": "s3same-open"}
TOLD = """\
You play a person who talks to an assistant. You are the user, not the assistant: you want its help, and give none.

What you want: find out the status of ticket {12345}

What you know:
- username: john_doe
- api key: s3same-open

- Write only what the user says next: one message, short and plain, as a person types it.
- Say what you want first. Tell what you know when you are asked for it.
- What stands above is all you know. Never invent ids, keys, names or numbers: say that you do not know.
- Never write what the assistant says, and nothing about this role.
- When you have got what you want, or see that you cannot get it, say a short goodbye, and then write this line:
<END>"""
OPENING = User("[The conversation begins: you speak first.]")
ONCE_MORE = "\n\n[Write only what the user says next.]"


def spoken(model, *heard, facts=FACTS):
    user = ModelUser(model, GOAL, facts)
    return [user.speak(texts, Interrupt()) for texts in heard]


def test_the_model_is_told_the_conversation_from_the_other_side():
    model = Scripted("What about my ticket?", "I am john_doe.", "Great, goodbye!\n<END>")

    words = spoken(model, ["Hello!"], ["Wait ...", "Who are you?"], ["It is open."], ["Bye."])

    assert words == ["What about my ticket?", "I am john_doe.", "Great, goodbye!", None]
    told = (
        User("Hello!"),
        Assistant("What about my ticket?"),
        User("Wait ...\n\nWho are you?"),
        Assistant("I am john_doe."),
        User("It is open."),
    )
    assert model.prompts == [Prompt(TOLD, told[:size]) for size in (1, 3, 5)]


def test_where_the_assistant_says_nothing_a_stage_direction_stands_for_its_words():
    model = Scripted("Hello?", "Anybody?")
    spoken(model, [], ["", " "])
    assert [prompt.history[-1] for prompt in model.prompts] == [OPENING, User("[The assistant said nothing.]")]


def test_a_user_without_facts_is_told_that_there_are_none():
    model = Scripted("Hello?")
    spoken(model, [], facts={})
    assert "\n\nYou know nothing else.\n\n" in model.prompts[0].system


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("<think>Who am I?</think>\nI want it.", "I want it."),
        ("They ask me.</think>\nI want it.", "I want it."),
        ('"I want it."', "I want it."),
        ("User: I want it.", "I want it."),
        ("**User:** “I want it.”", "I want it."),
        ('"customer: I want it."', "I want it."),
        ("I want it.\n\nAssistant: Here it is.\nUser: Thanks! <END>", "I want it."),
        ("I want it.\n**Support Agent:** Here it is.", "I want it."),
        ("I want it.\nUser: And that.", "I want it."),
        ('My username is "john_doe" and my key is "x"', 'My username is "john_doe" and my key is "x"'),
        ('"john_doe" and "x"', '"john_doe" and "x"'),
        ("At the END of it, no, thanks.", "At the END of it, no, thanks."),
        ("Note: it is my ticket.", "Note: it is my ticket."),
        ("x" * 3_000, "x" * 2_000),
    ],
)
def test_what_a_weak_model_writes_around_the_words_is_taken_off(written, words):
    assert spoken(Scripted(written, "More."), [], ["Yes?"]) == [words, "More."]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Thanks, goodbye!\n<END>", "Thanks, goodbye!"),
        ("Thanks. <end/>", "Thanks."),
        ("<END> Thanks.", "Thanks."),
        ('"Thanks."\n**[END]**', "Thanks."),
        ('"Thanks. <END>"', "Thanks."),
        ("Thanks.\nEND", "Thanks."),
        ("Thanks.\n&lt;END&gt;\nand more", "Thanks."),
        ("Thank you. Goodbye!", "Thank you. Goodbye!"),
        ("<END>", None),
        ("User: <END>\n<END>", None),
    ],
)
def test_the_mark_or_a_mere_goodbye_ends_it(written, words):
    assert spoken(Scripted(written), [], ["You are welcome."]) == [words, None]


@pytest.mark.parametrize("written", ["", "  \n", "<think>hm", "Assistant: How can I help?"])
def test_a_model_that_writes_nothing_of_the_users_is_asked_once_more(written):
    model = Scripted(written, "I want it.", "Thanks.")
    assert spoken(model, ["Hello!"], ["Yes?"]) == ["I want it.", "Thanks."]
    assert [prompt.history for prompt in model.prompts] == [
        (User("Hello!"),),
        (User("Hello!" + ONCE_MORE),),
        (User("Hello!"), Assistant("I want it."), User("Yes?")),
    ]


def test_a_model_that_writes_nothing_twice_is_done():
    assert spoken(Scripted("", ""), [], ["Are you there?"]) == [None, None]


def test_an_error_that_repeats_a_fact_does_not_tell_it_and_the_same_can_be_asked_again():
    said = "The server cannot be reached with s3same-open. Try again."
    model = Scripted(ModelUnreachable(said), "I want it.")
    user = ModelUser(model, GOAL, FACTS)
    with pytest.raises(ModelUnreachable) as caught:
        user.speak([], Interrupt())
    assert str(caught.value) == "The server cannot be reached with •••. Try again."
    assert caught.value.__suppress_context__
    assert user.speak([], Interrupt()) == "I want it."
    assert model.prompts[0] == model.prompts[1]


def test_what_the_model_tells_beside_its_answer_is_dropped():
    class Talkative(Scripted):
        def stream(self, prompt, interrupt):
            yield Notice("warning", "john_doe was refused. Asking once more.")
            yield from super().stream(prompt, interrupt)

    assert spoken(Talkative("I want it."), []) == ["I want it."]


def test_an_interrupted_user_says_nothing_and_can_go_on():
    interrupt = Interrupt()

    def interrupted(_prompt):
        interrupt.set()
        return "I want it."

    model = Scripted(interrupted, "I still want it.")
    user = ModelUser(model, GOAL, FACTS)
    assert user.speak([], interrupt) is None
    assert user.speak([], Interrupt()) == "I still want it."
    assert model.prompts[1].history == (OPENING,)
