import pytest


@pytest.fixture(scope="session")
def model(small_model):
    """The real weights on llama.cpp."""
    return small_model
