"""Geometric Brownian motion (Black and Scholes 1973): d log p = (drift - volatility² / 2) dt + volatility dW.

The drift is that of the expected price: E[p(t)] = start * exp(drift * t).
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from protocol_sim.prices.process import YEAR, Array, How, Streams


class Gbm(NamedTuple):
    """Of the log price, a step: its drift, and the deviation of its normal."""

    drift: float
    spread: float

    @classmethod
    def of(cls, drift: float, volatility: float, seconds: int) -> "Gbm":
        """From drift and volatility per year; a step is `seconds` long."""
        dt = seconds / YEAR
        return cls((drift - volatility * volatility * 0.5) * dt, volatility * sqrt(dt))

    def levels(self, how: How, streams: Streams, z: Array) -> Array:  # noqa: ARG002
        """log(price / start) at each step."""
        out = np.empty(len(z) + 1)
        how.text(walk)(out, z, self.drift, self.spread)
        return out


def walk(out: Array, z: Array, drift: float, spread: float) -> None:
    """One order of summation, whatever the machine."""
    level = 0.0
    out[0] = level
    for n in range(len(z)):
        level += z[n] * spread + drift
        out[n + 1] = level
