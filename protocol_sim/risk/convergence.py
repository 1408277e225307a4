"""How an estimate settles as paths are added: the same estimate on the first n of them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from protocol_sim.risk.estimate import Estimate

T = TypeVar("T")


def convergence(values: Sequence[T], estimate: Callable[[Sequence[T]], Estimate], points: int = 8) -> list[Estimate]:
    """Estimates on n / 2^7, …, n / 2, n paths (at least 8 each), in that order."""
    n = len(values)
    sizes = sorted({max(min(8, n), n >> back) for back in range(points)})
    return [estimate(values[:size]) for size in sizes]
