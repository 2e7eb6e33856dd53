import gc
import shutil
import subprocess

import pytest
from _pytest.nodeid import NodeId
from hypothesis import settings

from tests.program import CHATBOT, clean_environment
from tests.terminal import ForkedTerminal
from tests.zygote import Zygote

pytest_plugins = ["pytester"]
OWN_INTERPRETER = ("PYTHON", "LC_", "LANG", "SSL_")
"""Variables that an interpreter reads when it starts, or that say what a zygote has loaded."""

settings.register_profile("short", settings(), max_examples=50, deadline=None)
settings.register_profile("thorough", settings(), max_examples=2_000, deadline=None)  # --hypothesis-profile thorough
settings.load_profile("short")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Let xdist find its groups: it writes them where pytest 9.2 no longer reads the name of a test."""
    for item in items:
        if name := vars(item).get("_nodeid"):
            item._id = NodeId.parse(name)


def pytest_configure():
    """Look for no garbage while modules are loaded and tests are found: there is none, and it takes a second."""
    gc.disable()


def pytest_collection_finish():
    """Look for it from now on, but not among the thousands of tests."""
    gc.freeze()
    gc.enable()


def pytest_xdist_make_scheduler(config, log):
    """Hand out whole files, those with the most tests first: of thousands of tests by themselves, each costs more."""
    from xdist.scheduler import LoadGroupScheduling

    class ByFile(LoadGroupScheduling):
        def _split_scope(self, nodeid):
            return super()._split_scope(nodeid).partition("::")[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def zygote():
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """The support pack's database as its first use leaves it, to be copied: hashing its keys takes long, on purpose."""
    from chatbot.pack import Context
    from chatbot.packs import open_packs

    path = tmp_path_factory.mktemp("seeded") / "support.db"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SUPPORT_DB", str(path))
        open_packs(["support"])[0].tools[1].run({"ticket_id": "none"}, Context(user="john_doe"))
    return path


@pytest.fixture
def run(tmp_path, zygote, seeded):
    """Run the command in a home and a folder with nothing but a database in them; the finished process."""
    shutil.copy(seeded, tmp_path / "support.db")

    def run(*arguments, said="", **environment):
        whole = clean_environment(tmp_path) | environment
        if not any(name.startswith(OWN_INTERPRETER) for name in environment):
            return zygote.run([*map(str, arguments)], tmp_path, whole, said)
        return subprocess.run(
            [*CHATBOT, *arguments],
            input=said,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            cwd=tmp_path,
            env=whole,
        )

    return run


@pytest.fixture
def in_terminal(zygote):
    """Run "chatbot", or the script of a path, in a terminal that is closed at the end."""
    opened = []

    def in_terminal(program, *arguments, **options):
        opened.append(ForkedTerminal(zygote, [str(program), *map(str, arguments)], **options))
        return opened[-1]

    yield in_terminal
    for terminal in opened:
        terminal.__exit__()
