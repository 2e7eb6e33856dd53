import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatbot.events import Notice, Replied, ToolCalled, ToolReturned, TurnEnded, TurnStarted, to_json
from chatbot.export import FORMS, export
from chatbot.export.script import SECRETS
from chatbot.replay.tasks import said
from chatbot.scripts.source import Source
from chatbot.transcript import Loaded
from chatbot.types import Assistant, ToolCall, ToolResult, User
from tests.transcript.talk import ASK, GREETING, TALK, started, turn

HOSTILE = (
    "\x1b]52;c;x\x07\x1b[2J</pre></span><script>alert(1)</script> `````` \u202e <!-- & [bold]b[/bold] \ud800 \uffff"
)


def loaded(*events):
    first = events[0]
    return Loaded(first.session, first.model, first.packs, first.time, events)


MARKDOWN = """\
# Session a1b2c3d4e5f6

`2026-11-21T07:15:00+00:00 · scripted · support, weather`

**Info** `A note.`

**Assistant**

> Hello!

**User**

> Größe of ticket 12345?
> In one line.

**Call**

```
get_ticket {"ticket": "12345"}
```

**Result**

```
{"status": "Open"}
```

**Assistant**

> It is **Open**.
"""
SCRIPT = """\
# Session a1b2c3d4e5f6, 2026-11-21T07:15:00+00:00, scripted
pack:
  - support
  - weather
greeting:
  calls: []
turns:
  - user: |-
      Größe of ticket 12345?
      In one line.
    expect:
      calls:
        - tool: get_ticket
          arguments:
            ticket: '12345'
"""


@pytest.mark.parametrize(("form", "document"), [("markdown", MARKDOWN), ("script", SCRIPT)])
def test_a_whole_conversation(form, document):
    assert export(loaded(*TALK), form) == document


def test_json_is_one_array_of_the_events_in_their_public_form():
    document = export(loaded(*TALK), "json")
    assert json.loads(document) == [json.loads(json.dumps(to_json(event))) for event in TALK]
    assert len(document.splitlines()) == len(TALK) + 2


def test_json_of_nothing_is_an_array_too():
    assert json.loads(export(Loaded("s", "", (), "", ()), "json")) == []


FAILED = (
    started(),
    TurnStarted(User("close it")),
    Replied(Assistant("", (ASK,))),
    ToolCalled(ASK),
    ToolReturned(ToolResult("c1", "get_ticket", "Verify first.", "denied"), 0.0),
    TurnEnded("error", "The model is down."),
    TurnStarted(User("hello?")),
)


