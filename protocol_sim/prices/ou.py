"""Ornstein-Uhlenbeck on the log price (Uhlenbeck and Ornstein 1930; Vasicek 1977), for pegs and bases:

d x = reversion * (mean - x) dt + volatility dW, x = log p.

Exact at any step: given x, the next value is normal with mean mean + (x - mean) * exp(-reversion * dt) and variance
volatility² * (1 - exp(-2 * reversion * dt)) / (2 * reversion). In the long run x has the deviation
volatility / sqrt(2 * reversion) and the autocorrelation exp(-reversion * t).
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from protocol_sim.numeric.portable import exp, log
from protocol_sim.prices.process import YEAR, Array, How, Streams


class Ou(NamedTuple):
    """A step, of the log of price over start: level' = pull + keep * level + spread * z."""

    pull: float
    keep: float
    spread: float

    @classmethod
    def of(cls, start: int, mean: int, reversion: float, volatility: float, seconds: int) -> "Ou":
        """From the price that it starts at and that it returns to, and reversion and volatility per year."""
        dt = seconds / YEAR
        x = reversion * dt
        target = log(float(mean)) - log(float(start))
        return cls(target * (x * shrink(x)), exp(-x), volatility * sqrt(dt * shrink(2.0 * x)))

    def levels(self, how: How, streams: Streams, z: Array) -> Array:  # noqa: ARG002
        """log(price / start) at each step."""
        out = np.empty(len(z) + 1)
        how.text(walk)(out, z, self.pull, self.keep, self.spread)
        return out


def walk(out: Array, z: Array, pull: float, keep: float, spread: float) -> None:
    """An autoregression of order one."""
    level = 0.0
    out[0] = level
    for n in range(len(z)):
        level = (pull + keep * level) + spread * z[n]
        out[n + 1] = level


def shrink(x: float) -> float:
    """(1 - exp(-x)) / x without the cancellation near 0; x >= 0."""
    if x < 1e-3:  # the first term left out is below 1e-17
        return 1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0))))
    return (1.0 - exp(-x)) / x
