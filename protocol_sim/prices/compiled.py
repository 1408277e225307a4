"""Runs a process compiled: the same text, the same bits, on as many threads as one likes (no lock is held inside).

Compiled code is kept on disk in a directory named by the text that it comes from, which is this package and the
portable functions. It is one of its own, so that an edit here does not compile the engines anew, nor theirs this.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import numba
import numpy as np
from numba import config, njit
from numpy.typing import NDArray

from protocol_sim.numeric import portable
from protocol_sim.numeric.compiled import cache
from protocol_sim.numeric.random import Stream
from protocol_sim.prices.philox import PER_BLOCK, fill
from protocol_sim.prices.process import LIMIT, Array, F


def _digest() -> str:
    here = Path(__file__).parent
    numeric = here.parent / "numeric"
    seen = hashlib.sha256(f"{sys.version} {numba.__version__}".encode())
    for path in (*sorted(here.glob("*.py")), numeric / "portable.py", numeric / "compiled" / "wide.py"):
        seen.update(path.name.encode() + path.read_bytes())
    return seen.hexdigest()[:16]


_DIRECTORY = cache.directory().parents[1] / "prices" / _digest()
_known: dict[Callable[..., Any], Any] = {}
_one_at_a_time = Lock()


def _compiled(fn: Callable[..., Any]) -> Any:
    """`fn` in machine code; numba reads its setting of the directory when a function is decorated."""
    if fn not in _known:
        with _one_at_a_time:
            before = config.CACHE_DIR
            config.CACHE_DIR = str(_DIRECTORY)
            try:
                _known.setdefault(fn, njit(nogil=True, cache=True)(fn))
            finally:
                config.CACHE_DIR = before
    return _known[fn]


def _to_normals(out: Array) -> None:
    for n in range(len(out)):
        out[n] = portable.normal_inverse(out[n])


def _quantise(out: NDArray[np.int64], levels: Array, scale: Array) -> int:
    for n in range(len(levels)):
        price = portable.exp(levels[n]) * scale[n] + 0.5
        if not price < LIMIT:
            return n
        out[n] = max(1, int(price))
    return -1


class Compiled:
    """The text in machine code."""

    def text(self, fn: F) -> F:
        """The function compiled; once a process, then from the disk."""
        return _compiled(fn)  # type: ignore[no-any-return]

    def uniforms(self, stream: Stream, count: int, start: int = 0) -> Array:
        """The words that numpy's Philox gives, made here."""
        skip = start % PER_BLOCK
        out = np.empty(skip + count)
        _compiled(fill)(out, start // PER_BLOCK, *[np.uint64(part) for part in stream])
        return out[skip:]

    def normals(self, stream: Stream, count: int, start: int = 0) -> Array:
        """Those words through the portable inverse."""
        out = self.uniforms(stream, count, start)
        _compiled(_to_normals)(out)
        return out

    def quantise(self, levels: Array, scale: Array) -> tuple[NDArray[np.int64], int]:
        """exp(levels) * scale, rounded to the nearest raw unit and at least 1; the first step above LIMIT, or -1."""
        out = np.empty(len(levels), np.int64)
        return out, _compiled(_quantise)(out, levels, scale)


compiled = Compiled()
