"""Given prices at given steps, held or joined by straight lines (rounded down)."""

from collections.abc import Sequence
from itertools import pairwise


def points(at: Sequence[tuple[int, int]], steps: int, linear: bool = False) -> list[int]:
    """USD prices (8 decimals) at steps 0 … steps - 1; `at` is (step, price) with increasing steps, the first 0."""
    path: list[int] = []
    for (start, price), (end, after) in pairwise(at):
        for step in range(start, min(end, steps)):
            path.append(price + (after - price) * (step - start) // (end - start) if linear else price)
    return path + [at[-1][1]] * (steps - len(path))