def test_what_went_wrong_is_told_and_a_turn_that_was_killed_ends():
    markdown = export(loaded(*FAILED), "markdown")
    assert "**Result: denied**\n\n```\nVerify first.\n```" in markdown
    assert "**Ended: error** `The model is down.`" in markdown
    assert markdown.endswith("**Ended: interrupted**\n")
    script = export(loaded(*FAILED), "script")
    assert "failure: denied\n      stop: error\n" in script
    assert script.endswith("stop: interrupted\n")
    assert json.loads(export(loaded(*FAILED), "json"))[-1] == {
        "type": "turn_ended",
        "stop": "interrupted",
        "detail": "",
    }


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_was_said_drives_a_terminal(form):
    call = ToolCall("c", HOSTILE, HOSTILE)
    document = export(
        loaded(
            started(session="a\x1b[2J"),
            Notice("info", HOSTILE),
            *(TurnStarted(User(HOSTILE)), Replied(Assistant(HOSTILE, (call,))), ToolCalled(call)),
            *(ToolReturned(ToolResult("c", HOSTILE, HOSTILE), 0.1), TurnEnded("error", HOSTILE)),
        ),
        form,
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", document)
    assert "alert(1)" in document.replace("&#160;", " ")


TEXTS = st.text(st.sampled_from("ab `~#>-\n\t<!*_[]()\\|"), max_size=40)


@given(TEXTS, TEXTS)
def test_nothing_in_markdown_reaches_beyond_its_quotes_and_fences(text, content):
    call = ToolCall("c", "f", content)
    events = (
        *(TurnStarted(User(text)), Replied(Assistant(f"{text}.", (call,))), ToolCalled(call)),
        *(ToolReturned(ToolResult("c", "f", content), 0.1), Notice("info", content), TurnEnded("done")),
    )
    tokens = MarkdownIt("commonmark").parse(export(loaded(started(), *events), "markdown"))
    outermost = [token.type for token in tokens if token.level == 0 and token.nesting >= 0]
    quoted = ["paragraph_open", "blockquote_open"]
    fenced = ["paragraph_open", "fence"]
    assert outermost == ["heading_open", "paragraph_open", *quoted, *quoted, *fenced, *fenced, "paragraph_open"]
    ours = [token.content for token in tokens if token.type == "fence" and token.level == 0]
    assert ours == [f"f {content}\n", f"{content}\n"]


class Page(HTMLParser):
    """The text, the tags and the attributes of a page."""

    def __init__(self, document):
        super().__init__()
        self.text, self.tags, self.attributes = "", [], []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_a_page_holds_the_conversation_and_nothing_from_elsewhere():
    said = f"Look: ![x](http://evil.example/x.png) {HOSTILE}"
    page = Page(export(loaded(*TALK, *turn(said, said)), "html"))
    assert set(page.tags) == {"html", "head", "meta", "title", "style", "body", "h1", "pre", "span", "a"}
    assert {name for name, _ in page.attributes} == {
        "lang",
        "charset",
        "name",
        "content",
        "http-equiv",
        "class",
        "href",
        "rel",
    }
    assert "> Größe of ticket 12345?\nIn one line." in page.text
    assert '-> get_ticket {"ticket": "12345"}' in page.text
    assert "<script>alert(1)</script>" in page.text
    assert "url(" not in page.text


def test_a_page_is_light_or_dark_and_can_be_printed():
    document = export(loaded(*TALK), "html")
    assert "color-scheme: light dark" in document
    assert "@media screen and (prefers-color-scheme: dark)" in document
    assert "@media print" in document
    assert re.search(r'<span class="bold c6">get_ticket</span>', document)


def test_a_picture_is_sound_xml_and_needs_nothing_from_elsewhere():
    document = export(loaded(*TALK, *turn(HOSTILE, HOSTILE)), "svg")
    picture = ElementTree.fromstring(document)
    assert {element.tag.rpartition("}")[2] for element in picture.iter()}.isdisjoint({"script", "image", "a"})
    assert "http" not in document.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")
    assert "It&#160;is&#160;" in document


@pytest.mark.parametrize("form", ["html", "svg"])
def test_a_picture_is_the_same_whatever_the_environment_says(form, monkeypatch):
    before = export(loaded(*TALK), form)
    for name, value in {"NO_COLOR": "1", "FORCE_COLOR": "1", "COLUMNS": "20", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    assert export(loaded(*TALK), form) == before


def said_in(script, secrets=None):
    return [said(turn.user, secrets or {}) for turn in Source(Path("talk.yaml"), script).script().turns]


def test_a_script_plays_what_was_said_again():
    words = [
        "hello",
        "two\nlines",
        "a list:\n- one\n# two",
        'a "quote"',
        "yes",
        "12345",
        "2026-11-21",
        "${a} $${b} $$${c}",
    ]
    events = [event for text in words for event in turn(text, "Yes.")]
    assert said_in(export(loaded(started(), *GREETING, *events), "script")) == words


@given(st.lists(st.text(st.sampled_from("ab #\n\t\\é:'\"-{}$"), min_size=1), min_size=1, max_size=4))
def test_a_script_says_exactly_what_was_said(words):
    events = [event for text in words for event in turn(text)]
    assert said_in(export(loaded(started(), *events), "script")) == words


def test_a_secret_is_asked_of_the_environment():
    script = export(loaded(started(), *turn("my key is •••, or •••?"), *turn("•••")), "script")
    assert script.splitlines()[1:6] == [
        SECRETS,
        "secrets:",
        "  secret_1: SECRET_1",
        "  secret_2: SECRET_2",
        "  secret_3: SECRET_3",
    ]
    given = {"secret_1": "one", "secret_2": "two", "secret_3": "three"}
    assert said_in(script, given) == ["my key is one, or two?", "three"]
    assert SECRETS not in export(loaded(*TALK), "script")
