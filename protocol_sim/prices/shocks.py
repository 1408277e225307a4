"""Deterministic shocks, laid on top of any price as a factor at each step: a fall, a time down, a recovery.

All are one shape. From `step` on the factor falls on a straight line from 1 to 1 + change within `fall` steps, stays
for `hold` steps, and rises within `rise` steps to 1 + left; after that it stays. A gap falls at once, a crash does not
recover, a V rises at once, a depeg stays down for a while.
"""

from typing import NamedTuple

import numpy as np

from protocol_sim.prices.process import Array


class Shock(NamedTuple):
    """Times in steps, changes as shares of the price (-0.45: 45 % down)."""

    step: int
    fall: int
    hold: int
    rise: int
    change: float
    left: float


def factor(shock: Shock, step: int) -> float:
    """What the price at a step is multiplied by."""
    since = step - shock.step
    if since < 0:
        return 1.0
    if since < shock.fall:
        return 1.0 + shock.change * (since / shock.fall)
    since -= shock.fall + shock.hold
    if since < 0:
        return 1.0 + shock.change
    if since < shock.rise:
        return 1.0 + (shock.change + (shock.left - shock.change) * (since / shock.rise))
    return 1.0 + shock.left


def factors(shocks: list[Shock], steps: int) -> Array:
    """Of several shocks, multiplied in their order."""
    out = np.ones(steps)
    for shock in shocks:
        for step in range(steps):
            out[step] *= factor(shock, step)
    return out


def shaken(prices: list[int], by: Array) -> list[int]:
    """Given prices under shocks, rounded to the nearest raw unit; where the factor is 1, exactly as given."""
    return [
        price if by_one == 1.0 else max(1, int(price * by_one + 0.5))
        for price, by_one in zip(prices, by.tolist(), strict=True)
    ]
