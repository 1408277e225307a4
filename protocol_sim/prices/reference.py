"""Runs a process as Python and numpy: the reference that the compiled code must equal bit for bit."""

import numpy as np
from numpy.typing import NDArray

from protocol_sim.numeric import random
from protocol_sim.numeric.portable import exp_array
from protocol_sim.numeric.random import Stream
from protocol_sim.prices.process import LIMIT, Array, F


class Reference:
    """The text as it stands."""

    def text(self, fn: F) -> F:
        """The function itself."""
        return fn

    def uniforms(self, stream: Stream, count: int, start: int = 0) -> Array:
        """numpy's Philox."""
        return random.uniforms(stream, count, start)

    def normals(self, stream: Stream, count: int, start: int = 0) -> Array:
        """numpy's Philox through the portable inverse."""
        return random.normals(stream, count, start)

    def quantise(self, levels: Array, scale: Array) -> tuple[NDArray[np.int64], int]:
        """exp(levels) * scale, rounded to the nearest raw unit and at least 1; the first step above LIMIT, or -1."""
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            prices = exp_array(levels) * scale + 0.5
        over = np.flatnonzero(~(prices < LIMIT))
        if len(over):
            return np.empty(0, np.int64), int(over[0])
        return np.maximum(prices.astype(np.int64), 1), -1


reference = Reference()
