"""YAML scripts: a file is read as YAML 1.2, checked against the form, and what is wrong is told by line and column."""

from collections.abc import Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.errors import UsageError
from chatbot.scripts.form import UNKNOWN, Script

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

Steps = Sequence[str | int]
"""Where something stands in a file: keys and numbers of items, from the top."""
WORDS = {
    "missing": "it is missing",
    "string_type": "it should be a text (a number needs quotes)",
    "model_type": "it should be a mapping",
    "dict_type": "it should be a mapping",
    "tuple_type": "it should be a list",
    "bool_type": "it should be true or false",
    "bool_parsing": "it should be true or false",
}
"""What the commonest errors are called, for those who do not write Python."""


class ScriptWrong(UsageError):
    """A script that cannot be run as it is: what is wrong with it, and where."""


class Source:
    """A YAML script as it stands in its file: what it says, and where; what is changed leaves the rest as it is."""

    def __init__(self, path: Path, text: str) -> None:
        """Read the text. Raises ScriptWrong."""
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        self.path = path
        try:
            self.data: Any = _yaml().load(text)
            self._plain = _plain(self.data)
        except RecursionError:
            raise ScriptWrong(f"{path}: it is nested too deep, or within itself.") from None
        except MarkedYAMLError as error:
            raise ScriptWrong(f"{_marked(path, error)}: {_problem(error)}.") from None
        except (YAMLError, ValueError) as error:
            raise ScriptWrong(f"{path}: it is not YAML: {_line(error)}.") from None
        if not isinstance(self.data, dict):
            raise ScriptWrong(f"{path}, line 1: a script is a mapping, with `turns:` or `user:` in it.")

    def script(self) -> Script:
        """Return what it says. Raises ScriptWrong."""
        from pydantic import ValidationError

        try:
            return Script.model_validate(self._plain)
        except ValidationError as error:
            raise ScriptWrong("\n".join(dict.fromkeys(map(self._told, error.errors())))) from None

    def place(self, path: Steps) -> tuple[int, int]:
        """Return the line and column, from 1, of what the path leads to, or of the nearest thing above it."""
        node: Any = self.data  # its maps and lists know where they stand
        place = (0, 0)
        for step in path:
            if not _holds(node, step):
                continue  # the form's own steps, such as which of two kinds was tried
            place = node.lc.item(step) if isinstance(step, int) else node.lc.key(step)
            node = node[step]
        return place[0] + 1, place[1] + 1

    def text(self) -> str:
        """Return the file's text."""
        return _dumped(self.data)

    def _told(self, error: "ErrorDetails") -> str:
        path = list(error["loc"])
        if error["type"] == UNKNOWN:
            path.append(error["ctx"]["key"])
        line, column = self.place(path)
        message = WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ").rstrip(".")
        where = dotted(self._known(path))
        return f"{self.path}, line {line}, column {column}: {where + ': ' if where else ''}{_line(message)}."

    def _known(self, path: Steps) -> list[str | int]:
        """Return the steps of a path that are in the file; the form's own are left out."""
        node, steps = self.data, []
        for number, step in enumerate(path):
            if _holds(node, step):
                node = node[step]
                steps.append(step)
            elif number == len(path) - 1 and isinstance(node, dict):
                steps.append(step)  # what is missing
        return steps


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
    """Return plain values as they are written: texts of many lines as such."""
    from ruamel.yaml.scalarstring import LiteralScalarString

    match data:
        case dict():
            return {name: as_node(value) for name, value in data.items()}
        case list():
            return [as_node(value) for value in data]
        case str() if "\n" in data:
            return LiteralScalarString(data)
    return data


def _dumped(data: Any) -> str:
    written = StringIO()
    _yaml().dump(data, written)
    return written.getvalue()


def _yaml() -> "YAML":
    from ruamel.yaml import YAML

    yaml = YAML()  # keeps comments, order and quotes
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _plain(value: Any) -> Any:
    """Return the value as JSON would hold it: days are texts, since arguments are JSON."""
    if isinstance(value, dict):
        return {str(name) if isinstance(name, date) else name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    for kind in (str, bool, int, float):  # not the library's own kinds of them
        if isinstance(value, kind):
            return kind(value)
    return value.isoformat() if isinstance(value, date) else value


def _holds(node: object, step: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(step, int) and step < len(node)
    return isinstance(node, dict) and step in node


def _marked(path: Path, error: "MarkedYAMLError") -> str:
    mark = error.problem_mark or error.context_mark
    return f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)


def _problem(error: "MarkedYAMLError") -> str:
    return _line(error.problem or error.context or "it is not YAML").rstrip(".")


def _line(text: object) -> str:
    return " ".join(str(text).split())
