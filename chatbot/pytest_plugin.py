"""The pytest plugin: `pytest --chatbot examples/` runs scripts as tests; `chatbot_session` is for tests in Python.

pytest loads it in every run of everybody who has us installed: nothing of ours is imported before it is asked for.
"""

import os
import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chatbot.replay.opening import Openings
    from chatbot.replay.runs import Run
    from chatbot.testing import Chats

YAML = (".yaml", ".yml")
NAMED = (*YAML, ".txt", ".jsonl")
"""What is a script where it is named on the command line; a folder is searched for YAML scripts alone."""
MARKER = "chatbot: a script of `chatbot replay` (--chatbot)"

_KEY = re.compile(r"""^["']?([\w-]+)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)
_MODELINE = re.compile(r"^#.*\$schema=\S*script\.schema\.json", re.MULTILINE)
_COMMON = {"description", "model", "system", "instructions", "context", "secrets", "user"}
"""Keys of scripts that other files of the same projects have as well."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("chatbot", "conversations as tests")
    group.addoption("--chatbot", action="store_true", help="Collect scripts (.yaml; .txt, .jsonl where named) as tests")
    group.addoption("--chatbot-model", metavar="SPEC", help="Instead of the scripts' own; playback:FOLDER")
    group.addoption("--chatbot-timeout", metavar="SECONDS", type=_seconds, help="How long one script may take")


def pytest_configure(config: pytest.Config) -> None:
    """Collect scripts where that is asked for."""
    if config.getoption("chatbot"):
        config.addinivalue_line("markers", MARKER)
        config.pluginmanager.register(Scripts(config), "chatbot-scripts")


@pytest.fixture
def chatbot_session() -> "Iterator[Chats]":
    """Opens chats with packs and a model that is scripted, or a real one; see chatbot.testing."""
    from chatbot.testing import Chats

    with closing(Chats()) as chats:
        yield chats


class Scripts:
    """The scripts of one run of pytest, and what they share."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @cached_property
    def openings(self) -> "Openings":
        """Packs and models, opened when they are first needed."""
        from chatbot.replay.opening import Openings

        openings = Openings()
        self._config.add_cleanup(openings.close)
        return openings

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> "ScriptFile | None":
        """Take a script that is named on the command line, and a YAML file of a folder that looks like one."""
        if parent.session.isinitpath(file_path):
            wanted = file_path.suffix in NAMED
        else:
            wanted = file_path.suffix in YAML and is_script(_text(file_path))
        return ScriptFile.from_parent(parent, path=file_path, scripts=self) if wanted else None

    def run(self, path: Path) -> "Run":
        """Run one script, as `chatbot replay` does."""
        from chatbot.errors import ChatbotError
        from chatbot.interrupt import Interrupt
        from chatbot.replay.planning import Plan
        from chatbot.replay.running import run
        from chatbot.replay.runs import Run

        model = self._config.getoption("chatbot_model")
        plan = Plan((str(path),), {"model": model} if model else {}, timeout=self._config.getoption("chatbot_timeout"))
        try:
            with _dotenv(self._config.invocation_params.dir):
                due, wrong = plan.jobs()
                return run(due[0], self.openings, Interrupt()) if due else wrong[0]
        except ChatbotError as error:
            return Run(str(path), wrong=str(error))


class ScriptFailed(Exception):
    """A script has not passed; the text tells why, and shows the dialogue."""


class ScriptFile(pytest.File):
    """A script's file."""

    def __init__(self, *, scripts: Scripts, **given: Any) -> None:
        super().__init__(**given)
        self._scripts = scripts

    def collect(self) -> "Iterator[ScriptItem]":
        """Yield the one test in it; what the file says is read when that runs."""
        yield ScriptItem.from_parent(self, name=self.path.stem, scripts=self._scripts)


class ScriptItem(pytest.Item):
    """A script as a test."""

    def __init__(self, *, scripts: Scripts, **given: Any) -> None:
        super().__init__(**given)
        self._scripts = scripts
        self.add_marker("chatbot")

    def runtest(self) -> None:
        """Run it. Raises ScriptFailed."""
        from chatbot.render.clean import clean
        from chatbot.replay.telling import failure

        here = Path.cwd()
        run = self._scripts.run(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)
        if not run.passed:
            _, *lines = failure(run)  # the first one names the script, as pytest does itself
            raise ScriptFailed("\n".join(clean(line.removeprefix("  ")) for line in lines))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what is not as expected; a traceback is for bugs."""
        is_told = isinstance(excinfo.value, ScriptFailed)
        return str(excinfo.value) if is_told else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where it stands, and its name."""
        return self.path, None, self.name


def is_script(text: str) -> bool:
    """Return whether a YAML file, though perhaps a wrong one, is a script: many others may lie beside them.

    It has `turns:` at its top, or names the scripts' JSON schema for the editor, or two keys of the form, misspelt
    perhaps, of which one at least is not common elsewhere.
    """
    from difflib import get_close_matches

    from chatbot.scripts.form import Script

    given = _KEY.findall(text)
    if "turns" in given or _MODELINE.search(text):
        return True
    known = {name for key in given for name in get_close_matches(key, Script.model_fields, 1, 0.8)}
    return len(known) > 1 and not known <= _COMMON


def _text(path: Path) -> str:
    """Return the file's text, as far as it can be read."""
    try:
        return path.read_text("utf-8-sig", "replace")
    except OSError:
        return ""


@contextmanager
def _dotenv(folder: Path) -> Iterator[None]:
    """Have what the folder's .env says in the environment for a while. Raises ConfigError."""
    from chatbot.config import load_dotenv_file

    before = set(os.environ)
    try:
        load_dotenv_file(folder)
        yield
    finally:
        for name in set(os.environ) - before:
            del os.environ[name]


def _seconds(text: str) -> float:
    try:
        if (seconds := float(text)) > 0:
            return seconds
    except ValueError:
        pass
    raise ArgumentTypeError(f"{text!r} should be a number of seconds, more than 0")
