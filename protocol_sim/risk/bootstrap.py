"""The bootstrap with counter-based random numbers: replicate b of a seed is the same on any machine, in any order.

The interval is the studentised one (Efron and Tibshirani 1993, section 12.5): quantiles of (replicate - estimate) /
(its own standard error). It is right to second order, where the plain percentile interval of a tail mean is too short.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from protocol_sim.numeric.random import Stream, uniforms, word

Floats = NDArray[np.float64]
# rows of samples -> (statistic, standard error) of each row
Statistic = Callable[[Floats], tuple[Floats, Floats]]
_CELLS = 2_000_000                                   # draws held at once


def resamples(n: int, replicates: int, seed: int, first: int = 0) -> NDArray[np.int64]:
    """Indices 0 … n - 1 drawn with replacement: rows `first` to `first + replicates` of the seed's table."""
    draws = uniforms(Stream(seed, 0, word("bootstrap")), replicates * n, first * n)
    return (draws * n).astype(np.int64).reshape(replicates, n)


def studentised(
    values: Floats, statistic: Statistic, confidence: float, seed: int, replicates: int = 999
) -> tuple[float, float, float]:
    """(estimate, low, high) of a statistic of `values`, whose first axis are the paths.

    `statistic` takes an array of shape (rows, n, …) and gives (statistic, standard error) a row. If the standard error
    is 0, so is the width: all paths agree.
    """
    n = len(values)
    centre, spread = statistic(values[None])
    estimate, error = float(centre[0]), float(spread[0])
    if error == 0.0:
        return estimate, estimate, estimate
    rows = max(1, _CELLS // n)
    found: list[Floats] = []
    for first in range(0, replicates, rows):
        chosen = values[resamples(n, min(rows, replicates - first), seed, first)]
        theirs, errors = statistic(chosen)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (theirs - estimate) / errors
        ratio[errors == 0.0] = np.sign(theirs - estimate)[errors == 0.0] * np.inf
        found.append(np.nan_to_num(ratio, nan=0.0, posinf=np.inf, neginf=-np.inf))
    ratios = np.sort(np.concatenate(found))
    side = (1.0 - confidence) / 2.0
    low, high = (ratios[_rank(replicates, p)] for p in (1.0 - side, side))
    return estimate, estimate - float(low) * error, estimate - float(high) * error


def _rank(replicates: int, p: float) -> int:
    """Place of the quantile p among sorted replicates: the ceiling of p * (replicates + 1), counted from 1."""
    return min(max(int(np.ceil(p * (replicates + 1) - 1e-9)) - 1, 0), replicates - 1)
