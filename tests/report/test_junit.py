"""JUnit XML, as its readers see it."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml

from chatbot.render.clean import clean
from chatbot.replay.runs import Run, Unmet
from chatbot.report.junit import as_junit
from tests.report.samples import BEGAN, HOSTILE, failed, hostile, passed, repeated, wrong

DOCUMENT = """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites name="chatbot replay" tests="3" failures="1" errors="1" time="5.750">
  <testsuite name="examples/support" tests="2" failures="1" errors="0" time="5.750" skipped="0" \
timestamp="2026-11-21T07:15:00+00:00">
    <testcase classname="chatbot.examples.support" name="open_ticket.yaml" time="2.875" \
file="examples/support/open_ticket.yaml">
      <properties>
        <property name="description" value="A ticket that is open" />
        <property name="model" value="scripted" />
        <property name="seed" value="7" />
        <property name="tokens" value="2099" />
      </properties>
      <system-out>(the assistant speaks first)
assistant: Hello!
user: What about ticket 12345?
assistant: call function get_ticket, with arguments {"ticket": "12345"}
function response: {"ticket": "12345", "status": "Open"}
assistant: It is **open**.</system-out>
    </testcase>
    <testcase classname="chatbot.examples.support" name="closed_ticket.yaml" time="2.875" \
file="examples/support/closed_ticket.yaml" line="12">
      <properties>
        <property name="model" value="scripted" />
        <property name="tokens" value="0" />
      </properties>
      <failure message="turn 2, expect.calls[0]: close_ticket {&quot;ticket&quot;: &quot;12345&quot;} was expected; \
get_ticket {&quot;ticket&quot;: &quot;67890&quot;} was called. (and 1 more)" type="expectation">\
turn 2, expect.calls[0] (line 12): close_ticket {"ticket": "12345"} was expected; \
get_ticket {"ticket": "67890"} was called.
  user: Close ticket 12345.
- assistant: call function close_ticket, with arguments {"ticket": "12345"}
+ assistant: call function get_ticket, with arguments {"ticket": "67890"}

turn 2, expect.answer.contains (line 14): The answer does not contain "closed": "There is none."</failure>
      <system-out>user: Hello.
assistant: Hello!
user: Close ticket 12345.
assistant: call function get_ticket, with arguments {"ticket": "67890"}
function response (failed): There is no ticket 67890.
assistant: There is none.</system-out>
    </testcase>
  </testsuite>
  <testsuite name="examples" tests="1" failures="0" errors="1" time="0.000" skipped="0" \
timestamp="2026-11-21T07:15:00+00:00">
    <testcase classname="chatbot.examples" name="typo.yaml" time="0.000" file="examples/typo.yaml">
      <properties>
        <property name="tokens" value="0" />
      </properties>
      <error message="line 3, column 5: there is no key 'expects' here." type="script">\
line 3, column 5: there is no key 'expects' here.</error>
    </testcase>
  </testsuite>
</testsuites>
"""
TAGS = ["error", "failure", "properties", "property", "system-out", "testcase", "testsuite", "testsuites"]


def cases(*runs):
    """The test cases, as another program reads them."""
    return [case for suite in JUnitXml.fromstring(as_junit(runs).encode()) for case in suite]


def test_a_whole_document():
    runs = [passed(description="A ticket that is open", seed=7), failed(), wrong()]
    assert as_junit(runs) == DOCUMENT


def test_no_runs_are_a_document_as_well():
    assert JUnitXml.fromstring(as_junit([]).encode()).tests == 0


def test_another_program_counts_the_same():
    read = JUnitXml.fromstring(as_junit([passed(), failed(), wrong(), *repeated()]).encode())
    counts = (read.tests, read.failures, read.errors, read.skipped, read.time)
    read.update_statistics()  # by its cases, whatever the attributes say
    assert counts[:3] == (read.tests, read.failures, read.errors) == (8, 3, 1)
    assert counts[4] == read.time == 7 * 2.875
    assert [(suite.name, suite.tests) for suite in read] == [("examples/support", 2), ("examples", 6)]


def test_a_suite_began_when_its_first_run_did():
    runs = [Run("a/a"), Run("a/b", began="2026-11-22"), Run("a/c", began=BEGAN), Run("b/a")]
    assert [suite.timestamp for suite in JUnitXml.fromstring(as_junit(runs).encode())] == [BEGAN, None]


def test_each_repeat_is_a_case_of_its_own():
    read = cases(*repeated(repeats=3, fails=(2,)))
    assert [(case.name, case.is_passed) for case in read] == [
        ("flaky.yaml (1 of 3)", True),
        ("flaky.yaml (2 of 3)", False),
        ("flaky.yaml (3 of 3)", True),
    ]
    assert len({case.classname for case in read}) == 1


def test_what_did_not_run_is_an_error_and_all_that_is_unmet_one_failure():
    results = [case.result for case in cases(passed(), wrong(), failed())]
    assert [[type(one) for one in result] for result in results] == [[], [Failure], [Error]]


@pytest.mark.parametrize(
    ("script", "suite", "classname", "name"),
    [
        ("a.yaml", ".", "chatbot", "a.yaml"),
        ("./a.b/c.txt", "a.b", "chatbot.a_b", "c.txt"),
        ("/tmp/x/a.yaml", "/tmp/x", "chatbot.tmp.x", "a.yaml"),
        ("../up/a.yaml", "../up", "chatbot.up", "a.yaml"),
    ],
)
def test_a_folder_is_a_suite_and_its_path_a_class(script, suite, classname, name):
    (read,) = JUnitXml.fromstring(as_junit([passed(script)]).encode())
    (case,) = read
    assert (read.name, case.classname, case.name) == (suite, classname, name)


def test_hostile_text_stays_text():
    root = ElementTree.fromstring(as_junit([hostile(), wrong(why=HOSTILE)]))
    tags = {element.tag for element in root.iter()}
    assert sorted(tags) == TAGS
    shown = clean(HOSTILE).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    assert root.find(".//error").text == shown
    assert shown in root.find(".//failure").text
    assert shown in root.find(".//system-out").text


@given(st.text(st.characters(), max_size=20))
def test_whatever_was_said_the_document_can_be_read(text):
    run = Run(text or "a", description=text, unmet=(Unmet(text, text, 1, (text,)),))
    (case,) = cases(run)
    assert case.is_failure
    (case,) = cases(Run("a", wrong=f"x{text}"))
    assert case.is_error
