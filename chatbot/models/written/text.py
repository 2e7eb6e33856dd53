"""Following text as it comes: where code is quoted in it, and the white space at its end."""

import re

_RUN = re.compile(r"`+|\n|[^`\n]+")
_FENCE = 3
_INDENTED = 4
"""From so many blanks on, a line is code in Markdown."""
_SENTENCE_ENDS = ".!?…。！？"


class Code:
    """Follows a message to tell whether its end is quoted code: in a fence, or between backticks of one line."""

    def __init__(self) -> None:
        self._fenced = self._quoted = False
        self._ticks = self._indent = 0
        self._last = ""
        self.blank = True
        """Whether nothing stands on the last line yet."""

    @property
    def inside(self) -> bool:
        """Whether what comes next is code, if it is no backtick."""
        fenced, quoted = self._after_ticks()
        return fenced or quoted

    @property
    def on_its_own(self) -> bool:
        """Whether what comes next begins a line that is not indented like code, or the message."""
        return self.blank and (self._indent < _INDENTED or not self._last)

    @property
    def behind_a_sentence(self) -> bool:
        """Whether what comes next stands directly behind the end of a sentence."""
        return not self.blank and self._last in _SENTENCE_ENDS

    def feed(self, text: str) -> None:
        """Follow more of the message."""
        for run in _RUN.findall(text):
            self._indent = 0 if run == "\n" else self._indent + len(run.expandtabs(_INDENTED))
            self._last = run[-1] if run.strip() or not self.blank else self._last
            if run[0] == "`":
                self._ticks += len(run)
                self.blank = False
                continue
            self._fenced, self._quoted = self._after_ticks()
            self._ticks = 0
            if run == "\n":
                self._quoted, self.blank = False, True
            else:
                self.blank = self.blank and not run.strip()

    def _after_ticks(self) -> tuple[bool, bool]:
        if self._ticks >= _FENCE:
            return not self._fenced, False
        return self._fenced, self._quoted ^ (self._ticks > 0 and not self._fenced)


class Trimmed:
    """Passes text on, but for the white space at its end, until more than that follows."""

    def __init__(self) -> None:
        self._blank: list[str] = []
        self.begun = False

    @property
    def rest(self) -> str:
        """The white space that was not passed on."""
        return "".join(self._blank)

    def feed(self, text: str) -> str:
        """Return what may be passed on."""
        kept = text.rstrip()
        if not kept:
            self._blank.append(text)
            return ""
        passed = self.rest + kept
        self.begun = True
        self._blank = [text[len(kept) :]]
        return passed
