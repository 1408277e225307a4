"""An estimate: a figure that never stands without its horizon, level, sample size and confidence interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from protocol_sim.errors import BadInput

USD = 10**8


@dataclass(frozen=True, slots=True)
class Estimate:
    """One risk number. `low` and `high` bound it with probability `confidence`; infinite where n paths give no bound.

    Amounts of USD have 8 decimals, as everywhere in results; a probability is between 0 and 1.
    """

    measure: str                   # what it is, in words
    value: float
    low: float
    high: float
    unit: str                      # "USD" (8 decimals), "probability", or what is counted
    horizon: int                   # seconds
    level: float | None            # of the risk measure: 0.99 is the worst hundredth of paths; None for a mean
    confidence: float              # of the interval
    n: int                         # paths
    method: str                    # of the interval
    halves: tuple[float, float] = (0.0, 0.0)       # the same estimate on either half of the paths

    @property
    def precision(self) -> float:
        """Half the width of the interval relative to the value: the convergence figure (0.05: known to 5 %).

        It falls like 1 / sqrt(n); infinite if the interval is open or the value 0 with an interval around it.
        """
        width = self.high - self.low
        if width == 0:
            return 0.0
        return width / 2 / abs(self.value) if self.value and width < inf else inf

    @property
    def drift(self) -> float:
        """How far the two halves of the paths are apart, in half widths of the interval of all.

        With independent paths its deviation is about 1 (2 / 1.96 at 95 %); above 3 says that n is too small.
        """
        half = (self.high - self.low) / 2
        return abs(self.halves[1] - self.halves[0]) / half if 0 < half < inf else 0.0


def checked_level(where: str, key: str, value: float) -> float:
    """A probability strictly between 0 and 1, else BadInput."""
    if not 0 < value < 1:
        raise BadInput(where, key, "a probability between 0 and 1", value)
    return value


def checked_sample(where: str, values: Sequence[float], least: int = 2) -> None:
    """BadInput for a sample that is too small to say anything."""
    if len(values) < least:
        raise BadInput(where, "paths", f"at least {least}", len(values))


def both_halves(values: Sequence[int], statistic: Callable[[Sequence[int]], float]) -> tuple[float, float]:
    """The statistic on the first and on the second half of the paths, in the order in which they were drawn."""
    middle = len(values) // 2
    return statistic(values[:middle]), statistic(values[middle:])
