"""Numbers of jumps a step: Poisson, by inversion of one uniform."""

import numpy as np
from numpy.typing import NDArray

from protocol_sim.numeric.portable import exp
from protocol_sim.prices.process import Array, How, Streams

MOST = 50.0  # jumps a step on average; beyond it a diffusion is the better word

Counts = NDArray[np.int64]


def counts(how: How, streams: Streams, steps: int, mean: float) -> Counts:
    """How many jumps each step has."""
    out = np.zeros(steps, np.int64)
    how.text(poisson)(out, how.uniforms(streams.of("jumps"), steps), mean)
    return out


def poisson(out: Counts, u: Array, mean: float) -> None:
    """The smallest k with P(K <= k) >= u, the terms summed upwards."""
    none = exp(-mean)
    for n in range(len(u)):
        k, term, total = 0, none, none
        while u[n] > total and not (k > mean and total + term == total):
            k += 1
            term = term * mean / k
            total += term
        out[n] = k
