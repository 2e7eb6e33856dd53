"""Nothing untrusted drives the terminal: text without control sequences, whole or as it streams."""

import re

_BODY = r"[^\x00-\x08\x0a-\x1f\x7f-\x9f]{0,1024}"
_STRING = rf"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]){_BODY}"  # OSC, DCS, SOS, PM, APC: up to a terminator
_CSI = r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}"
_ESCAPE = r"\x1b[ -/]{0,8}"

_SPECIAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u206f\ud800-\udfff]")
"""Controls, rare line ends, and what turns the direction of text. The marks U+200E and U+200F turn no letters."""
_LINE_ENDS = "\u2028\u2029"
_SEQUENCE = re.compile(rf"{_CSI}[@-~]|{_STRING}(?:\x07|\x1b\\|\x9c)|{_ESCAPE}[0-~]")
_UNDECIDED = re.compile(rf"{_CSI}|{_STRING}\x1b?|{_ESCAPE}|\r")
"""Matches all of a text whose beginning would be read in another way if more came."""


class Cleaner:
    """Cleans a stream: however it is cut, the pieces add up to what `clean` makes of the whole."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, chunk: str) -> str:
        """Return what can be shown now; the beginning of a sequence is held back, a bounded piece."""
        shown, self._held = _scan(self._held + chunk, final=False)
        return shown

    def flush(self) -> str:
        """Return what was held back; the stream is over."""
        shown, _ = _scan(self._held, final=True)
        self._held = ""
        return shown


def clean(text: str) -> str:
    r"""Return the text without control sequences, control characters (but \n and \t) and overrides of direction.

    Whole sequences vanish; of a broken one only its control characters do. Line ends become \n, lone surrogates U+FFFD.
    """
    return _scan(text, final=True)[0]


def one_line(text: str) -> str:
    """Return the cleaned text with every run of white space as one space."""
    return " ".join(clean(text).split())


def _scan(text: str, *, final: bool) -> tuple[str, str]:
    """Return what can be shown, and what must wait for more (nothing when `final`)."""
    shown: list[str] = []
    position = 0
    while special := _SPECIAL.search(text, position):
        start = special.start()
        shown.append(text[position:start])
        if not final and _UNDECIDED.fullmatch(text, start):
            return "".join(shown), text[start:]
        position, instead = _skip(text, start)
        shown.append(instead)
    shown.append(text[position:])
    return "".join(shown), ""


def _skip(text: str, start: int) -> tuple[int, str]:
    """Return where the special character or sequence at `start` ends, and what is shown instead."""
    if sequence := _SEQUENCE.match(text, start):
        return sequence.end(), ""
    if text[start] == "\r":
        return (start + 1, "") if text.startswith("\n", start + 1) else (start + 1, "\n")
    if text[start] in _LINE_ENDS:
        return start + 1, "\n"
    return start + 1, "\ufffd" if "\ud800" <= text[start] <= "\udfff" else ""
