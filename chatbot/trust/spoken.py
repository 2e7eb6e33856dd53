"""The ways in which people write a number, a day, an e-mail address: read into values that can be compared."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice

UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = [
    "ten",
    "eleven",
    "twelve",
    *(f"{root}teen" for root in ("thir", "four", "fif", "six", "seven", "eigh", "nine")),
]
TENS = [f"{root}ty" for root in ("twen", "thir", "for", "fif", "six", "seven", "eigh", "nine")]
WORDS = {
    **{word: number for number, word in enumerate([*UNITS, *TEENS])},
    **{word: 10 * number for number, word in enumerate(TENS, 2)},
    **{"couple": 2, "dozen": 12},
}
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august"]
MONTHS += ["september", "october", "november", "december"]
MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "september" else "sept?(?:ember)?" for name in MONTHS)
MOST_ADDRESSES = 5000  # in one text
LONGEST = 40  # digits of a number that is compared by its value

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_NUMBER = re.compile(r"(?<![^\W_])(?<!\d[.,])([-\u2212]?)(\d+(?:[.,' \u00a0\u202f]\d+)*)(?:[^\W\d_]{0,3})(?![^\W_])")
_GROUPED = re.compile(r"\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_DAY_FIRST = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?({MONTH})\.?,?\s+(\d{{4}})(?!\d)")
_MONTH_FIRST = re.compile(rf"(?<![^\W_])({MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")
_NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?!\d)")
_AT = re.compile(r"@|\s*[\[(]at[\])]\s*|\s+at\s+")
_DOT = re.compile(r"\s*[\[(]dot[\])]\s*|\s+dot\s+")
_LOCAL_END = re.compile(r"[\w.+%\-]{1,64}\Z")
_DOMAIN = re.compile(r"[^\W_](?:[\w\-]{0,62})(?:\.[\w\-]{1,63}){1,8}")


def normal(text: str) -> str:
    """Return the text with one form for what only looks different: case, width, digits of other scripts."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(character)) if unicodedata.category(character) == "Nd" else character
        for character in text
    )


def numbers(text: str) -> set[Decimal]:
    """Return the numbers of a normal text, by value; what can be read in two ways is in it twice."""
    found = set(_in_words(text))
    for sign, digits in _NUMBER.findall(text):
        for reading in _readings(digits):
            number = decimal(reading)
            if number is not None:
                found.add(-number if sign else number)
    return found


def decimal(text: str) -> Decimal | None:
    """Return a number of a sensible length; None where the text is none."""
    if len(text) > LONGEST:
        return None
    try:
        number = Decimal(text.replace("\u2212", "-").replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _readings(digits: str) -> Iterator[str]:
    """Yield what digits with separators may mean: 1.000 is one, or a thousand."""
    digits = digits[: 2 * LONGEST]
    if digits.isdigit():
        yield digits
        return
    grouped = _GROUPED.fullmatch(digits)
    if grouped:
        whole, _, fraction = digits.rpartition(grouped[1])
        tail = re.sub(r"\D", ".", fraction)
        yield re.sub(r"\D", "", whole) + tail
    if re.fullmatch(r"\d+[.,]\d+", digits):
        yield digits
    elif not grouped:
        yield from re.split(r"[ \u00a0\u202f',]", digits)


def _in_words(text: str) -> Iterator[Decimal]:
    """Yield the numbers that stand there as English words: twenty-one, two hundred and five, minus five."""
    number: int | None = None
    sign = 1
    before = ""
    for word in [*re.findall(r"[^\W\d_]+", text), ""]:
        if word in WORDS and not _ends(before, word):
            number = (number or 0) + WORDS[word]
        elif word in ("hundred", "thousand"):
            number = (number or 1) * (100 if word == "hundred" else 1000)
        elif word != "and" or before not in ("hundred", "thousand"):
            if number is not None:
                yield Decimal(sign * number)
            number = WORDS.get(word)
            sign = -1 if before == "minus" else 1
        before = word


def _ends(before: str, word: str) -> bool:
    """Return whether a word begins a new number rather than going on with the one before it: "five six" are two."""
    return not (before in ("hundred", "thousand", "and") or (before in TENS and word in UNITS[1:]) or before == "")


def dates(text: str) -> set[date]:
    """Return the days of a normal text; 5/6/2024 is two of them."""
    found: set[date | None] = set()
    for day, month, year in _DAY_FIRST.findall(text):
        found.add(_date(year, str(_month(month)), day))
    for month, day, year in _MONTH_FIRST.findall(text):
        found.add(_date(year, str(_month(month)), day))
    for first, _, second, third in _NUMERIC_DATE.findall(text):
        if len(first) == 4:
            found.add(_date(first, second, third))
        elif len(third) == 4:
            found |= {_date(third, second, first), _date(third, first, second)}
    return {day for day in found if day}


def _month(name: str) -> int:
    return next(number for number, month in enumerate(MONTHS, 1) if month.startswith(name[:3]))


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def emails(text: str) -> set[str]:
    """Return the addresses of a normal text, also where they are spelled out: john at example dot com."""
    found: set[str] = set()
    for match in islice(_AT.finditer(text), MOST_ADDRESSES):
        before = _LOCAL_END.search(text, max(0, match.start() - 65), match.start())
        behind = _DOMAIN.match(_DOT.sub(".", text[match.end() : match.end() + 300]))
        if before and behind:
            local = before[0].lstrip(".").removeprefix("mailto:")
            found.add(f"{local}@{behind[0].rstrip('.-_')}")
    return found
