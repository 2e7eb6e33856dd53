import re
import zlib
from dataclasses import replace

import pytest

from chatbot.events import SessionStarted
from chatbot.replay.runs import Unmet
from chatbot.report.page import as_html
from tests.conversation import calling
from tests.report.browser import CHROMIUM, MISSING, launched, opened
from tests.report.samples import failed, passed, repeated, run, wrong

pytestmark = [
    pytest.mark.xdist_group("browser"),  # one browser is enough
    pytest.mark.skipif(CHROMIUM is None, reason=MISSING),
]
ALL = ["closed_ticket", "open_ticket", "flaky", "typo"]
ATTACK = (
    "\"'><img src=x onerror='hit=1'><svg onload=hit=2></svg></script><script>hit=3</script></style>"
    "<style>*{display:none}</style></table></details><a href=javascript:hit=4 onfocus=hit=5>${hit=6} {{ 7*7 }} "
    "&lt;b&gt; --><!--"
)
"""What would set `hit` wherever it was more than text."""


def attack():
    """A run in which every text is the attack."""
    unmet = (Unmet(ATTACK, ATTACK, 3, (f"  {ATTACK}", f"- {ATTACK}", f"+ {ATTACK}")),)
    asking = calling((ATTACK, {"ticket": ATTACK}), text=ATTACK)
    made = run(f"{ATTACK}.yaml", [ATTACK], asking, ATTACK, description=ATTACK, unmet=unmet)
    first, *steps = made.steps
    assert isinstance(first.event, SessionStarted)
    event = replace(first.event, model=ATTACK, packs=(ATTACK,), session=ATTACK)
    return replace(made, began=ATTACK, steps=(replace(first, event=event), *steps))


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def window(browser):
    with opened(browser) as window:
        yield window


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The address of a page on a run that failed, one that passed, five of one script, and one that is wrong."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(as_html([failed(), passed(), *repeated(), wrong()]), "utf-8")
    return path.as_uri()


@pytest.fixture
def visit(window, report):
    """Visit the report, at a fragment; in the end the page has asked for nothing but itself, and nothing went wrong."""

    yield lambda fragment="", **options: window.visit(report + fragment, **options)
    assert window.asked_beyond(report) == []
    assert window.complaints == []


def shown(page):
    """The names of the scripts that are shown, from the top."""
    names = page.locator("tbody.script:visible .name").all_inner_texts()
    return [name.rpartition("/")[2].removesuffix(".yaml") for name in names]


def fragment(page):
    return page.url.partition("#")[2]


def words(seen):
    return " ".join(seen.inner_text().split())


def test_the_page_opens_without_a_network_and_tells_how_the_runs_went(visit):
    page = visit()
    assert page.title() == "4 of 8 runs passed · chatbot replay"
    assert words(page.locator("header")).startswith(
        "chatbot replay 2026-11-21 07:15:00 UTC 4 of 8 runs passed ✓ 4 passed ✗ 3 failed ! 1 wrong"
    )
    assert shown(page) == ALL
    assert page.locator(".talk:visible").count() == 0


def test_a_button_shows_the_scripts_with_a_result_and_can_be_linked(visit):
    page = visit()
    page.get_by_role("button", name="Failed 2").click()
    assert (shown(page), fragment(page)) == (["closed_ticket", "flaky"], "status=failed")
    page.get_by_role("button", name="Wrong 1").click()
    assert (shown(page), fragment(page)) == (["typo"], "status=wrong")
    assert page.get_by_role("status").inner_text() == "1 of 4 scripts"
    page.get_by_role("button", name="All 4").click()
    assert (shown(page), fragment(page)) == (ALL, "")


def test_the_text_box_finds_scripts_by_name_tool_and_words(visit):
    page = visit()
    found = {}
    for said in ("OPEN_ticket", "get_ticket 67890", "is **open**", "no key", "nobody said this"):
        page.get_by_role("searchbox").fill(said)
        found[said] = shown(page), page.get_by_role("status").inner_text()
    assert found == {
        "OPEN_ticket": (["open_ticket"], "1 of 4 scripts"),
        "get_ticket 67890": (["closed_ticket", "flaky"], "2 of 4 scripts"),
        "is **open**": (["open_ticket", "flaky"], "2 of 4 scripts"),
        "no key": (["typo"], "1 of 4 scripts"),
        "nobody said this": ([], "No script fits."),
    }
    again = visit(f"#{fragment(page)}")
    assert (shown(again), again.get_by_role("searchbox").input_value()) == ([], "nobody said this")


def test_a_fragment_is_applied_when_the_page_opens_and_when_it_changes(visit):
    page = visit("#status=failed&q=ticket+67890")
    assert shown(page) == ["closed_ticket", "flaky"]
    assert page.get_by_role("button", name="Failed 2").get_attribute("aria-pressed") == "true"
    page.evaluate("location.hash = 'status=passed'")
    page.wait_for_function("document.querySelectorAll('tbody.script:not([hidden])').length === 1")
    assert shown(page) == ["open_ticket"]
    assert shown(visit("#status=<img src=x onerror=alert(1)>&q=&more=%00")) == ALL


def test_a_heading_sorts_by_its_column_and_tells_so(visit):
    page = visit()
    headings = page.locator("table.scripts > thead th")

    def sorted_by(name):
        headings.filter(has_text=name).get_by_role("button").click()
        orders = headings.evaluate_all("(all) => all.map((one) => one.ariaSort).filter(Boolean)")
        return shown(page), *orders

    assert sorted_by("Time") == (["flaky", "closed_ticket", "open_ticket", "typo"], "descending")
    assert sorted_by("Time") == (["typo", "closed_ticket", "open_ticket", "flaky"], "ascending")
    assert sorted_by("Result") == (["typo", "closed_ticket", "flaky", "open_ticket"], "ascending")
    assert sorted_by("Script") == (["flaky", "closed_ticket", "open_ticket", "typo"], "ascending")
    assert sorted_by("Tokens") == (["flaky", "open_ticket", "closed_ticket", "typo"], "descending")


