"""YAML scripts: a file is read as YAML 1.2, checked against the form, and what is wrong is told by line and column."""

import json
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.errors import UsageError
from chatbot.render.clean import one_line
from chatbot.scripts.form import Script

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from ruamel.yaml.error import MarkedYAMLError

Steps = Sequence[str | int]
"""Where something stands in a file: keys and numbers of items, from the top."""
SHOULD = "it should be "
WORDS = {
    "missing": "it is missing",
    "string_type": f"{SHOULD}a text (a number needs quotes)",
    "string_too_short": "it should not be empty",
    "model_type": f"{SHOULD}a mapping",
    "dict_type": f"{SHOULD}a mapping",
    "tuple_type": f"{SHOULD}a list",
    "bool_type": f"{SHOULD}true or false",
    "int_type": f"{SHOULD}a whole number",
    "float_type": f"{SHOULD}a number",
}
"""What the commonest errors are called, for those who do not write Python."""
HALF = "[\ud800-\udfff]"
"""Surrogates, which stand in no file."""
MOST = 100_000
"""Values of a script; an alias counts as all that it stands for."""


class ScriptWrong(UsageError):
    """A script that cannot be run as it is: what is wrong with it, and where."""


class Source:
    """A YAML script as it stands in its file: what it says, and where; what is changed leaves the rest as it is.

    data: the document, which knows its places and comments. plain: what it says, as JSON would have it.
    """

    def __init__(self, path: Path, text: str) -> None:
        """Read the text. Raises ScriptWrong."""
        from ruamel.yaml.error import MarkedYAMLError, YAMLError
        from ruamel.yaml.reader import ReaderError

        from chatbot.scripts.dialect import yaml

        self.path = path
        try:
            self.data: Any = yaml().load(text)
            self.plain: Any = _plain(self.data, iter(range(MOST)))
        except RecursionError:
            raise ScriptWrong(f"{path}: it is nested too deep.") from None
        except MarkedYAMLError as error:
            raise ScriptWrong(f"{_marked(path, error)}: {_problem(error)}.") from None
        except ReaderError as error:
            before = text[: error.position].splitlines() or [""]
            place = f"line {len(before)}, column {len(before[-1]) + 1}"
            raise ScriptWrong(f"{path}, {place}: the control character #x{error.character:02x} is not YAML.") from None
        except (YAMLError, ValueError, AssertionError) as error:  # so it tells of versions that it does not know
            raise ScriptWrong(f"{path}: it is not YAML: {one_line(str(error))}.") from None
        if not isinstance(self.data, dict):
            raise ScriptWrong(f"{path}, line 1: a script is a mapping, with `turns:` or `user:` in it.")

    def script(self) -> Script:
        """Return what it says. Raises ScriptWrong."""
        from pydantic import ValidationError

        try:
            return Script.model_validate(self.plain)
        except ValidationError as error:
            raise ScriptWrong("\n".join(self._told(error.errors()))) from None

    def place(self, path: Steps) -> tuple[int, int]:
        """Return the line and column, from 1, of what the path leads to, or of the nearest thing above it."""
        node: Any = self.data  # its maps and lists know where they stand
        place = (0, 0)
        for step in path:
            if not _holds(node, step):
                continue  # the form's own steps, such as which of two kinds was tried
            place = tuple((node.lc.data or {}).get(step, place)[:2])  # what is merged in (<<) has none
            node = node[step]
        return place[0] + 1, place[1] + 1

    def text(self) -> str:
        """Return the file's text."""
        return _dumped(self.data)

    def _told(self, errors: Sequence["ErrorDetails"]) -> Iterator[str]:
        """Yield a line for each place; of kinds that a value may have, what is wrong with the one that it is."""
        found: dict[tuple[str | int, ...], dict[str, None]] = {}
        for error in errors:
            below = error.get("ctx", {}).get("below", ())
            path = self._known([*error["loc"], *below], whole=bool(below) or error["type"] == "missing")
            message = WORDS.get(error["type"]) or error["msg"].replace("Input should be ", SHOULD)
            found.setdefault(path, {})[one_line(message.removeprefix("Value error, ").rstrip("."))] = None
        for path, messages in found.items():
            if not any(other[: len(path)] == path != other for other in found):
                line, column = self.place(path)
                where = f"{one_line(dotted(path))}: " if path else ""
                text = ", or ".join(messages).replace(f", or {SHOULD}", ", or ")
                yield f"{self.path}, line {line}, column {column}: {where}{text}."

    def _known(self, path: Steps, *, whole: bool) -> tuple[str | int, ...]:
        """Return the steps of a path that are in the file, the last in any case if it is `whole`; the form's own are
        left out."""
        node: Any = self.data
        steps: list[str | int] = []
        for number, step in enumerate(path):
            if _holds(node, step):
                node = node[step]
                steps.append(step)
            elif whole and number == len(path) - 1:
                steps.append(step)
        return tuple(steps)


def read_source(path: Path) -> Source:
    """Return a YAML script's source. Raises ScriptWrong."""
    try:
        return Source(path, path.read_text("utf-8-sig"))
    except OSError as error:
        raise ScriptWrong(f"The script {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ScriptWrong(f"The script {path} cannot be read: it is not UTF-8 text.") from None


def dotted(path: Steps) -> str:
    """Return a path as people write it: turns[1].expect.calls."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def as_yaml(data: object) -> str:
    """Return plain values as YAML."""
    return _dumped(as_node(data))


def as_node(data: Any) -> Any:
    """Return plain values as they are written: texts of many lines as such, strange characters as escapes.

    Half a character (a surrogate) becomes U+FFFD: no file can hold it.
    """
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    match data:
        case dict():
            return {as_node(name): as_node(value) for name, value in data.items()}
        case list():
            return [as_node(value) for value in data]
        case str() if re.search(HALF, data):
            return as_node(re.sub(HALF, "\ufffd", data))
        case str() if "\n" in data and data[0].strip() and data.replace("\n", "").isprintable():
            return LiteralScalarString(data)
        case str() if not data.isprintable():
            return DoubleQuotedScalarString(data)
    return data


def _dumped(data: Any) -> str:
    from chatbot.scripts.dialect import yaml

    written = StringIO()
    yaml().dump(data, written)
    return written.getvalue()


def _plain(value: Any, room: Iterator[int]) -> Any:
    """Return the value as JSON would hold it. Raises ValueError where there is none, or no room left for all of it."""
    if next(room, None) is None:
        raise ValueError(f"there are more than {MOST} values in it, with all that aliases stand for")
    if isinstance(value, dict):
        return {_key(name): _plain(item, room) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, room) for item in value]
    if isinstance(value, float) and isinf(value):
        raise ValueError("a number in it is too large")
    for kind in (str, bool, int, float):  # not the library's own kinds of them
        if isinstance(value, kind):
            return kind(value)
    return value


def _key(name: Any) -> str:
    return str(name) if isinstance(name, str) else json.dumps(name)


def _holds(node: object, step: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(step, int) and step < len(node)
    return isinstance(node, dict) and step in node


def _marked(path: Path, error: "MarkedYAMLError") -> str:
    mark = error.problem_mark or error.context_mark
    return f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)


def _problem(error: "MarkedYAMLError") -> str:
    problem = error.problem or "it is not YAML"
    told = f"{error.context}, {problem}" if error.context and problem.startswith("but ") else problem
    return f"{one_line(told):.300}".rstrip(".")
