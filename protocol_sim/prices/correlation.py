"""Correlation of driving normals: a lower triangular factor of the matrix, written out in a fixed order (no BLAS).

Row k of the factor mixes the draws of assets 0 to k: an asset added at the end shifts nobody's draws. A matrix of less
than full rank (correlation 1, say) has a factor too: a pivot that vanishes leaves a column of zeros (Higham 1990).
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from protocol_sim.prices.process import Array

VANISHED = 1e-12  # of a pivot, against a diagonal of ones
NEGATIVE = -1e-9  # of an eigenvalue: less is not rounding


def factor(matrix: Sequence[Sequence[float]]) -> Array:
    """L with L L' = matrix, for a positive semi-definite matrix with a unit diagonal (`eigenvalues` tells)."""
    size = len(matrix)
    out = np.zeros((size, size))
    for j in range(size):
        pivot = matrix[j][j]
        for m in range(j):
            pivot -= float(out[j, m]) * float(out[j, m])
        if pivot <= VANISHED:
            continue
        root = sqrt(pivot)
        out[j, j] = root
        for i in range(j + 1, size):
            rest = matrix[i][j]
            for m in range(j):
                rest -= float(out[i, m]) * float(out[j, m])
            out[i, j] = rest / root
    return out


def correlate(z: Array, lower: Array) -> None:
    """z (assets x steps) becomes lower @ z, in place, sums from left to right."""
    for k in range(z.shape[0] - 1, -1, -1):
        z[k] *= lower[k, k]
        for j in range(k):
            z[k] += lower[k, j] * z[j]


def eigenvalues(matrix: Sequence[Sequence[float]]) -> list[float]:
    """Of a symmetric matrix, in increasing order, by cyclic rotations (Jacobi 1846)."""
    a = [list(map(float, row)) for row in matrix]
    size = len(a)
    for _ in range(60):
        if sum(a[i][j] * a[i][j] for i in range(size) for j in range(i)) < 1e-30:
            break
        for p in range(size):
            for q in range(p + 1, size):
                if a[p][q] != 0.0:
                    _rotate(a, p, q)
    return sorted(a[i][i] for i in range(size))


def _rotate(a: list[list[float]], p: int, q: int) -> None:
    """Make a[p][q] zero."""
    theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q])
    t = (1.0 if theta >= 0.0 else -1.0) / (abs(theta) + sqrt(theta * theta + 1.0))
    c = 1.0 / sqrt(t * t + 1.0)
    s = t * c
    for row in a:
        row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
    upper, lower = a[p], a[q]
    a[p] = [c * x - s * y for x, y in zip(upper, lower, strict=True)]
    a[q] = [s * x + c * y for x, y in zip(upper, lower, strict=True)]


