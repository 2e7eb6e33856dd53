"""Who somebody is, the context says; what they have verified counts for them, for a while, and for nobody else."""

import json
import time

import pytest

from tests.serve.caller import ANN, BOB, body_of, output, posted

REFUSED = "is refused until"


@pytest.fixture(scope="module")
def url(tmp_path_factory, serving):
    with serving(tmp_path_factory.mktemp("served"), "--pack", "support,./people.py") as server:
        yield server.url


@pytest.fixture
def somebody(request):
    """A contact that no other test knows."""
    return f"1650{abs(hash(request.node.name)) % 10**9:09}"


def verify(url, contact, name="ann", key=None):
    return output(url, "verify", {"name": name, "key": key or f"key of {name}"}, contact)


def test_a_ticket_is_told_to_who_was_verified_and_to_nobody_else(url):
    key = {"username": "john_doe", "api_key": "key"}
    assert REFUSED in output(url, "get_ticket_status", {"ticket_id": "12345"}, ANN)
    assert output(url, "verify_user", key, ANN) == '{"success": true}'
    assert json.loads(output(url, "get_ticket_status", {"ticket_id": "12345"}, ANN))["status"] == "Open"
    assert REFUSED in output(url, "get_ticket_status", {"ticket_id": "12345"}, BOB)
    somebody_elses = json.loads(output(url, "get_ticket_status", {"ticket_id": "24680"}, ANN))
    assert somebody_elses == {"status": "Unknown", "issue": "Unknown"}


def test_a_failed_verification_opens_nothing_and_takes_back_an_earlier_one(url, somebody):
    assert verify(url, somebody, key="wrong") == '{"success": false}'
    assert REFUSED in output(url, "ticket", {}, somebody)
    verify(url, somebody)
    assert output(url, "ticket", {}, somebody) == "ticket of ann"
    verify(url, somebody, key="wrong")
    assert REFUSED in output(url, "ticket", {}, somebody)


def test_arguments_cannot_claim_to_be_somebody_else(url, somebody):
    verify(url, somebody)
    assert "names somebody else than the verified user" in output(url, "ticket", {"name": "bob"}, somebody)
    for claim in ({"contact": {"whatsapp_id": ANN}}, {"context": {}}, {"whatsapp_id": ANN}, {"user": "bob"}):
        assert "ticket of" not in output(url, "ticket", claim, somebody)
    call = {"function_name": "ticket", "function_args": {"wa_id": somebody}, "wa_id": BOB, "context": {}}
    assert "wa_id is given by the session" in posted(url, json.dumps(call).encode())[2]


def test_a_number_is_the_same_however_it_is_written(url, somebody):
    verify(url, somebody)
    for same in (f"+{somebody}", f" +{somebody[:4]} {somebody[4:]} ", int(somebody)):
        assert output(url, "ticket", {}, same) == "ticket of ann"
    assert REFUSED in output(url, "ticket", {}, somebody[:-1])


@pytest.mark.parametrize(
    "context",
    [
        {"wa_id": "{}"},
        {"contact": {"whatsapp_id": None}, "wa_id": "+{}"},
        {"contact": {"whatsapp_id": "", "uuid": "other"}, "wa_id": "{}"},
        {"contact": {"whatsapp_id": "{}", "uuid": "x"}, "wa_id": "1999999"},
    ],
)
def test_the_contacts_number_is_looked_for_where_the_platform_writes_it(url, somebody, context):
    verify(url, somebody)
    filled = json.loads(json.dumps(context).replace("{}", somebody))
    assert output(url, "ticket", {}, None, **filled) == "ticket of ann"


@pytest.mark.parametrize("ids", [{"uuid": "b5ddb14c-1ecb"}, {"id": 4711}])
def test_a_contact_without_a_number_goes_by_its_id(url, ids):
    verified = {"name": "ann", "key": "key of ann"}
    output(url, "verify", verified, None, contact=ids)
    assert output(url, "ticket", {}, None, contact=ids) == "ticket of ann"
    other_kind = {"id": "b5ddb14c-1ecb"} if "uuid" in ids else {"whatsapp_id": "4711"}
    assert REFUSED in output(url, "ticket", {}, None, contact=other_kind)


@pytest.mark.parametrize("kind", ["uuid", "id"])
def test_ids_that_are_no_numbers_differ_however_alike_their_digits_are(url, kind):
    output(url, "verify", {"name": "ann", "key": "key of ann"}, None, contact={kind: "12-3456"})
    assert output(url, "ticket", {}, None, contact={kind: "12-3456"}) == "ticket of ann"
    assert REFUSED in output(url, "ticket", {}, None, contact={kind: "1-23456"})


@pytest.mark.parametrize(
    "contact", [None, {}, {"whatsapp_id": ["1"]}, {"whatsapp_id": True}, {"whatsapp_id": " "}, "ann"]
)
def test_of_nobody_nothing_is_kept(url, contact):
    context = {} if contact is None else {"contact": contact}
    assert output(url, "verify", {"name": "ann", "key": "key of ann"}, None, **context) == '{"success": true}'
    assert REFUSED in output(url, "ticket", {}, None, **context)


def test_a_packs_own_state_is_the_contacts(url, somebody):
    assert [output(url, "count", {}, somebody) for _ in range(3)] == ["1", "2", "3"]
    assert output(url, "count", {}, f"{somebody}0") == "1"


def test_a_verification_expires_however_often_other_tools_are_used(tmp_path, serving):
    with serving(tmp_path, "--remember", "1.2") as server:
        verify(server.url, ANN)
        until = time.monotonic() + 10
        while (told := output(server.url, "ticket", {}, ANN)) == "ticket of ann":
            assert time.monotonic() < until, "it does not expire"
            time.sleep(0.1)
        assert REFUSED in told
        verify(server.url, ANN)
        assert output(server.url, "ticket", {}, ANN) == "ticket of ann"


def test_what_was_verified_is_known_after_a_restart_and_to_two_secrets(tmp_path, serving):
    with serving(tmp_path) as server:
        verify(server.url, ANN)
    with serving(
        tmp_path, TURN_HMAC_SECRET="a new secret", TURN_HMAC_SECRET_PREVIOUS="a secret of both ends"
    ) as server:
        assert output(server.url, "ticket", {}, ANN) == "ticket of ann"
        assert posted(server.url, body_of("ticket"), "wrong")[0] == 403
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("serve.db*"))
    assert kept
    assert ANN.encode() not in kept
    assert {file.stat().st_mode & 0o777 for file in tmp_path.rglob("serve.db*")} == {0o600}


def test_write_tools_run_with_a_yes_or_a_rule(tmp_path, serving):
    config = tmp_path / "config.toml"
    config.write_text('[approvals]\nchange = "allow"\nfail = "deny"\n', "utf-8")
    with serving(tmp_path, CHATBOT_CONFIG=str(config)) as server:
        assert output(server.url, "change") == "changed"
        assert output(server.url, "fail", {"how": "politely"}).startswith("fail is refused: the rules")
    with serving(tmp_path, "--yes") as server:
        assert output(server.url, "change") == "changed"
