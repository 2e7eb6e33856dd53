import pytest


@pytest.fixture(scope="session")
def model(shared_model):
    """The real weights on llama.cpp, where the packages that bring them are installed."""
    shared_model.warm()
    return shared_model
