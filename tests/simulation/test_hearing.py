import pytest

from chatbot.simulation.hearing import Asked, asked

FACTS = ("username", "api key", "ticket_id", "email", "phone number")
GOAL = "find out the status of ticket 12345"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Could you please give me the username of the user and the API key?", ["username", "api key"]),
        (
            "Please provide the following:\n\n1. **Username**\n2. **API Key**\n\nThen I will look.",
            ["username", "api key"],
        ),
        ("I need the following:\n- your `ticket_id`\n- your e-mail address.\nIt is quick.", ["email", "ticket_id"]),
        ("I will need your e-mail first.", ["email"]),
        ("Please let me know your user name.", ["username"]),
        ("Please confirm your username.", ["username"]),
        ("What's your ticket number?", ["ticket_id"]),
        ("Which ticket do you mean?", ["ticket_id"]),
        ("Could you give me a date (e.g. 2026-12-24) and your phone?", ["phone number"]),
        ("Do you have your API key at hand?", ["api key"]),
        ("May I have your key?", ["api key"]),
        ("Your token, please?", ["api key"]),
        ("Is your username jane?", ["username"]),
        ("Do you have any other proof, such as your e-mail?", ["email"]),
        ("It failed. Is there a network? Please give me the username again.", ["username"]),
    ],
)
def test_facts_are_known_by_the_words_of_their_names(said, names):
    assert set(asked(said, FACTS, GOAL).facts) == set(names)


@pytest.mark.parametrize(
    "said",
    [
        "Shall I check the ticket now?",
        "Do you want me to reset your API key?",
        "The ticket is 12345, is that correct?",
        "I will delete it. Proceed?",
        "Please confirm that I should delete it.",
        "Just to be sure: are you the owner?",
        "Is the name of the account right?",
        "Would you like to know when it is resolved?",
    ],
)
def test_a_question_that_a_yes_answers_is_a_confirmation(said):
    question = asked(said, FACTS, GOAL)
    assert question.confirmation in said
    assert question == Asked(confirmation=question.confirmation)
    assert question.confirmation


@pytest.mark.parametrize("said", ["Hello! How can I help you?", "You are verified. What would you like to do next?"])
def test_the_user_is_asked_for_their_wish(said):
    assert asked(said, FACTS, GOAL) == Asked(wish=True)


def test_the_goal_answers_what_it_names_by_a_code():
    assert asked("Which ticket is it?", ["username"], GOAL) == Asked(wish=True)
    assert asked("Which ticket is it?", ["username"], "see my ticket") == Asked(other=True)


@pytest.mark.parametrize(
    "said", ["What is your date of birth?", "Please provide your date of birth.", "Is there a network?"]
)
def test_nobody_knows_everything(said):
    assert asked(said, FACTS, GOAL) == Asked(other=True)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Your ticket is open.",
        "Your username is fine. Is there anything else I can help you with?",
        "It is open. Do you have any questions?",
        "It is open. How can I help you further?",
        "It is open. Do you need any further assistance?",
        "It is open. What else can I do for you?",
        "Please let me know if you need anything else!",
        "Tell me when you are ready.",
        "I need a little more time.",
    ],
)
def test_what_is_no_question_wants_no_answer(said):
    assert asked(said, FACTS, GOAL) == Asked()


def test_of_two_names_the_one_that_is_said_whole_is_meant():
    assert asked("What is your user name?", ["name", "user name"], "").facts == ("user name",)
    assert asked("What is your name?", ["name", "user name"], "").facts == ("name",)
