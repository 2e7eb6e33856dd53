"""Runs as JUnit XML, which CI servers read: a test suite for each folder of scripts, a test case for each run.

The form has no standard. This is what Ant began, and what Jenkins, GitLab and the others read:
https://github.com/testmoapp/junitxml describes it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from chatbot.playback.departures import plain
from chatbot.render.clean import clean, one_line
from chatbot.replay.rates import repeats
from chatbot.replay.runs import Run, Unmet

ROOT = "chatbot"
"""What every class name begins with: Jenkins takes all before the last dot for a package, and wants one."""
_NOT_IN_XML = re.compile("[\ufffe\uffff]")
"""What `clean` leaves and XML 1.0 has no place for, not even as a reference."""


def as_junit(runs: Sequence[Run]) -> str:
    """Return the document. A failed run is a failure; a script that could not be run is an error."""
    folders: dict[PurePath, list[tuple[Run, str]]] = defaultdict(list)
    for run, repeat in zip(runs, repeats(runs), strict=True):
        folders[PurePath(run.script).parent].append((run, repeat))
    root = Element("testsuites", {"name": "chatbot replay", **_counted(runs)})
    for folder, members in folders.items():
        of_folder = [run for run, _ in members]
        suite = SubElement(root, "testsuite", {"name": _line(str(folder)), **_counted(of_folder), "skipped": "0"})
        if began := min((run.began for run in of_folder if run.began), default=""):
            suite.set("timestamp", _line(began))
        suite.extend(_case(run, repeat) for run, repeat in members)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _counted(runs: Sequence[Run]) -> dict[str, str]:
    errors = sum(bool(run.wrong) for run in runs)
    failures = sum(not run.passed for run in runs) - errors
    seconds = sum(run.seconds for run in runs)
    return {"tests": f"{len(runs)}", "failures": f"{failures}", "errors": f"{errors}", "time": f"{seconds:.3f}"}


def _case(run: Run, repeat: str) -> Element:
    path = PurePath(run.script)
    case = Element("testcase", classname=_class(path), name=_line(path.name) + repeat, time=f"{run.seconds:.3f}")
    case.set("file", _line(run.script))
    if line := next((one.line for one in run.unmet if one.line), 0):
        case.set("line", f"{line}")
    properties = SubElement(case, "properties")
    for name, value in _properties(run):
        SubElement(properties, "property", name=name, value=_line(value))
    if run.wrong:
        SubElement(case, "error", message=_line(run.wrong), type="script").text = _text(run.wrong)
    elif run.unmet:
        case.append(_failure(run.unmet))
    if dialogue := plain(run.events):
        SubElement(case, "system-out").text = _text("\n".join(dialogue))
    return case


def _class(script: PurePath) -> str:
    """Return the folder as a class name: chatbot.examples.support."""
    folders = (part for part in script.parent.parts if part not in (script.anchor, ".."))
    return ".".join([ROOT, *(_line(part).replace(".", "_") for part in folders)])


def _properties(run: Run) -> Iterator[tuple[str, str]]:
    if run.description:
        yield "description", run.description
    if run.model:
        yield "model", run.model
    if run.seed is not None:
        yield "seed", f"{run.seed}"
    yield "tokens", f"{run.tally.tokens}"


def _failure(unmet: Sequence[Unmet]) -> Element:
    """Return one failure with all that is unmet: Jenkins, for one, keeps only the first of several."""
    first, *more = unmet
    message = f"{first.where}: {first.said}" + (f" (and {len(more)} more)" if more else "")
    failure = Element("failure", message=_line(message), type="expectation")
    failure.text = _text("\n\n".join(_told(one) for one in unmet))
    return failure


def _told(one: Unmet) -> str:
    return "\n".join([f"{one.place}: {one.said}", *one.diff])


def _line(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", one_line(text))


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", clean(text))
