import shutil

import pytest

from tests.serve.server import forked


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Let one process load what a server needs, and start what modules share."""
    for item in items:
        if "serving" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("serve"))


@pytest.fixture(scope="session")
def serving(zygote, seeded):
    """A server that runs within a block: `serving(home, *options, **environment)`."""

    def serving(home, *options, **environment):
        shutil.copy(seeded, home / "support.db")
        return forked(zygote, home, *options, **environment)

    return serving
