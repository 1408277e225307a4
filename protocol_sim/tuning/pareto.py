"""Pareto order of integer vectors, all to be made small."""

from collections.abc import Sequence

Vector = tuple[int, ...]


def dominates(one: Vector, other: Vector) -> bool:
    """No worse anywhere and better somewhere."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def first_front(vectors: Sequence[Vector]) -> list[int]:
    """Indices of the vectors that none dominates, in order: one pass over the vectors sorted lexicographically."""
    kept: list[int] = []
    for n in sorted(range(len(vectors)), key=lambda n: vectors[n]):
        if not any(dominates(vectors[m], vectors[n]) for m in kept):
            kept.append(n)
    return sorted(kept)


def layers(vectors: Sequence[Vector], count: int) -> set[int]:
    """Indices of the first front, of the front of what is left without it, and so on, `count` times."""
    left, found = list(range(len(vectors))), set[int]()
    for _ in range(count):
        front = {left[n] for n in first_front([vectors[n] for n in left])}
        found |= front
        left = [n for n in left if n not in front]
    return found
