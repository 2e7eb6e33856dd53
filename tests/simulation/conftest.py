import socket

import pytest


@pytest.fixture(scope="session")
def support_database(tmp_path_factory):
    """One for all conversations here: to seed it takes its time."""
    return str(tmp_path_factory.mktemp("support") / "support.db")


@pytest.fixture
def support(monkeypatch, support_database):
    """The pack's name; its database is for this test run alone."""
    monkeypatch.setenv("SUPPORT_DB", support_database)
    return "support"


@pytest.fixture
def minecraft(monkeypatch):
    """The pack's name; the server that it asks is not there, and keeps its port from everybody else."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MINECRAFT_API_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        yield "minecraft"
