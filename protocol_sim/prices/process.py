"""What a process is to those who run it, and what runs it."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from protocol_sim.numeric.random import Stream, word

Array = NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., Any])

YEAR = 31_536_000  # s
LIMIT = 2**62  # raw units: 46 billion USD, more than any price may be
DIFFUSION = "outside price"  # the component of the driving normals


class Streams(NamedTuple):
    """The streams of one entity on one path."""

    seed: int
    path: int
    entity: str

    def of(self, component: str) -> Stream:
        """Its stream for one purpose."""
        return Stream(self.seed, self.path, word(component), word(self.entity))


class How(Protocol):
    """Runs the text of a process: `reference` or `compiled`."""

    def text(self, fn: F) -> F:
        """The function as it is to be called."""
        ...

    def uniforms(self, stream: Stream, count: int, start: int = 0) -> Array:
        """As `numeric.random.uniforms`."""
        ...

    def normals(self, stream: Stream, count: int, start: int = 0) -> Array:
        """As `numeric.random.normals`."""
        ...

    def quantise(self, levels: Array, scale: Array) -> tuple[NDArray[np.int64], int]:
        """exp(levels) * scale, rounded to the nearest raw unit and at least 1; the first step above LIMIT, or -1."""
        ...


class Process(Protocol):
    """One price, or the basis of one, before it is rounded."""

    def levels(self, how: How, streams: Streams, z: Array) -> Array:
        """log(price / start) at each step, the first 0, from one driving normal for each step after the first."""
        ...
