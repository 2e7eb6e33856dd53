"""A server hears its contacts only where a request's context tells what they said."""

import pytest

from tests.serve.caller import ANN, BOB, output

INVENTED = "get_ticket_status is refused: ticket_id was never given: ask the user for it."
JOHN = {"username": "john_doe", "api_key": "key"}
SAID = "I am john_doe, my key is: key"
UNKNOWN = '{"status": "Unknown", "issue": "Unknown"}'
OPEN = '{"status": "Open", "issue": "Billing Query"}'


@pytest.fixture(scope="module")
def server(tmp_path_factory, serving, seeded):
    with serving(tmp_path_factory.mktemp("served"), "--pack", "support") as server:
        yield server


@pytest.fixture
def ask(server):
    def ask(ticket, contact=ANN, **context):
        return output(server.url, "get_ticket_status", {"ticket_id": ticket}, contact, **context)

    assert output(server.url, "verify_user", JOHN, ANN, last_message=SAID) == '{"success": true}'
    return ask


def test_the_start_tells_which_arguments_are_grounded_and_in_what(server):
    assert "grounded: verify_user, get_ticket_status" in server.lines[0]
    assert "messages or last_message or contact.last_message" in server.lines[0]


def test_what_the_contact_did_not_say_is_refused_where_the_context_tells_what_they_said(ask):
    assert ask("12345", last_message="Where is my ticket?") == INVENTED
    assert ask("12345", last_message="It is 12345.") == OPEN


def test_where_the_context_tells_nothing_the_server_cannot_know(ask):
    assert ask("99999") == UNKNOWN
    assert ask("99999", messages=[{"role": "assistant", "text": "99999"}]) == UNKNOWN
    assert ask("99999", last_message=None) == UNKNOWN


def test_what_was_said_in_an_earlier_request_counts_and_only_for_that_contact(server, ask):
    assert ask("67890", last_message="My other one is 67890, you know") != INVENTED
    assert ask("67890", last_message="Well?") != INVENTED
    output(server.url, "verify_user", JOHN, BOB, last_message=SAID)
    assert ask("67890", BOB, last_message="Well?") == INVENTED


@pytest.mark.parametrize(
    "context",
    [
        {"messages": ["hello", "it is 31415"]},
        {"messages": "it is 31415"},
        {"contact": {"whatsapp_id": "16506001017", "last_message": "it is 31415"}},
        {"last_message": "hello", "your_custom_field": 31415},
    ],
)
def test_words_and_context_values_are_grounds(server, context):
    contact = context.get("contact", {"whatsapp_id": "16506001018"})
    told = {**context, "contact": contact}
    assert output(server.url, "verify_user", JOHN, contact["whatsapp_id"]) == '{"success": true}'
    assert output(server.url, "get_ticket_status", {"ticket_id": "31415"}, None, **told) == UNKNOWN


def test_what_an_assistant_wrote_into_the_context_is_no_ground(tmp_path, serving):
    said = {"messages": [{"role": "assistant", "text": "99999"}]}
    with serving(tmp_path, "--pack", "support", "--grounded") as server:
        assert "grounded, always" in server.lines[0]
        refused = output(server.url, "verify_user", JOHN)
        assert refused == "verify_user is refused: username and api_key were never given: ask the user for them."
        output(server.url, "verify_user", JOHN, last_message=SAID)
        assert output(server.url, "get_ticket_status", {"ticket_id": "99999"}, **said) == INVENTED


def test_the_path_to_the_words_can_be_given(tmp_path, serving):
    with serving(tmp_path, "--pack", "support", "--said", "chat.latest") as server:
        output(server.url, "verify_user", JOHN)
        ask = {"ticket_id": "12345"}
        assert output(server.url, "get_ticket_status", ask, last_message="hello") == OPEN
        assert output(server.url, "get_ticket_status", ask, chat={"latest": "hello"}) == INVENTED
