"""Geometric Brownian motion (Black and Scholes 1973): d log p = (drift - volatility² / 2) dt + volatility dW."""

from math import sqrt

import numpy as np

from protocol_sim.numeric.portable import exp_array
from protocol_sim.numeric.random import Stream, normals

YEAR = 31_536_000  # s


def gbm(start: int, drift: float, volatility: float, steps: int, seconds: int, stream: Stream) -> list[int]:
    """USD prices (8 decimals), the first `start`; drift and volatility are per year; at least one raw unit."""
    dt = seconds / YEAR
    shocks = normals(stream, steps - 1) * (volatility * sqrt(dt)) + (drift - volatility * volatility * 0.5) * dt
    logs = np.empty(steps)
    logs[0], level = 0.0, 0.0
    for step, shock in enumerate(shocks.tolist(), 1):  # one order of summation, whatever the machine
        level += shock
        logs[step] = level
    return [max(1, int(price)) for price in (exp_array(logs) * float(start) + 0.5).tolist()]
