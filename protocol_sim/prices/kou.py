"""Jump diffusion with double exponential jumps (Kou 2002): geometric Brownian motion plus Poisson jumps of the log
price, upwards with a probability and an exponential size, else downwards with another.

The drift is that of the expected price, E[p(t)] = start * exp(drift * t): what the jumps add on average,
jumps * (up_probability / (1 - up_mean) + (1 - up_probability) / (1 + down_mean) - 1), is taken off the diffusion.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from protocol_sim.numeric.portable import log
from protocol_sim.prices.jumps import Counts, counts
from protocol_sim.prices.process import YEAR, Array, How, Streams


class Kou(NamedTuple):
    """A step: drift and deviation of the diffusion, jumps on average; of a log jump: chance of up, both mean sizes."""

    drift: float
    spread: float
    jumps: float
    up_probability: float
    up_mean: float
    down_mean: float

    @classmethod
    def of(
        cls, drift: float, volatility: float, jumps: float, up_probability: float, up_mean: float, down_mean: float,
        seconds: int,
    ) -> "Kou":  # fmt: skip
        """From drift, volatility and jumps per year; up_mean < 1, or the expected price is infinite."""
        dt = seconds / YEAR
        growth = up_probability / (1.0 - up_mean) + (1.0 - up_probability) / (1.0 + down_mean) - 1.0
        trend = (drift - volatility * volatility * 0.5 - jumps * growth) * dt
        return cls(trend, volatility * sqrt(dt), jumps * dt, up_probability, up_mean, down_mean)

    def levels(self, how: How, streams: Streams, z: Array) -> Array:
        """log(price / start) at each step."""
        out, number = np.empty(len(z) + 1), counts(how, streams, len(z), self.jumps)
        sizes = how.uniforms(streams.of("jump sizes"), int(number.sum()))
        how.text(walk)(out, z, number, sizes, *self[:2], *self[3:])
        return out


def walk(
    out: Array, z: Array, number: Counts, sizes: Array, drift: float, spread: float, up: float, up_mean: float,
    down_mean: float,
) -> None:  # fmt: skip
    """One uniform a jump: its side decides the sign, where it stands within the side the size."""
    level, at = 0.0, 0
    out[0] = level
    for n in range(len(z)):
        level += z[n] * spread + drift
        for _ in range(number[n]):
            u = sizes[at]
            at += 1
            if u < up:
                level -= log(u / up) * up_mean
            else:
                level += log((1.0 - u) / (1.0 - up)) * down_mean
        out[n + 1] = level
