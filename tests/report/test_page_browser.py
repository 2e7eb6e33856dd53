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
    pytest.mark.xdist_group("browser"),  # one at a time: it takes a core of its own
    pytest.mark.skipif(CHROMIUM is None, reason=MISSING),
]
ATTACK = (
    "\"'><img src=x onerror='hit=1'><svg onload=hit=2></svg></script><script>hit=3</script></style>"
    "<style>*{display:none}</style></table></details><a href=javascript:hit=4 autofocus onfocus=hit=5>${hit=6} {{ 7*7 }} "
    "&lt;b&gt; --><!-- "
)
"""What would set `hit` wherever it was more than text."""


def attack():
    unmet = (Unmet(ATTACK, ATTACK, 3, (f"  {ATTACK}", f"- {ATTACK}", f"+ {ATTACK}")),)
    asking = calling((ATTACK, {"ticket": ATTACK}), text=ATTACK)
    made = run(f"{ATTACK}.yaml", [ATTACK], asking, ATTACK, description=ATTACK, unmet=unmet, began=ATTACK)
    events = [
        replace(step, event=replace(step.event, model=ATTACK, packs=(ATTACK,), session=ATTACK))
        if isinstance(step.event, SessionStarted)
        else step
        for step in made.steps
    ]
    return replace(made, steps=tuple(events))


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The address of a page on a run that failed, one that passed, five of one script, and one that is wrong."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(as_html([failed(), passed(), *repeated(), wrong()]), "utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser, report):
    """Visit the report, at a fragment; in the end the page has asked for nothing but itself, and nothing went wrong."""
    visits = []

    def visit(fragment="", **options):
        visits.append(opened(browser, report + fragment, **options))
        visited = visits[-1].__enter__()
        pages.append(visited)
        return visited.page

    pages = []
    yield visit
    for window in visits:
        window.__exit__(None, None, None)
    for visited in pages:
        assert [address.partition("#")[0] for address in visited.requests] == [report]
        assert visited.complaints == []


def shown(page):
    """The names of the scripts that are shown, from the top."""
    names = page.locator("tbody.script:visible .name").all_inner_texts()
    return [name.rpartition("/")[2].removesuffix(".yaml") for name in names]


def fragment(page):
    return page.url.partition("#")[2]


def opener(page, name):
    return page.get_by_role("button", name=name)


ALL = ["closed_ticket", "open_ticket", "flaky", "typo"]


def test_the_page_opens_without_a_network_and_tells_how_the_runs_went(visit):
    page = visit()
    assert page.title() == "4 of 8 runs passed · chatbot replay"
    assert page.get_by_role("heading", level=1).inner_text() == "4 of 8 runs passed"
    assert shown(page) == ALL
    assert page.locator(".talk:visible").count() == 0


def test_a_button_shows_the_scripts_with_a_result_and_can_be_linked(visit):
    page = visit()
    page.get_by_role("button", name="Failed 2").click()
    assert shown(page) == ["closed_ticket", "flaky"]
    assert fragment(page) == "status=failed"
    page.get_by_role("button", name="Wrong 1").click()
    assert (shown(page), fragment(page)) == (["typo"], "status=wrong")
    assert page.get_by_role("status").inner_text() == "1 of 4 scripts"
    page.get_by_role("button", name="All 4").click()
    assert (shown(page), fragment(page)) == (ALL, "")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("OPEN_ticket", ["open_ticket"]),
        ("get_ticket 67890", ["closed_ticket", "flaky"]),
        ("is **open**", ["open_ticket", "flaky"]),
        ("no key", ["typo"]),
        ("nobody said this", []),
    ],
)
def test_the_text_box_finds_scripts_by_name_tool_and_words(visit, words, names):
    page = visit()
    page.get_by_role("searchbox").fill(words)
    assert shown(page) == names
    assert page.get_by_role("status").inner_text() == (f"{len(names)} of 4 scripts" if names else "No script fits.")
    again = visit(f"#{fragment(page)}")
    assert (shown(again), again.get_by_role("searchbox").input_value()) == (names, words)


def test_a_fragment_is_applied_when_the_page_opens_and_when_it_changes(visit):
    page = visit("#status=failed&q=67890+closed_ticket")
    assert shown(page) == ["closed_ticket", "flaky"]
    assert page.get_by_role("button", name="Failed 2").get_attribute("aria-pressed") == "true"
    page.evaluate("location.hash = 'status=passed'")
    page.wait_for_function("document.querySelectorAll('tbody.script:not([hidden])').length === 1")
    assert shown(page) == ["open_ticket"]
    strange = visit("#status=<img src=x onerror=alert(1)>&q=&more=%00")
    assert shown(strange) == ALL


def test_a_heading_sorts_by_its_column_and_tells_so(visit):
    page = visit()
    headings = page.locator("table.scripts > thead th")

    def sorted_by(name):
        headings.filter(has_text=name).get_by_role("button").click()
        order = [heading.get_attribute("aria-sort") for heading in headings.all()]
        assert sum(one is not None for one in order) == 1
        return shown(page), next(filter(None, order))

    assert sorted_by("Time") == (["flaky", "open_ticket", "closed_ticket", "typo"], "descending")
    assert sorted_by("Time") == (["typo", "closed_ticket", "open_ticket", "flaky"], "ascending")
    assert sorted_by("Result") == (["typo", "closed_ticket", "flaky", "open_ticket"], "ascending")
    assert sorted_by("Script") == (["flaky", "closed_ticket", "open_ticket", "typo"], "ascending")
    assert sorted_by("Tokens")[0][:2] == ["flaky", "open_ticket"]


