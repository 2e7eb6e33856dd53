"""How often scripts pass, and how sure that is: a model does not answer the same way twice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from chatbot.replay.runs import Run


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many runs passed."""

    passed: int
    runs: int

    @property
    def share(self) -> float:
        """The part that passed, from 0 to 1; 0 where nothing ran."""
        return self.passed / self.runs if self.runs else 0.0

    @property
    def told(self) -> str:
        """The rate for people: "17 of 20 passed (85 %, 95 % interval 64-95 %)"."""
        low, high = self.interval()
        return (
            f"{self.passed} of {self.runs} passed "
            f"({100 * self.share:.0f} %, 95 % interval {100 * low:.0f}-{100 * high:.0f} %)"
        )

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return where the true share lies with that confidence: the score interval, without continuity correction.

        Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the
        American Statistical Association 22 (1927), 209-212. It holds for few runs and for shares of 0 and 1, too,
        where the usual share ± z·sqrt(p·q/n) has no width.
        """
        if not self.runs:
            return 0.0, 1.0
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        share, spread = self.share, z * z / self.runs
        middle = (share + spread / 2) / (1 + spread)
        half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
        # rounding shall take neither bound beyond the share, nor beyond 0 and 1
        return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def rate(runs: Sequence[Run]) -> Rate:
    """Return how many of these passed."""
    return Rate(sum(run.passed for run in runs), len(runs))


def repeats(runs: Sequence[Run]) -> list[str]:
    """Return, for each run, which of its script's it is, " (2 of 5)"; "" where its script ran once."""
    last = Counter[str]()
    for run in runs:
        last[run.script] = max(last[run.script], run.number)
    return [f" ({run.number} of {last[run.script]})" if last[run.script] > 1 else "" for run in runs]
