"""Jump diffusion with normal jumps (Merton 1976): geometric Brownian motion plus Poisson jumps of the log price,

each normal with a mean and a deviation. The drift is that of the expected price, E[p(t)] = start * exp(drift * t): what
the jumps add on average, jumps * (exp(mean + deviation² / 2) - 1), is taken off the diffusion.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from protocol_sim.numeric.portable import exp
from protocol_sim.prices.jumps import Counts, counts
from protocol_sim.prices.process import YEAR, Array, How, Streams


class Merton(NamedTuple):
    """A step: drift and deviation of the diffusion, jumps on average, mean and deviation of a log jump."""

    drift: float
    spread: float
    jumps: float
    mean: float
    deviation: float

    @classmethod
    def of(
        cls, drift: float, volatility: float, jumps: float, mean: float, deviation: float, seconds: int
    ) -> "Merton":
        """From drift, volatility and jumps per year."""
        dt = seconds / YEAR
        growth = exp(mean + deviation * deviation * 0.5) - 1.0
        trend = (drift - volatility * volatility * 0.5 - jumps * growth) * dt
        return cls(trend, volatility * sqrt(dt), jumps * dt, mean, deviation)

    def levels(self, how: How, streams: Streams, z: Array) -> Array:
        """log(price / start) at each step."""
        out, number = np.empty(len(z) + 1), counts(how, streams, len(z), self.jumps)
        sizes = how.normals(streams.of("jump sizes"), int(np.count_nonzero(number)))
        how.text(walk)(out, z, number, sizes, self.drift, self.spread, self.mean, self.deviation)
        return out


def walk(
    out: Array, z: Array, number: Counts, sizes: Array, drift: float, spread: float, mean: float, deviation: float
) -> None:
    """The jumps of one step are one normal: their sum."""
    level, at = 0.0, 0
    out[0] = level
    for n in range(len(z)):
        level += z[n] * spread + drift
        k = number[n]
        if k > 0:
            level += k * mean + sqrt(k) * deviation * sizes[at]
            at += 1
        out[n + 1] = level
