"""Columns of exact integers below 2**128: two machine words each, the low one first, as tables hold them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LIMIT = 2**128
_LOW = 2**64 - 1
_HALF = np.uint64(2**32 - 1)
_SHIFT = np.uint64(32)

Words = NDArray[np.uint64]         # (rows, 2)


def nothing(rows: int) -> Words:
    """Zeros."""
    return np.zeros((rows, 2), np.uint64)


def to_words(values: Sequence[int]) -> Words:
    """Integers from 0 to 2**128 - 1 as words; OverflowError for any other."""
    made = nothing(len(values))
    if not values:
        return made
    if min(values) < 0 or max(values) >= LIMIT:
        raise OverflowError("an integer from 0 to 2**128 - 1")
    if max(values) <= _LOW:
        made[:, 0] = np.fromiter(values, np.uint64, len(values))
        return made
    made[:, 0] = np.fromiter((value & _LOW for value in values), np.uint64, len(values))
    made[:, 1] = np.fromiter((value >> 64 for value in values), np.uint64, len(values))
    return made


def to_ints(words: Words) -> list[int]:
    """Words as Python integers."""
    low: list[int] = words[:, 0].tolist()
    if not words[:, 1].any():
        return low
    return [a + (b << 64) for a, b in zip(low, words[:, 1].tolist(), strict=True)]


def of_floats(values: "NDArray[np.float64]") -> Words:
    """The whole part of floats from 0 to below 2**128, exactly."""
    whole = np.floor(values)
    high = np.floor(whole * 2.0**-64)
    made = nothing(len(values))
    made[:, 0] = (whole - high * 2.0**64).astype(np.uint64)
    made[:, 1] = high.astype(np.uint64)
    return made


def total(words: Words) -> int:
    """The exact sum; at most 2**32 rows."""
    halves = [half for n in (0, 1) for half in (words[:, n] & _HALF, words[:, n] >> _SHIFT)]
    return sum(int(half.sum(dtype=np.uint64)) << 32 * n for n, half in enumerate(halves))


def positive(words: Words) -> "NDArray[np.bool_]":
    """Which are not zero."""
    found: NDArray[np.bool_] = (words[:, 0] | words[:, 1]) != 0
    return found
