"""What a terminal would show of a session, as a picture (SVG) or a page (HTML) that needs nothing but itself."""

import html
import re
from collections.abc import Iterable
from io import StringIO

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from chatbot.events import Event, StatusChanged
from chatbot.render.clean import clean, one_line
from chatbot.render.tty import Rich

WIDTH = 100
_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)  # the two of rich's frame come from the network
_NOT_XML = re.compile("[\ufffe\uffff]")
_ADDRESS = re.compile(r"(?:https?|mailto):", re.IGNORECASE)

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{
  color-scheme: light dark; --back: #fff; --text: #1f2328;
  --c0: #24292f; --c1: #b3202a; --c2: #116329; --c3: #7d4e00;
  --c4: #0550ae; --c5: #8250df; --c6: #1b6c78; --c7: #57606a;
}}
@media screen and (prefers-color-scheme: dark) {{
  :root {{
    --back: #0d1117; --text: #e6edf3;
    --c0: #6e7681; --c1: #ff7b72; --c2: #3fb950; --c3: #d29922;
    --c4: #79c0ff; --c5: #d2a8ff; --c6: #56d4dd; --c7: #b1bac4;
  }}
}}
body {{ background: var(--back); color: var(--text); margin: 2rem auto; padding: 0 1rem; max-width: {width}ch; }}
body, pre {{ font: 14px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }}
h1 {{ font-size: 1em; border-bottom: 1px solid; padding-bottom: .5em; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
a {{ color: inherit; }}
.bold {{ font-weight: bold; }} .dim {{ opacity: .65; }} .italic {{ font-style: italic; }}
.underline {{ text-decoration: underline; }} .strike {{ text-decoration: line-through; }}
.reverse {{ background: var(--text); color: var(--back); }}
{colours}
@media print {{ body {{ margin: 0; max-width: none; }} body, pre {{ font-size: 9pt; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
<pre>{lines}</pre>
</body>
</html>
"""


def page(events: Iterable[Event], title: str) -> str:
    """Return a page that looks like the terminal, light or dark as its reader likes it; it can be printed."""
    console = _recorded(events, WIDTH)
    styled = _NOT_XML.sub("\ufffd", console.export_text(styles=True))
    lines = (line.render(console) for line in AnsiDecoder().decode(styled))
    shown = "\n".join("".join(map(_span, line)).rstrip() for line in lines)
    colours = " ".join(f".c{number} {{ color: var(--c{number % 8}); }}" for number in range(16))
    return PAGE.format(title=html.escape(one_line(title)), width=WIDTH, colours=colours, lines=shown)


def svg(events: Iterable[Event], title: str, width: int = WIDTH) -> str:
    """Return a picture of a terminal so many columns wide."""
    drawn = _recorded(events, width).export_svg(title=one_line(title))
    return _NOT_XML.sub("\ufffd", _FONT_FACES.sub("", drawn, count=2))


def _recorded(events: Iterable[Event], width: int) -> Console:
    """Return a console on which the events were drawn."""
    console = Console(
        record=True,
        file=StringIO(),
        width=width,
        force_terminal=False,
        markup=False,
        emoji=False,
        highlight=False,
        no_color=False,
    )
    show = Rich(console, echo_user=True)
    for event in events:
        if not isinstance(event, StatusChanged):  # it moves, and a picture does not
            show(event)
    return console


def _span(segment: Segment) -> str:
    text, style = html.escape(clean(segment.text)), segment.style or Style()
    classes = [name for name in ("bold", "dim", "italic", "underline", "strike", "reverse") if getattr(style, name)]
    colour = ""
    if style.color and style.color.number is not None and style.color.number < 16:
        classes.append(f"c{style.color.number}")
    elif style.color and not style.color.is_default:
        colour = f' style="color: {style.color.get_truecolor().hex}"'
    if style.link and _ADDRESS.match(style.link):
        text = f'<a href="{html.escape(style.link)}" rel="noreferrer">{text}</a>'
    named = f' class="{" ".join(classes)}"' if classes else ""
    return f"<span{named}{colour}>{text}</span>" if named or colour else text
