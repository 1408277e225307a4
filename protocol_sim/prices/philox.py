"""Philox4x64-10 (Salmon et al. 2011), compiled: the words that `numeric.random` takes from numpy, without the lock.

The counter's low half is the number of the block, counted from 1 as numpy counts before it draws; a block is four
words. Checked against numpy's word by word.
"""

import numpy as np
from numba import njit

from protocol_sim.numeric.compiled.wide import umul
from protocol_sim.prices.process import Array

PER_BLOCK = 4  # words
U = np.uint64
_M0, _M1 = U(0xD2E7470EE14C6C93), U(0xCA5A826395121157)
_W0, _W1 = U(0x9E3779B97F4A7C15), U(0xBB67AE8584CAA73B)
_ODD, _SHIFT, _ZERO = U(1), U(11), U(0)


@njit(inline="always")
def _block(number, seed, path, component, entity):  # type: ignore[no-untyped-def]
    c0, c1, c2, c3 = number, _ZERO, component, entity
    for _ in range(10):
        high0, low0 = umul(_M0, c0)
        high1, low1 = umul(_M1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ seed, low1, high0 ^ c3 ^ path, low0
        seed += _W0
        path += _W1
    return c0, c1, c2, c3


@njit(inline="always")
def _uniform(word):  # type: ignore[no-untyped-def]
    return np.float64(np.int64((word >> _SHIFT) | _ODD)) * 2.0**-53


def fill(out: Array, first: int, seed: int, path: int, component: int, entity: int) -> None:
    """Uniforms of a stream from block `first` (counted from 0) on, as `numeric.random.uniforms`."""
    blocks, number = len(out) // PER_BLOCK, first + 1
    for b in range(blocks):
        w0, w1, w2, w3 = _block(U(number + b), seed, path, component, entity)
        out[4 * b] = _uniform(w0)
        out[4 * b + 1] = _uniform(w1)
        out[4 * b + 2] = _uniform(w2)
        out[4 * b + 3] = _uniform(w3)
    w0, w1, w2, w3 = _block(U(number + blocks), seed, path, component, entity)
    for n in range(4 * blocks, len(out)):
        out[n] = _uniform(w0)
        w0, w1, w2 = w1, w2, w3
