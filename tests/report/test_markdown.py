"""Markdown, as text and as a reader of it sees it."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatbot.render.clean import one_line
from chatbot.replay.runs import Run, Unmet
from chatbot.report.markdown import ROOM, as_markdown
from tests.report.samples import HOSTILE, failed, hostile, passed, repeated, run, wrong

DOCUMENT = """\
# 1 of 4 scripts passed, 5 of 8 runs

| Script | Result | Turns | Calls | Tokens | Seconds |
| :-- | :-- | --: | --: | --: | --: |
| `examples/support/open_ticket.yaml` | passed | 1 | 1 | 2,099 | 2.9 |
| `examples/support/closed_ticket.yaml` | **failed** | 2 | 1 | 0 | 2.9 |
| `examples/typo.yaml` | **cannot be run** | 0 | 0 | 0 | 0.0 |
| `examples/flaky.yaml` | **4 of 5 passed (80 %, 95 % interval 38-96 %)** | 6 | 5 | 8,396 | 14.4 |

## `examples/support/closed_ticket.yaml`

**`turn 2, expect.calls[0]`**, line 12: `close_ticket {"ticket": "12345"} was expected; \
get_ticket {"ticket": "67890"} was called.`

```diff
  user: Close ticket 12345.
- assistant: call function close_ticket, with arguments {"ticket": "12345"}
+ assistant: call function get_ticket, with arguments {"ticket": "67890"}
```

**`turn 2, expect.answer.contains`**, line 14: `The answer does not contain "closed": "There is none."`

<details><summary>The conversation</summary>

```text
user: Hello.
assistant: Hello!
user: Close ticket 12345.
assistant: call function get_ticket, with arguments {"ticket": "67890"}
function response (failed): There is no ticket 67890.
assistant: There is none.
```

</details>

## `examples/typo.yaml`

It cannot be run: `line 3, column 5: there is no key 'expects' here.`

## `examples/flaky.yaml` (4 of 5)
"""
TAGS = {
    *("h1", "h2", "p", "strong", "code", "pre", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class Seen(HTMLParser):
    """The tags, and what stands in each kind of them."""

    def __init__(self, document):
        super().__init__()
        self.tags, self.inside, self.texts = [], [], {}
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.inside.pop() == tag

    def handle_data(self, data):
        for tag in self.inside:
            self.texts[tag][-1] += data


def seen(*runs):
    return Seen(MarkdownIt("commonmark").enable("table").render(as_markdown(runs)))


def test_a_whole_document():
    document = as_markdown([passed(), failed(), wrong(), *repeated(fails=(4,))])
    assert document.startswith(DOCUMENT)
    assert document[len(DOCUMENT) :] == DOCUMENT[DOCUMENT.index("\n**`turn 2") : DOCUMENT.index("\n## `examples/typo")]


def test_where_all_is_well_there_is_but_the_table():
    document = as_markdown([passed(), passed("examples/b.yaml")])
    assert document.startswith("# 2 of 2 scripts passed\n")
    assert "##" not in document
    assert as_markdown([*repeated(fails=())]).splitlines()[4].split(" | ")[1].startswith("5 of 5 passed (100 %")
    assert as_markdown([]).startswith("# 0 of 0 scripts passed\n")


def test_a_script_that_cannot_always_be_run_cannot_be_run():
    assert "| `a.yaml` | **cannot be run** |" in as_markdown([passed("a.yaml"), wrong("a.yaml")])


def test_hostile_text_stays_text():
    read = seen(hostile(), wrong(why=HOSTILE), *repeated())
    assert set(read.tags) == TAGS
    shown = one_line(HOSTILE)
    assert [text.replace(shown, "…") for text in read.texts["td"][:2]] == ["examples/ ….yaml", "failed"]
    assert [read.tags.count(tag) for tag in ("h1", "h2", "tr", "td", "details")] == [1, 4, 4, 18, 3]
    assert read.texts["p"][:2] == [f"{shown}, line 3: {shown}", f"It cannot be run: {shown}"]
    assert [text.count("assistant:") for text in read.texts["pre"][:2]] == [0, 3]


@given(st.text(st.sampled_from("`|\\\n <>&[]()*_~#-=!@a1\t\u2028"), max_size=12))
def test_whatever_was_said_it_does_not_break_out(text):
    broken = Run(f"x{text}x", unmet=(Unmet(f"x{text}x", f"`{text}`", 1, (f"- {text}", text)),))
    read = seen(broken, Run("b", wrong=f"x{text}x"))
    shown = one_line(f"x{text}x")
    assert set(read.tags) == TAGS - {"details", "summary"}
    assert read.texts["td"] == [shown, "failed", "0", "0", "0", "0.0", "b", "cannot be run", "0", "0", "0", "0.0"]
    assert read.texts["p"] == [f"{shown}, line 1: `{shown[1:-1]}`", f"It cannot be run: {shown}"]


def test_what_has_no_room_is_left_out_conversations_first():
    long = run("long.yaml", ["hi"], "word" * ROOM, unmet=(Unmet("turn 1", "Too long."),))
    half = run("half.yaml", ["hi"], "word" * (ROOM // 6), unmet=(Unmet("turn 1", "Too long."),))
    document = as_markdown([long, half, half, failed()])
    assert len(document) < ROOM
    parts = [line for line in document.splitlines() if line.startswith(("## ", "<details>"))]
    assert parts == [
        "## `long.yaml`",
        "## `half.yaml`",
        "<details><summary>The conversation</summary>",
        "## `half.yaml`",
        "## `examples/support/closed_ticket.yaml`",
        "<details><summary>The conversation</summary>",
    ]

    endless = failed("endless.yaml", unmet=(Unmet("turn 1", "word" * ROOM),))
    document = as_markdown([failed(), endless, failed("c.yaml")])
    assert [line for line in document.splitlines() if line.startswith("## ")] == [
        "## `examples/support/closed_ticket.yaml`"
    ]
    assert document.endswith("</details>\n\n2 more failed runs would not fit in here.\n")
