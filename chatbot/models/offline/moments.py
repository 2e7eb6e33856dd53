"""Dates and times as people write them, as ISO 8601. A date without its year is no date: nothing is made up."""

import re
from collections.abc import Callable
from datetime import date, time

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_DATES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_YEAR}[-/](?P<month>\d{{1,2}})[-/]{_DAY}",
        rf"{_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}",
        rf"(?:the\s)?{_DAY}\.?\s(?:of\s)?{_MONTH}\.?,?\s{_YEAR}",
        rf"{_MONTH}\.?\s(?:the\s)?{_DAY},?\s{_YEAR}",
    )
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::(?P<second>\d{2}))?\s?(?P<half>[ap]\.?m\.?)?", re.IGNORECASE
)
_BETWEEN = re.compile(r"(?:T|,?\s+(?:at\s+)?)(?=\d{1,2}(?::\d{2}|\s?[ap]\.?m))", re.IGNORECASE)
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")


def date_in(text: str) -> str | None:
    """Return the date that the text is, as YYYY-MM-DD."""
    for form in _DATES:
        match = form.fullmatch(text)
        if match:
            month = match["month"][:3].lower()
            number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
            return _or_none(date, int(match["year"]), number, int(match["day"]))
    return None


def time_in(text: str) -> str | None:
    """Return the time of day that the text is, as HH:MM:SS."""
    match = _CLOCK.fullmatch(text)
    if match is None or (match["minute"] is None and match["half"] is None):
        return None
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0) if 1 <= hour <= 12 else 99
    return _or_none(time, hour, int(match["minute"] or 0), int(match["second"] or 0))


def moment_in(text: str) -> str | None:
    """Return the date and time that the text is, as YYYY-MM-DDTHH:MM:SS and the zone where one is written."""
    zone = _ZONE.search(text) if "T" in text else None
    whole = text[: zone.start()] if zone else text
    parts = _BETWEEN.split(whole, maxsplit=1)
    if len(parts) != 2:
        return None
    day, clock = date_in(parts[0].strip()), time_in(parts[1].strip())
    return f"{day}T{clock}{zone[0] if zone else ''}" if day and clock else None


def _or_none(make: Callable[[int, int, int], date | time], first: int, second: int, third: int) -> str | None:
    try:
        return make(first, second, third).isoformat()
    except ValueError:
        return None
