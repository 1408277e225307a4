"""A liquid-staking token: what one can be redeemed for (its rate, which grows) times the base asset's price times the
market's basis, which stands near 1 and leaves it when nobody wants to wait for the redemption.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from protocol_sim.numeric.portable import exp, log
from protocol_sim.prices.process import YEAR, Array

ONE = 1e8  # a basis of 1, as a price with 8 decimals


def rates(first: float, growth: float, steps: int, seconds: int) -> Array:
    """Units of the base for one token, growing by `growth` a year, compounded."""
    slope = log(1.0 + growth) / YEAR
    return np.array([first * exp(slope * (step * seconds)) for step in range(steps)])


def rates_at(at: Sequence[tuple[int, float]], steps: int) -> Array:
    """The same from points (step, rate), the first at step 0, joined by straight lines; the last one holds."""
    out = np.full(steps, at[-1][1])
    for (start, rate), (end, after) in pairwise(at):
        for step in range(start, min(end, steps)):
            out[step] = rate + (after - rate) * ((step - start) / (end - start))
    return out


def price(out: NDArray[np.int64], base: NDArray[np.int64], rate: Array, basis: NDArray[np.int64], most: float) -> int:
    """base * rate * basis, rounded to the nearest raw unit and at least 1; the first step not below `most`, or -1."""
    for n in range(len(out)):
        value = base[n] * (rate[n] * basis[n] / ONE) + 0.5
        if not value < most:
            return n
        out[n] = max(1, int(value))
    return -1
