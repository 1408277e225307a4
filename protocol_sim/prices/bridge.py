"""Brownian bridge of the log price to a target (Karatzas and Shreve 1991, 5.6.B), step by step:

given the level with n steps left, the next one is normal around the straight line to the target, with variance
spread² * (n - 1) / n. It arrives exactly; beyond the target the price goes on as Brownian motion without drift.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from protocol_sim.numeric.portable import log
from protocol_sim.prices.process import YEAR, Array, How, Streams


class Bridge(NamedTuple):
    """log(target / start), the step at which it is reached, and the deviation of a step."""

    target: float
    step: int
    spread: float

    @classmethod
    def of(cls, start: int, target: int, step: int, volatility: float, seconds: int) -> "Bridge":
        """From two prices and the volatility per year."""
        return cls(log(float(target)) - log(float(start)), step, volatility * sqrt(seconds / YEAR))

    def levels(self, how: How, streams: Streams, z: Array) -> Array:  # noqa: ARG002
        """log(price / start) at each step."""
        out = np.empty(len(z) + 1)
        how.text(walk)(out, z, self.target, self.step, self.spread)
        return out


def walk(out: Array, z: Array, target: float, step: int, spread: float) -> None:
    """The last step to the target draws nothing."""
    level = 0.0
    out[0] = level
    for n in range(len(z)):
        left = step - n
        if left > 1:
            level += (target - level) / left + spread * sqrt((left - 1.0) / left) * z[n]
        elif left == 1:
            level = target
        else:
            level += spread * z[n] - 0.5 * spread * spread
        out[n + 1] = level
