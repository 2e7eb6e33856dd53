from chatbot.serve.record import MOST_CHARACTERS, Record, Run, from_json, grown, to_json
from chatbot.trust.standing import Ran, Standing
from tests.conversation import tool

VERIFY, CONSENT = tool("verify", None), tool("consent", None)
ANN = Ran({"success": True}, "ann")
HOUR = 3600.0


def run(record, tool, ran, now, arguments="{}"):
    return Run("p", tool, arguments, ran).added_to(record, now, HOUR)


def standing(record, now):
    return record.standings(now, HOUR).get("p", Standing())


def test_a_verification_counts_from_its_own_moment():
    record = run(Record(), VERIFY, ANN, 1000.0)
    assert standing(record, 1000 + HOUR - 1) == Standing(frozenset({"verify"}), "ann", "verify")
    assert standing(record, 1000 + HOUR) == Standing()
    assert record.until(HOUR) == 1000 + HOUR


def test_a_clock_that_was_set_back_lets_nothing_count_for_longer():
    years_ahead = run(Record(), VERIFY, ANN, 1e9)
    assert standing(years_ahead, 1000.0) == Standing()
    without_identity = run(Record(), CONSENT, Ran(True), 1e9)
    assert standing(without_identity, 1000.0) == Standing()
    assert standing(run(Record(), VERIFY, ANN, 1001.0), 1000.0).user == "ann"  # of another machine's clock


def test_another_tools_success_prolongs_no_verification_and_ends_with_it():
    record = run(run(Record(), VERIFY, ANN, 1000.0), CONSENT, Ran(True), 2000.0)
    assert standing(record, 1000 + HOUR - 1).succeeded == {"verify", "consent"}
    assert standing(record, 1000 + HOUR) == Standing()


def test_without_an_identity_every_success_has_its_own_time():
    record = run(run(Record(), VERIFY, Ran(True), 1000.0), CONSENT, Ran(True), 2000.0)
    assert standing(record, 1000 + HOUR).succeeded == {"consent"}
    assert standing(record, 2000 + HOUR).succeeded == frozenset()


def test_a_new_verification_begins_anew_and_a_failed_one_takes_it_back():
    record = run(run(Record(), VERIFY, ANN, 1000.0), VERIFY, ANN, 3000.0)
    assert standing(record, 3000 + HOUR - 1).user == "ann"
    assert standing(run(record, VERIFY, Ran({"success": False}), 3001.0), 3002.0) == Standing()


def test_a_verification_of_somebody_else_ends_the_first_ones_time():
    record = run(run(Record(), VERIFY, ANN, 1000.0), CONSENT, Ran(True), 1001.0)
    record = run(record, VERIFY, Ran({"success": True}, "bob"), 3000.0)
    assert standing(record, 3000 + HOUR - 1) == Standing(frozenset({"verify"}), "bob", "verify")


def test_an_expired_identity_is_not_taken_up_again_by_another_success():
    record = run(run(Record(), VERIFY, ANN, 1000.0), CONSENT, Ran(True), 1000.0 + HOUR)
    assert standing(record, 1001.0 + HOUR) == Standing(frozenset({"consent"}))


def test_a_record_is_the_same_after_json():
    record = run(Record(), VERIFY, ANN, 1000.0, '{"name": "ann"}')
    record = grown(record, ["my key is \ud800\0"], [('{"id": 7}', "{}")], 1001.0)
    assert from_json(to_json(record)) == record


def test_a_text_that_is_no_record_is_an_empty_one():
    for text in (None, "", "[]", "null", "{", '{"packs": {"p": {}}}', '{"packs": 1}', '{"texts": [1]}', '{"told": []}'):
        assert from_json(text) == Record()


def test_what_is_kept_of_a_conversation_is_bounded_and_each_text_is_kept_once():
    record = grown(Record(), ["hello"], [], 1.0)
    assert grown(record, ["hello"], [], 2.0).texts == record.texts
    for number in range(300):
        record = grown(record, [f"{number} " + "x" * 1000], [], 3.0)
    assert sum(map(len, (text for text, _ in record.texts))) <= 2 * MOST_CHARACTERS
    assert record.texts[-1][0].startswith("299 ")
    assert len(grown(Record(), map(str, range(300)), [], 1.0).texts) == 100
