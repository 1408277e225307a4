"""Value at Risk, Expected Shortfall and the mean of a sample of losses, each with its interval.

Definitions, for losses L and a level p (0.99: the worst hundredth):

- Value at Risk: the smallest x with P(L <= x) >= p (McNeil, Frey, Embrechts 2015, definition 2.8); of n paths the
  ceil(n p)-th smallest loss. Its interval is a pair of order statistics, exact by the binomial distribution
  (David and Nagaraja 2003, section 7.1) and therefore free of any assumption about L. If even the largest loss is not
  a bound at that confidence, the upper end is infinite: more paths are needed.
- Expected Shortfall: the mean of the worst share 1 - p of paths, an atom at the edge counting in part (Acerbi and
  Tasche 2002, definition 2.6). Its interval is the studentised bootstrap with the standard error of the influence
  function (L - VaR)+ / (1 - p).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from protocol_sim.risk.binomial import cumulative
from protocol_sim.risk.bootstrap import studentised
from protocol_sim.risk.estimate import Estimate, both_halves, checked_level, checked_sample

Floats = NDArray[np.float64]
WHERE = "risk"
CONFIDENCE = 0.95


def exact(level: float) -> Fraction:
    """0.99 as 99/100, not as the nearest float."""
    return Fraction(str(level))


def quantile_rank(n: int, level: float) -> int:
    """Which of n losses in increasing order, counted from 1, is the Value at Risk."""
    return max(1, ceil(exact(level) * n))


def order_ranks(n: int, level: float, confidence: float) -> tuple[int | None, int | None]:
    """Ranks, from 1, of the losses between which the true quantile lies; None where n gives no bound on that side.

    P(X_r <= q <= X_s) is at least P(r <= B < s) for B binomial (n, level).
    """
    below, side = cumulative(n, level), (1.0 - confidence) / 2.0
    low = int(np.searchsorted(below, side, side="right"))              # the largest r with P(B < r) <= side
    high = int(np.searchsorted(below, 1.0 - side)) + 1                 # the smallest s with P(B >= s) <= side
    return low or None, high if high <= n else None


def value_at_risk(losses: Sequence[int], level: float) -> int:
    """The Value at Risk of a sample, an exact integer."""
    return sorted(losses)[quantile_rank(len(losses), level) - 1]


def expected_shortfall(losses: Sequence[int], level: float) -> int:
    """The Expected Shortfall of a sample, rounded down to an integer."""
    share = len(losses) * (1 - exact(level))         # paths in the tail; the last one counts in part
    total, left = Fraction(0), share
    for loss in sorted(losses, reverse=True):
        part = min(left, Fraction(1))
        total += part * loss
        left -= part
        if left <= 0:
            break
    return int(total // share)


def var_estimate(
    measure: str, losses: Sequence[int], level: float, horizon: int, unit: str, confidence: float = CONFIDENCE
) -> Estimate:
    """Value at Risk with its exact interval of order statistics."""
    _checked(losses, level, confidence)
    ordered, (low, high) = sorted(losses), order_ranks(len(losses), level, confidence)
    return Estimate(
        measure, value_at_risk(ordered, level), -inf if low is None else ordered[low - 1],
        inf if high is None else ordered[high - 1], unit, horizon, level, confidence, len(losses),
        "order statistics, exact binomial", both_halves(losses, lambda part: value_at_risk(part, level)),
    )


def es_estimate(
    measure: str, losses: Sequence[int], level: float, horizon: int, unit: str, confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Estimate:
    """Expected Shortfall with its studentised bootstrap interval."""
    _checked(losses, level, confidence)
    _, low, high, method = studentised(floats(losses), lambda rows: shortfall_rows(rows, level), confidence, seed)
    return Estimate(
        measure, expected_shortfall(losses, level), low, high, unit, horizon, level, confidence, len(losses), method,
        both_halves(losses, lambda part: expected_shortfall(part, level)),
    )


def mean_estimate(
    measure: str, values: Sequence[int], horizon: int, unit: str, confidence: float = CONFIDENCE, seed: int = 0
) -> Estimate:
    """The mean with its studentised bootstrap interval."""
    _checked(values, None, confidence)
    mean, low, high, method = studentised(floats(values), mean_rows, confidence, seed)
    return Estimate(
        measure, mean, low, high, unit, horizon, None, confidence, len(values), method,
        both_halves(values, lambda part: sum(part) / len(part)),
    )


def _checked(values: Sequence[int], level: float | None, confidence: float) -> None:
    checked_level(WHERE, "confidence", confidence)
    checked_sample(WHERE, values)
    if level is not None:
        checked_level(WHERE, "level", level)


def floats(values: Sequence[int]) -> Floats:
    """Losses for the statistics; Python integers of any size become the nearest float."""
    return np.array([float(value) for value in values])


def shortfall_rows(rows: Floats, level: float) -> tuple[Floats, Floats]:
    """(Expected Shortfall, standard error) of each row of shape (rows, n)."""
    edge, excess = tail_excess(rows, level)
    n, share = rows.shape[1], 1.0 - level
    return edge + excess.mean(axis=1), excess.std(axis=1) / np.sqrt(n) if share else np.zeros(len(rows))


def tail_excess(rows: Floats, level: float) -> tuple[Floats, Floats]:
    """The edge of the tail of each row, and (L - edge)+ / (1 - level) of each path (Rockafellar and Uryasev 2000)."""
    n = rows.shape[1]
    rank = quantile_rank(n, level) - 1
    edge: Floats = np.partition(rows, rank, axis=1)[:, rank]
    return edge, np.maximum(rows - edge[:, None], 0.0) / (1.0 - level)


def mean_rows(rows: Floats) -> tuple[Floats, Floats]:
    """(mean, standard error) of each row."""
    return rows.mean(axis=1), rows.std(axis=1) / np.sqrt(rows.shape[1])
