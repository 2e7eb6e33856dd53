import ast
import subprocess
import sys

MOMENTS = 25  # `python -m benchmarks killing` takes 200


def test_a_conversation_that_is_killed_at_any_moment_has_lost_nothing_that_was_shown_and_goes_on():
    done = subprocess.run(
        [sys.executable, "-m", "tests.transcript.killing", str(MOMENTS)], capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    ends = ast.literal_eval(done.stdout)
    assert sum(ends.values()) == MOMENTS
    assert ends["whole"] > 0
