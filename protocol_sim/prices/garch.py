"""GARCH(1,1) (Bollerslev 1986) and GJR-GARCH (Glosten, Jagannathan and Runkle 1993) on log returns:

r = mean + e, e = sqrt(h) * x, h' = omega + (alpha + gamma * [e < 0]) * e² + beta * h, x normal or Student-t of unit
variance. The parameters belong to one interval (an hour, a day): GARCH does not aggregate. A step may be a fraction of
the interval; then the interval's return is split among its steps as a Brownian path with its variance, and the variance
moves at its end, so that returns over whole intervals are those of the process.

A Student-t innovation is the driving normal times sqrt((df - 2) / chi-square), one chi-square an interval: across
assets the driving normals carry the correlation, the chi-squares are each asset's own.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from protocol_sim.prices.process import Array, How, Streams
from protocol_sim.prices.student import chi_squares


class Garch(NamedTuple):
    """Parameters an interval, how many steps an interval has, and degrees of freedom (0: normal)."""

    mean: float
    omega: float
    alpha: float
    gamma: float
    beta: float
    variance: float  # of the first interval
    steps: int
    df: float

    def levels(self, how: How, streams: Streams, z: Array) -> Array:
        """log(price / start) at each step."""
        out, intervals = np.empty(len(z) + 1), -(-len(z) // self.steps)
        fat = np.ones(intervals)
        if self.df > 0.0:
            fat = np.sqrt((self.df - 2.0) / chi_squares(how, streams, intervals, self.df))
        how.text(walk)(out, z, fat, *self[:7])
        return out


def walk(
    out: Array, z: Array, fat: Array, mean: float, omega: float, alpha: float, gamma: float, beta: float,
    variance: float, steps: int,
) -> None:  # fmt: skip
    """Step by step, the variance anew after each interval."""
    level, shock, left, interval = 0.0, 0.0, steps, 0
    trend = mean / steps
    spread = sqrt(variance / steps) * fat[0] if len(fat) > 0 else 0.0
    out[0] = level
    for n in range(len(z)):
        e = spread * z[n]
        shock += e
        level += trend + e
        out[n + 1] = level
        left -= 1
        if left == 0 and n + 1 < len(z):
            lean = gamma if shock < 0.0 else 0.0
            variance = omega + (alpha + lean) * (shock * shock) + beta * variance
            shock, left, interval = 0.0, steps, interval + 1
            spread = sqrt(variance / steps) * fat[interval]
