import pytest


@pytest.fixture
def model(small_model):
    """The real weights on llama.cpp, on one core."""
    return small_model
