"""What a check found: a pure value, and its lines on the screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.errors import ChatbotError, ExitCode
from chatbot.render.clean import one_line

Mark = Literal["ok", "warn", "fail", "skip"]
_MARK, _CHECK, _NARROWEST = 6, 15, 16
"""Characters of the first two columns, and of the third at least."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. fix: what to change. code: how the program ends where this is its first failure."""

    check: str
    mark: Mark
    found: str
    fix: str = ""
    code: ExitCode = ExitCode.OK


def ok(check: str, found: str, fix: str = "") -> Finding:
    """Return that all is well."""
    return Finding(check, "ok", found, fix)


def warned(check: str, found: str, fix: str = "") -> Finding:
    """Return what works, but not as well as it could."""
    return Finding(check, "warn", found, fix)


def failed(check: str, error: ChatbotError, fix: str = "") -> Finding:
    """Return what does not work; the error's line says what to do, the fix says where."""
    return Finding(check, "fail", str(error), fix, error.exit_code)


def skipped(check: str, why: str) -> Finding:
    """Return a check that was not made, and why."""
    return Finding(check, "skip", why)


def lines(finding: Finding, columns: int | None) -> list[str]:
    """Return the finding's lines, broken to fit so many columns (None: never), and those of its fix."""
    start = f"{finding.mark:<{_MARK}}{finding.check:<{_CHECK}}"
    told = _wrapped(start, one_line(finding.found), columns)
    return told + (_wrapped(f"{'':{len(start)}}-> ", one_line(finding.fix), columns) if finding.fix else [])


def summary(findings: Sequence[Finding]) -> str:
    """Return the last line of the screen."""
    failures = sum(finding.mark == "fail" for finding in findings)
    warnings = sum(finding.mark == "warn" for finding in findings)
    if not failures and not warnings:
        return "All is well."
    counts = [(failures, "failed"), (warnings, "to look at")]
    return f"{', '.join(f'{count} {what}' for count, what in counts if count)}."


def exit_code(findings: Sequence[Finding]) -> ExitCode:
    """Return how the program ends: well, or as the first failure says."""
    return next((finding.code for finding in findings if finding.mark == "fail"), ExitCode.OK)


def _wrapped(start: str, text: str, columns: int | None) -> list[str]:
    if columns is None:
        return [start + text]
    import textwrap

    return textwrap.wrap(
        text,
        max(columns, len(start) + _NARROWEST),
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
