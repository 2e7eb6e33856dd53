"""The scripts of examples/ as the benchmark of grounded decoding plays them: it is the calls that count."""

from dataclasses import replace

import pytest

from benchmarks.grounding import SCRIPTS, play
from chatbot.events import TextDelta
from chatbot.models.offline import OfflineModel
from chatbot.models.scripted import Scripted
from chatbot.types import Assistant


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_goes_well_if_the_calls_are_right(path):
    assert play(path, lambda session: Worded()).right


class Worded(OfflineModel):
    """Calls as the offline model does, and says something else."""

    def stream(self, prompt, interrupt):
        for part in super().stream(prompt, interrupt):
            if isinstance(part, Assistant) and part.calls:
                yield replace(part, text="")
            elif isinstance(part, Assistant):
                yield Assistant("Hm.")
            else:
                yield TextDelta("Hm.")


def test_a_script_does_not_go_well_where_nothing_is_called():
    script = next(path for path in SCRIPTS if path.stem == "support")
    assert not play(script, lambda session: Scripted(*["Hello."] * 5)).right
