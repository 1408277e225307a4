"""Kupiec's test: do the exceedances of a Value at Risk come as often as its level says?

Of T periods x exceed; under the model x is binomial (T, p), p = 1 - level. The likelihood ratio
  LR = -2 log[(1 - p)^(T - x) p^x] + 2 log[(1 - x/T)^(T - x) (x/T)^x]
is chi-square with one degree of freedom (Kupiec 1995, "Techniques for verifying the accuracy of risk measurement
models", proportion of failures). `accepted_exceedances` gives the table of that paper.
"""

from dataclasses import dataclass
from math import erfc, log, sqrt

from protocol_sim.errors import BadInput
from protocol_sim.risk.estimate import checked_level


@dataclass(frozen=True, slots=True)
class Kupiec:
    """The outcome: expected against seen, the ratio and the probability of one at least as large."""

    periods: int
    exceedances: int
    level: float                   # of the Value at Risk
    ratio: float                   # LR
    p_value: float

    @property
    def expected(self) -> float:
        """How many exceedances the level foresees."""
        return self.periods * (1.0 - self.level)

    def rejected(self, significance: float = 0.05) -> bool:
        """Whether the model is refused at that significance."""
        return self.p_value < significance


def kupiec(exceedances: int, periods: int, level: float) -> Kupiec:
    """The test; BadInput for counts that cannot be."""
    checked_level("risk", "level", level)
    if periods < 1 or not 0 <= exceedances <= periods:
        raise BadInput("risk", "exceedances", f"0 to {periods} of at least one period", exceedances)
    ratio = 2.0 * (_log_likelihood(exceedances, periods, exceedances / periods)
                   - _log_likelihood(exceedances, periods, 1.0 - level))
    ratio = max(ratio, 0.0)
    return Kupiec(periods, exceedances, level, ratio, erfc(sqrt(ratio / 2.0)))


def accepted_exceedances(periods: int, level: float, significance: float = 0.05) -> tuple[int, int]:
    """The least and the largest number of exceedances that the test does not refuse."""
    kept = [x for x in range(periods + 1) if not kupiec(x, periods, level).rejected(significance)]
    return kept[0], kept[-1]


def _log_likelihood(x: int, periods: int, p: float) -> float:
    return (x * log(p) if x else 0.0) + ((periods - x) * log(1.0 - p) if periods - x else 0.0)