def test_a_script_opens_to_its_diff_its_conversation_and_its_times(visit):
    page = visit()
    button = page.locator("button.name", has_text="closed_ticket")
    button.focus()
    page.keyboard.press("Enter")
    page.locator("button.name[aria-expanded=true]", has_text="closed_ticket").wait_for()
    seen = page.locator("#" + button.get_attribute("aria-controls"))
    assert words(seen.locator(".diff del")).startswith("- assistant: call function close_ticket")
    assert words(seen.locator(".diff ins")).startswith("+ assistant: call function get_ticket")
    assert words(seen.locator(".line.failure")) == "Result get_ticket failed, 250 ms There is no ticket 67890."
    bars = seen.locator(".waterfall rect").evaluate_all(
        "(all) => all.map((one) => [one.className.baseVal, one.getBoundingClientRect().width > 2])"
    )
    assert bars == [["model", True], ["model", True], ["tool", True], ["model", True]]
    page.keyboard.press("Space")
    page.locator("button.name[aria-expanded=false]", has_text="closed_ticket").wait_for()
    assert not seen.locator(".talk").is_visible()


def test_the_repeats_of_a_script_open_one_by_one(visit):
    page = visit()
    page.locator("tr.head", has_text="flaky").locator("td").last.click()
    runs = page.locator("details.run:visible")
    assert re.fullmatch(r"Run 2 ✗ failed [\d.]+ s", words(runs.nth(1)))
    assert runs.locator(".talk:visible").count() == 0
    runs.nth(1).locator("summary").click()
    assert runs.locator(".talk:visible").count() == 1


def test_what_was_said_does_nothing_and_is_shown_to_the_letter(window, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(as_html([attack(), wrong(f"{ATTACK}2.yaml", ATTACK)]), "utf-8")
    page = window.visit(path.as_uri())
    for button in page.locator("button.name").all():
        button.click()
    page.get_by_role("searchbox").fill(ATTACK)
    assert page.locator("tbody.script:visible").count() == 2
    places = ".name, .description, .missed h2, .missed .text, .diff ins, .line.user .text, .line .tool, .worker"
    texts = page.locator(places).all_inner_texts()
    assert len(texts) == 12
    assert [text for text in texts if ATTACK not in text] == []
    assert page.evaluate("[typeof hit, document.images.length, document.links.length]") == ["undefined", 0, 0]
    assert page.evaluate("[document.scripts.length, document.styleSheets.length]") == [1, 1]
    assert (window.complaints, window.asked_beyond(path.as_uri())) == ([], [])


def test_the_policy_lets_no_other_script_run_and_nothing_load(window, report):
    page = window.visit(report)
    refused = page.evaluate(
        """() => new Promise((all) => {
            const refused = [];
            addEventListener("securitypolicyviolation", (event) => {
                if (refused.push(event.effectiveDirective) === 6) all(refused.sort());
            });
            const make = (name, fields) => document.body.append(Object.assign(document.createElement(name), fields));
            make("p", { innerHTML: "<img src=https://127.0.0.1/x onerror='hit = 1'>" });
            make("script", { textContent: "hit = 2" });
            make("style", { textContent: "* { display: none }" });
            make("iframe", { src: "https://127.0.0.1/" });
            fetch("https://127.0.0.1/").catch(() => null);
        })"""
    )
    assert refused == ["connect-src", "frame-src", "img-src", "script-src-attr", "script-src-elem", "style-src-elem"]
    assert page.evaluate("typeof hit") == "undefined"


def test_paper_shows_every_conversation_that_the_filter_leaves(visit):
    page = visit("#status=failed", media="print", scheme="dark")
    talks = page.locator(".talk").evaluate_all("(all) => all.map((one) => one.checkVisibility())")
    assert talks == [True, False, True, True, True, True, True]
    assert page.evaluate("getComputedStyle(document.querySelector('.scripts')).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("searchbox").is_visible()
    assert len(re.findall(rb"/Type /Page\b", unpacked(page.pdf(format="A4")))) >= 4


def unpacked(pdf):
    """A PDF with its streams, unpacked, behind it."""
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"\n".join(zlib.decompressobj().decompress(stream) for stream in streams)


@pytest.mark.parametrize(("scheme", "paper", "ink"), [("light", "#f7f7f5", "#1d1f23"), ("dark", "#141519", "#e8e8e6")])
def test_it_is_dark_or_light_as_the_reader_likes(visit, scheme, paper, ink):
    page = visit(scheme=scheme)
    style = page.evaluate(
        "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert style == [f"rgb({', '.join(str(byte) for byte in bytes.fromhex(colour[1:]))})" for colour in (paper, ink)]


def test_a_narrow_window_needs_no_scrolling_sideways(visit):
    page = visit(width=360)
    page.locator("button.name", has_text="closed_ticket").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator("table.scripts > thead th:visible").all_inner_texts() == ["Script", "Result", "Time"]


def test_it_can_be_read_without_scripting(browser, report):
    with opened(browser, java_script_enabled=False) as window:
        page = window.visit(report)
        assert not page.get_by_role("searchbox").is_visible()
        page.locator("summary:visible").first.click()
        assert words(page.locator(".line.user:visible").last) == "User Close ticket 12345."
