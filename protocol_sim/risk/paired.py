"""Differences of risk numbers between two policies on the same price paths, so that most of the chance cancels.

The bootstrap draws paths, not losses: both policies keep their common path in every replicate.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput
from protocol_sim.risk.bootstrap import resamples, studentised
from protocol_sim.risk.estimate import Estimate, checked_sample
from protocol_sim.risk.tail import (
    CONFIDENCE,
    WHERE,
    expected_shortfall,
    floats,
    quantile_rank,
    tail_excess,
    value_at_risk,
)

Floats = NDArray[np.float64]


def mean_difference(
    measure: str, after: Sequence[int], before: Sequence[int], horizon: int, unit: str,
    confidence: float = CONFIDENCE, seed: int = 0,
) -> Estimate:
    """The mean of after - before, path by path."""
    pairs = _pairs(after, before)
    _, low, high, method = studentised(pairs, _mean_rows, confidence, seed)
    value = (sum(after) - sum(before)) / len(after)
    return Estimate(measure, value, low, high, unit, horizon, None, confidence, len(after), f"{method}, paired paths")


def shortfall_difference(
    measure: str, after: Sequence[int], before: Sequence[int], level: float, horizon: int, unit: str,
    confidence: float = CONFIDENCE, seed: int = 0,
) -> Estimate:
    """Expected Shortfall after less before, each over its own worst paths."""
    pairs = _pairs(after, before)
    _, low, high, method = studentised(pairs, lambda rows: _shortfall_rows(rows, level), confidence, seed)
    value = expected_shortfall(after, level) - expected_shortfall(before, level)
    return Estimate(measure, value, low, high, unit, horizon, level, confidence, len(after), f"{method}, paired paths")


def quantile_difference(
    measure: str, after: Sequence[int], before: Sequence[int], level: float, horizon: int, unit: str,
    confidence: float = CONFIDENCE, seed: int = 0,
) -> Estimate:
    """Value at Risk after less before. A quantile has no standard error to studentise with: percentile bootstrap."""
    pairs, n = _pairs(after, before), len(after)
    rank = quantile_rank(n, level) - 1
    edges = (np.partition(pairs[resamples(n, 1, seed, b)[0]], rank, axis=0)[rank] for b in range(999))
    ordered = sorted(float(edge[0] - edge[1]) for edge in edges)
    side = (1.0 - confidence) / 2.0
    low, high = ordered[int(side * 999)], ordered[min(998, int((1.0 - side) * 999))]
    value = value_at_risk(after, level) - value_at_risk(before, level)
    method = "percentile bootstrap of paired paths"
    return Estimate(measure, value, low, high, unit, horizon, level, confidence, n, method)


def _pairs(after: Sequence[int], before: Sequence[int]) -> Floats:
    checked_sample(WHERE, after)
    if len(after) != len(before):
        raise BadInput(WHERE, "paths", f"as many as the baseline, which has {len(before)}", len(after))
    return np.stack([floats(after), floats(before)], axis=1)


def _mean_rows(rows: Floats) -> tuple[Floats, Floats]:
    change = rows[..., 0] - rows[..., 1]
    return change.mean(axis=1), change.std(axis=1) / np.sqrt(change.shape[1])


def _shortfall_rows(rows: Floats, level: float) -> tuple[Floats, Floats]:
    edge_after, after = tail_excess(rows[..., 0], level)
    edge_before, before = tail_excess(rows[..., 1], level)
    change = after - before
    return edge_after - edge_before + change.mean(axis=1), change.std(axis=1) / np.sqrt(change.shape[1])
