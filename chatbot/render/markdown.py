"""Markdown of the model as lines of styled text, piece by piece."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from chatbot.render.blocks import Blocks
from chatbot.render.code import Highlighter
from chatbot.render.inline import Inline
from chatbot.render.leaves import GROUP, Align, Body, Code, Heading, Inside, Paragraph, Piece, Rows, Rule
from chatbot.render.palette import Palette
from chatbot.render.printed import Printed, wrapped
from chatbot.render.wrapping import cells

NARROWEST = 12
"""Cells that are left to a text, however deep it is nested."""
ACROSS = 80
"""Cells of a line across, at most."""
COLUMN = 4
"""Cells of a table's column that is squeezed."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that stand for Markdown's own."""

    bullet: str = "•"
    quote: str = "▌"
    bar: str = "│"
    line: str = "─"
    cross: str = "┼"


ASCII = Marks("*", "|", "|", "-", "+")
"""For terminals that know no others."""


class Markdown:
    """A stream of Markdown: takes pieces of text, hands out what is finished, in lines of `width()` cells.

    Only code keeps its lines, however long.
    """

    def __init__(
        self, palette: Palette, width: Callable[[], int], *, links: bool = True, marks: Marks | None = None
    ) -> None:
        self._width = width
        self._palette = palette
        self._marks = marks or Marks()
        self._inline = Inline(palette, links=links)
        self._highlighter = Highlighter(palette)
        self._blocks = Blocks()
        self._columns: list[int] = []
        self.tail = self._blocks.tail

    def feed(self, text: str) -> Iterator[Printed]:
        """Take cleaned text and yield what it finishes."""
        return map(self._printed, self._blocks.feed(text))

    def flush(self) -> Iterator[Printed]:
        """Yield the rest, and begin anew."""
        pieces = list(self._blocks.flush())
        self._blocks = Blocks()
        self.tail = self._blocks.tail
        return map(self._printed, pieces)

    def _printed(self, piece: Piece) -> Printed:
        first, rest = self._prefixes(piece.inside)
        if isinstance(piece.body, Code):  # nothing stands before its lines, so that it is copied as it is
            marks = [first] if any(inside.fresh for inside in piece.inside) else []
            code = self._highlighter.text(piece.body.lines, piece.body.language)
            return Printed([*marks, *code.split("\n", allow_blank=True)], piece.gap)
        width = self._width()
        room = max(width - cells(rest.plain), min(width, NARROWEST))
        lines: list[Text] = []
        for line in self._lines(piece.body, room):
            prefix = rest if lines else first
            line = prefix + line if prefix else line
            line.rstrip()
            lines.append(line)
        return Printed(lines, piece.gap)

    def _prefixes(self, inside: Sequence[Inside]) -> tuple[Text, Text]:
        """Return what stands before the first line and before the others."""
        first, rest = Text(), Text()
        for each in inside:
            if each.kind == "quote":
                mark = blank = f"{self._marks.quote} "
            else:
                mark = f" {self._marks.bullet} " if each.kind == "bullet" else f"{each.number}.".rjust(3) + " "
                blank = " " * len(mark)
                mark = mark if each.fresh else blank
            first.append(mark, None if mark.isspace() else self._palette.mark)
            rest.append(blank, None if blank.isspace() else self._palette.mark)
        return first, rest

    def _lines(self, body: Body, width: int) -> Iterable[Text]:
        match body:
            case Paragraph(text=text):
                return wrapped(self._inline.text(text), width)
            case Heading(level=level, text=text):
                heading = self._inline.text(text)
                heading.style = "bold underline" if level == 1 else "bold" if level < 4 else "italic"
                return wrapped(heading, width)
            case Rows():
                return self._table(body, width)
            case Rule() | Code():
                return [Text(self._marks.line * min(width, ACROSS), self._palette.faint)]

    def _table(self, body: Rows, width: int) -> Iterator[Text]:
        rows = [[self._inline.text(cell) for cell in row] for row in body.rows]
        header = [self._inline.text(cell) for cell in body.header or ()]
        for cell in header:
            cell.style = "bold"
        if header:
            self._columns = column_widths([header, *rows], width, more=len(rows) >= GROUP)
            yield from self._row(header, body.aligns)
            cross = f"{self._marks.line}{self._marks.cross}{self._marks.line}"
            yield Text(cross.join(self._marks.line * size for size in self._columns), self._palette.faint)
        for row in rows:
            yield from self._row(row, body.aligns)

    def _row(self, row: Sequence[Text], aligns: Sequence[Align]) -> Iterator[Text]:
        columns = [list(wrapped(cell, size)) for cell, size in zip(row, self._columns, strict=True)]
        bar = Text().append(f" {self._marks.bar} ", self._palette.faint)
        for number in range(max(map(len, columns))):
            parts = [column[number] if number < len(column) else Text() for column in columns]
            sizes = zip(parts, self._columns, aligns, strict=True)
            yield bar.join([aligned(part, size, align) for part, size, align in sizes])


def aligned(text: Text, width: int, align: Align) -> Text:
    """Return the text with blanks around it, as wide as its column."""
    missing = max(width - cells(text.plain), 0)
    before = {"left": 0, "right": missing, "center": missing // 2}[align]
    return Text(" " * before) + text + Text(" " * (missing - before))


def column_widths(rows: Sequence[Sequence[Text]], width: int, *, more: bool = False) -> list[int]:
    """Return how wide the columns are: as wide as their cells, the widest squeezed where that is too much.

    more: other rows will follow, which may need half as much again.
    """
    sizes = [max(max(map(cells, cell.plain.split("\n"))) for cell in column) for column in zip(*rows, strict=True)]
    sizes = [max(size, 1) + (size // 2 if more else 0) for size in sizes]
    room = width - 3 * (len(sizes) - 1)
    while sum(sizes) > room and max(sizes) > COLUMN:
        widest = max(sizes)
        second = max([size for size in sizes if size < widest], default=COLUMN)
        count = sizes.count(widest)
        target = max(second, widest - -(-(sum(sizes) - room) // count), COLUMN)
        sizes = [target if size == widest else size for size in sizes]
    return sizes
