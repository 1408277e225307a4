"""Stationary block bootstrap of recorded returns (Politis and Romano 1994).

Blocks of recorded log returns, with random beginnings and geometric lengths, stand one after another; the record is a
circle. Assets of one group draw the same rows, so that what moved together in the record does so in the path.
"""

from typing import NamedTuple

import numpy as np

from protocol_sim.numeric.portable import log_array
from protocol_sim.prices.process import Array, How, Streams


class Bootstrap(NamedTuple):
    """Recorded log returns, one a step; the mean length of a block in steps; the group that draws together."""

    returns: Array
    mean_block: float
    group: str

    @classmethod
    def of(cls, prices: list[int], mean_block: float, group: str) -> "Bootstrap":
        """From recorded prices, one a step, at least two."""
        logs = log_array(np.array(prices, np.float64))
        return cls(logs[1:] - logs[:-1], mean_block, group)

    def levels(self, how: How, streams: Streams, z: Array) -> Array:
        """log(price / start) at each step; the driving normals are not used."""
        out = np.empty(len(z) + 1)
        u = how.uniforms(streams._replace(entity=self.group).of("bootstrap"), 2 * len(z))
        how.text(walk)(out, self.returns, u, 1.0 / self.mean_block)
        return out


def walk(out: Array, returns: Array, u: Array, restart: float) -> None:
    """Two uniforms a step: whether a new block begins, and where."""
    level, row = 0.0, 0
    out[0] = level
    for n in range(len(out) - 1):
        if n == 0 or u[2 * n] < restart:
            row = int(u[2 * n + 1] * len(returns))
        else:
            row = row + 1 if row + 1 < len(returns) else 0
        level += returns[row]
        out[n + 1] = level
