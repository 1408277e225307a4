"""The binomial distribution in plain floats: mass, cumulative sums and the exact interval of a probability."""

from collections.abc import Callable
from math import log

import numpy as np
from numpy.typing import NDArray


def masses(n: int, p: float) -> NDArray[np.float64]:
    """P(B = k) for k = 0 … n; B has n draws of probability p, 0 < p < 1.

    By ratios of neighbours, from the mode outwards, so that nothing under- or overflows where it matters.
    """
    k = np.arange(n)
    steps = np.log((n - k) / (k + 1.0)) + log(p / (1.0 - p))
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    found: NDArray[np.float64] = np.exp(logs - logs.max())
    found /= found.sum()
    return found


def cumulative(n: int, p: float) -> NDArray[np.float64]:
    """P(B <= k) for k = 0 … n."""
    sums: NDArray[np.float64] = np.minimum(1.0, np.cumsum(masses(n, p)))
    return sums


def tail_above(k: int, n: int, p: float) -> float:
    """P(B >= k)."""
    if k <= 0:
        return 1.0
    if p <= 0.0 or k > n:
        return 0.0
    return 1.0 if p >= 1.0 else float(masses(n, p)[k:].sum())


def exact_interval(k: int, n: int, confidence: float) -> tuple[float, float]:
    """Bounds of p after k successes in n draws: Clopper and Pearson (1934), which never covers too seldom."""
    side = (1.0 - confidence) / 2.0
    low = 0.0 if k == 0 else _root(lambda p: tail_above(k, n, p) - side)
    high = 1.0 if k == n else _root(lambda p: side - (1.0 - tail_above(k + 1, n, p)))
    return low, high


def _root(rising: Callable[[float], float]) -> float:
    """Where a rising function of a probability crosses 0."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if rising(middle) < 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0

