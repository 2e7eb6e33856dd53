import pytest


@pytest.fixture(scope="session")
def model(small_model):
    """The real weights on llama.cpp, where the packages that bring them are installed."""
    return small_model
