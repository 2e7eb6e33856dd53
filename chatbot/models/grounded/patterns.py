"""Regular expressions as GBNF: those that describe a whole string by plain means. The others are checked afterwards."""

import re

_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_"}
_TOKEN = re.compile(
    r"""
      (?P<set>\[(?!\^)(?:[A-Za-z0-9_\-.@+\#:/ ]|\\[dw.\-])+\])
    | \\(?P<kind>[dw])
    | \\(?P<escaped>[.\-+*?()\[\]{}|^$/])
    | (?P<times>(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})(?![*+?{]))
    | (?P<group>\((?:\?:)?)
    | (?P<mark>[)|])
    | (?P<plain>[A-Za-z0-9_\-@:#/ ,])
    """,
    re.VERBOSE,
)


def pattern_rule(pattern: str) -> str:
    """Return the expression of what `^pattern$` describes; "" where it cannot be said in GBNF, or not for certain."""
    if not (pattern.startswith("^") and pattern.endswith("$")) or pattern.endswith("\\$"):
        return ""
    text, at = pattern[1:-1], 0
    rules: list[str] = []
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return ""
        if match["times"] and rules:
            rules[-1] += match["times"]
        else:
            rules.append(_rule(match))
        at = match.end()
    return f"({' '.join(rules)})" if _is_whole(text) else ""


def _rule(match: re.Match[str]) -> str:
    if match["set"]:
        inner = match["set"][1:-1]
        return "[" + re.sub(r"\\(.)", lambda found: _CLASSES.get(found[1], f"\\x{ord(found[1]):02X}"), inner) + "]"
    if match["kind"]:
        return f"[{_CLASSES[match['kind']]}]"
    if match["group"]:
        return "("
    return match["mark"] or f'"{match["escaped"] or match["plain"]}"'


def _is_whole(text: str) -> bool:
    """Return whether it is one expression that Python reads, too, and no alternative goes without its anchors."""
    try:
        re.compile(text)
    except re.error:
        return False
    depth = 0
    for each in re.sub(r"\\.|\[[^\]]*\]", "", text):
        depth += (each == "(") - (each == ")")
        if depth == 0 and each == "|":
            return False
    return bool(text)