def test_a_script_opens_to_its_diff_its_conversation_and_its_times(visit):
    page = visit()
    button = opener(page, "closed_ticket")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    seen = page.locator("#" + button.get_attribute("aria-controls"))
    assert seen.locator(".diff del").inner_text().startswith("- assistant: call function close_ticket")
    assert seen.locator(".diff ins").inner_text().startswith("+ assistant: call function get_ticket")
    assert seen.locator(".line.failure").inner_text() == "Result get_ticket failed, 250 ms\nThere is no ticket 67890."
    bars = seen.locator(".waterfall rect")
    assert [bar.get_attribute("class") for bar in bars.all()] == ["model", "model", "tool", "model"]
    assert all(bar.bounding_box()["width"] > 2 for bar in bars.all())
    page.keyboard.press("Space")
    assert button.get_attribute("aria-expanded") == "false"
    assert not seen.locator(".talk").is_visible()


def test_the_repeats_of_a_script_open_one_by_one(visit):
    page = visit()
    page.locator("tr.head", has_text="flaky").locator("td").last.click()
    runs = page.locator("details.run:visible")
    assert re.sub(r"\s+", " ", runs.nth(1).inner_text()) == "Run 2 ✗ failed · 2.8 s"
    assert runs.locator(".talk:visible").count() == 0
    runs.nth(1).locator("summary").click()
    assert runs.locator(".talk:visible").count() == 1


def test_what_was_said_does_nothing_and_is_shown_to_the_letter(browser, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(as_html([attack(), wrong(f"{ATTACK}2.yaml", ATTACK)]), "utf-8")
    with opened(browser, path.as_uri()) as visited:
        page = visited.page
        for button in page.locator("button.name").all():
            button.click()
        page.get_by_role("searchbox").fill(ATTACK)
        texts = page.locator(
            ".name, .text, .description, .missed h2, .diff ins, .worker, .line .tool"
        ).all_inner_texts()
        assert [text for text in texts if ATTACK.strip() not in text] == []
        assert len(texts) > 15
        assert page.locator("tbody.script:visible").count() == 2
        assert page.evaluate("[typeof hit, document.images.length, document.links.length]") == ["undefined", 0, 0]
        assert page.evaluate("[document.scripts.length, document.styleSheets.length]") == [1, 1]
        assert visited.complaints == []
        assert [address.partition("#")[0] for address in visited.requests] == [path.as_uri()]


def test_the_policy_lets_no_other_script_run_and_nothing_load(browser, report):
    with opened(browser, report) as visited:
        visited.page.evaluate(
            """() => document.body.insertAdjacentHTML("beforeend", "<img src=https://127.0.0.1/x onerror='hit=1'>")
            || document.body.append(Object.assign(document.createElement("script"), {textContent: "hit = 2"}))"""
        )
        visited.page.wait_for_timeout(20)
        assert visited.page.evaluate("typeof hit") == "undefined"
        assert len(visited.complaints) == 3  # the image, its handler, the script
        assert all("Content Security Policy" in complaint for complaint in visited.complaints)
        assert visited.requests == [report]


def test_paper_shows_every_conversation_that_the_filter_leaves(visit):
    page = visit("#status=failed", color_scheme="dark")
    page.emulate_media(media="print")
    talks = page.locator(".talk").filter(visible=True)
    assert talks.count() == 6
    assert all(talk.evaluate("talk => talk.checkVisibility({contentVisibilityAuto: true})") for talk in talks.all())
    assert page.evaluate("getComputedStyle(document.querySelector('.scripts')).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("searchbox").is_visible()
    assert len(re.findall(rb"/Type /Page\b", _plain(page.pdf(format="A4")))) >= 4


def _plain(pdf):
    """A PDF with its packed streams unpacked."""
    parts = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return b"\n".join(parts)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_dark_or_light_as_the_reader_likes(visit, scheme):
    page = visit(color_scheme=scheme)
    colours = page.evaluate(
        "[document.documentElement, document.querySelector('h1')].map((one) => getComputedStyle(one))"
        ".map((style, index) => index ? style.color : style.backgroundColor)"
    )
    paper, ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours)
    assert (paper > 700 and ink < 150) if scheme == "light" else (paper < 150 and ink > 600)


def test_a_narrow_window_needs_no_scrolling_sideways(visit):
    page = visit(viewport={"width": 360, "height": 740})
    opener(page, "closed_ticket").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator("table.scripts > thead th:visible").all_inner_texts() == ["Script", "Result", "Time"]


def test_it_can_be_read_without_scripting(visit):
    page = visit(java_script_enabled=False)
    assert not page.get_by_role("searchbox").is_visible()
    page.locator("summary:visible").first.click()
    assert page.locator(".talk:visible .line.user").last.inner_text() == "User\nClose ticket 12345."
