"""How several columns go together: correlation of what drives them, and degrees of freedom of a t copula.

Gaussian: the correlation of the residuals, whose standard error is (1 - r²) / sqrt(n). Student-t (McNeil, Frey and
Embrechts 2005, 5.5): the matrix from Kendall's tau, r = sin(pi tau / 2), which holds for every elliptical copula and
asks nothing of the marginals; then the degrees of freedom by maximum likelihood on ranks / (n + 1).

Residuals are the driving normals where these are all the chance there is (gbm, ou, normal garch). Jumps and Student-t
innovations add chance of their own to each column, which no correlation reaches: the paths are then less alike than
the record.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from protocol_sim.prices.calibrate.fit import Dependence, Estimate
from protocol_sim.prices.student import MOST

Array = NDArray[np.float64]
DIGITS = 10
LEAST_FREEDOM = 2.01


def gaussian(names: tuple[str, ...], residuals: Array) -> Dependence:
    """From residuals, rows x columns."""
    matrix = np.asarray(np.corrcoef(residuals, rowvar=False), np.float64)
    errors = (1.0 - matrix**2) / np.sqrt(len(residuals))
    return Dependence(names, rounded(matrix), rounded(errors), None, None)


def student(names: tuple[str, ...], residuals: Array) -> Dependence:
    """The same with a t copula."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import kendalltau, rankdata

    n, size = residuals.shape
    matrix, errors = np.eye(size), np.zeros((size, size))
    for i in range(size):
        for j in range(i):
            tau = float(kendalltau(residuals[:, i], residuals[:, j]).statistic)
            matrix[i, j] = matrix[j, i] = np.sin(np.pi / 2 * tau)
            errors[i, j] = errors[j, i] = np.pi / 2 * np.cos(np.pi / 2 * tau) * _tau_error(residuals, i, j, tau)
    matrix = nearest(matrix)
    ranks = np.column_stack([rankdata(column) for column in residuals.T]) / (n + 1)
    low, high = np.log(LEAST_FREEDOM), np.log(MOST)

    def loss(x: float) -> float:
        return -student_likelihood(float(np.exp(x)), matrix, ranks)

    x = float(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x)
    step = 0.01
    curvature = (loss(x + step) - 2 * loss(x) + loss(x - step)) / step**2
    error = float(np.exp(x)) / sqrt(curvature) if curvature > 0 and low + step < x < high - step else float("nan")
    return Dependence(names, rounded(matrix), rounded(errors), Estimate(float(np.exp(x)), error), -float(loss(x)))


def student_likelihood(df: float, matrix: Array, ranks: Array) -> float:
    """log likelihood of a t copula at points of the unit cube."""
    from scipy.special import gammaln, stdtrit

    size = len(matrix)
    t = stdtrit(df, ranks)
    sign, log_determinant = np.linalg.slogdet(matrix)
    if sign <= 0:                                  # columns that move as one: no density
        return -np.inf
    quadratic = (t * np.linalg.solve(matrix, t.T).T).sum(axis=1)
    constant = gammaln((df + size) / 2) + (size - 1) * gammaln(df / 2) - size * gammaln((df + 1) / 2)
    joint = -(df + size) / 2 * np.log1p(quadratic / df)
    single = (df + 1) / 2 * np.log1p(t * t / df).sum(axis=1)
    return float((constant - 0.5 * log_determinant + joint + single).sum())


def nearest(matrix: Array) -> Array:
    """Pairwise estimates need not be a correlation matrix: negative eigenvalues cut off, the diagonal scaled to 1."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= 1e-10:
        return matrix
    cut = (vectors * np.maximum(values, 1e-8)) @ vectors.T
    scale = np.sqrt(np.diag(cut))
    scaled: Array = cut / np.outer(scale, scale)
    return scaled


def rounded(matrix: Array) -> tuple[tuple[float, ...], ...]:
    """Symmetric, with DIGITS decimals and ones that are 1."""
    even = (matrix + matrix.T) / 2
    return tuple(tuple(round(float(value), DIGITS) for value in row) for row in even)


def _tau_error(residuals: Array, i: int, j: int, tau: float) -> float:
    """Standard error of Kendall's tau, a U-statistic: from the concordance of some rows with all others."""
    n = len(residuals)
    others = np.linspace(0, n - 1, min(n, 1000)).astype(np.int64)
    a, b = residuals[:, i], residuals[:, j]
    agree = [float((np.sign(a - a[k]) * np.sign(b - b[k])).sum() / (n - 1)) for k in others]
    return 2.0 * float(np.std(np.array(agree) - tau)) / float(np.sqrt(n))
