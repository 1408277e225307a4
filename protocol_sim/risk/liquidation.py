"""How likely an account, or anybody of a book, is liquidated by a horizon.

From the paths: the share on which it was, with the exact interval of Clopper and Pearson. `closed` gives the closed
form for one pair (`passage`), and `bridged` the conditional Monte Carlo estimate for a price that is watched all the
time: between two samples a Brownian path is a bridge, whose chance of dipping below the level is known (Glasserman
2003, section 6.4), so that each path gives a probability in place of 0 or 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput
from protocol_sim.numeric.portable import exp_array, log_array
from protocol_sim.risk.binomial import exact_interval
from protocol_sim.risk.estimate import Estimate, checked_level
from protocol_sim.risk.passage import YEAR

if TYPE_CHECKING:
    import pandas as pd

BOOK = "*"


def first_liquidations(events: "pd.DataFrame", start: int) -> dict[str, int]:
    """Seconds from `start` (unix) to the first liquidation of each account that has one; `*` is anybody."""
    taken = events[events["kind"] == "liquidation"]
    first: dict[str, int] = {}
    for name, time in zip(taken["subject"], taken["time"], strict=True):
        for key in (str(name), BOOK):
            first[key] = min(first.get(key, int(time) - start), int(time) - start)
    return first


def liquidation_probability(
    firsts: Sequence[Mapping[str, int]], account: str, horizons: Iterable[int], confidence: float = 0.95
) -> list[Estimate]:
    """P(`account` is liquidated within each horizon, in seconds); `firsts` are the `first_liquidations`, one a path."""
    checked_level("risk", "confidence", confidence)
    n = len(firsts)
    if n == 0:
        raise BadInput("risk", "paths", "at least 1", 0)
    times = [first.get(account) for first in firsts]
    found = []
    for horizon in horizons:
        hits = [time is not None and time <= horizon for time in times]
        low, high = exact_interval(sum(hits), n, confidence)
        halves = (sum(hits[: n // 2]) / max(1, n // 2), sum(hits[n // 2 :]) / max(1, n - n // 2))
        who = "anybody" if account == BOOK else account
        measure = f"probability that {who} is liquidated"
        found.append(Estimate(
            measure, sum(hits) / n, low, high, "probability", horizon, None, confidence, n,
            "Clopper and Pearson, exact binomial", halves,
        ))
    return found


def bridged(
    prices: NDArray[np.float64], level: float, volatility: float, seconds: int, confidence: float = 0.95
) -> Estimate:
    """P(the price falls to `level`), watched all the time, from paths sampled every `seconds`.

    `prices` has shape (paths, samples), the first sample being the start; `volatility` is per year. Unbiased for
    geometric Brownian motion whatever the distance of the samples.
    """
    above = log_array(prices.ravel()).reshape(prices.shape) - log(level)
    step = volatility * volatility * seconds / YEAR
    product = above[:, :-1] * above[:, 1:]
    crossed = (above <= 0.0).any(axis=1)
    dips = exp_array((np.maximum(product, 0.0) * (-2.0 / step)).ravel()).reshape(product.shape)
    chance = np.where(crossed, 1.0, 1.0 - np.prod(1.0 - dips, axis=1))
    n, half = len(chance), _normal_quantile(confidence)
    mean, error = float(chance.mean()), float(chance.std(ddof=1)) / sqrt(n)
    halves = (float(chance[: n // 2].mean()), float(chance[n // 2 :].mean()))
    horizon = (prices.shape[1] - 1) * seconds
    return Estimate(
        "probability that the price falls to the level", mean, mean - half * error, mean + half * error, "probability",
        horizon, None, confidence, n, "conditional Monte Carlo, normal interval", halves,
    )


def _normal_quantile(confidence: float) -> float:
    from protocol_sim.numeric.portable import normal_inverse

    return normal_inverse(0.5 + confidence / 2.0)
