"""Student-t: chi-square draws, and the copula that makes extremes of several assets coincide.

The t copula (Demarta and McNeil 2005): correlated normals z, all of a step divided by the root of one chi-square over
its degrees of freedom, are a multivariate t; each is carried back to a standard normal by z' = N^-1(T_df(t)). So every
price keeps the process it has, and what changes is how they go together.

N^-1(T_df(t)) as a function of s = sqrt(df * log(1 + t² / df)) is nearly a straight line (Wallace 1959): cubic pieces
between nodes SPACING apart, with the exact slopes, are closer than 2e-9 to it (`tests/prices/test_copula.py`).
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from protocol_sim.numeric.portable import exp, log, normal_inverse
from protocol_sim.prices.process import Array, How, Streams

SPACING, NODES = 0.0625, 257  # s up to 16, beyond what 53-bit uniforms reach; farther out the line goes on straight
LEAST, MOST = 2.0, 1000.0  # degrees of freedom
SQRT_2PI = 2.5066282746310002
LOG_SQRT_PI = 0.5723649429247001
LOG_SQRT_2PI = 0.9189385332046728
_SPARE = 64


class Copula(NamedTuple):
    """Degrees of freedom, and the nodes of the map back to normals: values and slopes."""

    df: float
    values: Array
    slopes: Array

    @classmethod
    def of(cls, df: float) -> "Copula":
        """Tabulated once for a scenario; LEAST < df <= MOST."""
        values, slopes = np.zeros(NODES), np.ones(NODES)
        log_scale = log(df) * 0.5 + log_beta_half(df * 0.5)  # of the density at 0
        for n in range(NODES):
            s = n * SPACING
            t = sqrt(df * (exp(s * s / df) - 1.0))
            z = -normal_inverse(upper_tail(t, df)) if n else 0.0
            stretch = s / t if n else 1.0
            values[n] = z
            slopes[n] = exp(0.5 * (z * z - s * s * (df - 1.0) / df) - log_scale) * SQRT_2PI * stretch
        return cls(df, values, slopes)

    def join(self, how: How, streams: Streams, z: Array) -> None:
        """Carry correlated normals (assets x steps) over to the copula, in place."""
        mixing = chi_squares(how, streams, z.shape[1], self.df)
        how.text(carry)(z, mixing, self.df, self.values, self.slopes)


def carry(z: Array, mixing: Array, df: float, values: Array, slopes: Array) -> None:
    """t = z / sqrt(mixing / df), and back to a normal along the nodes."""
    for k in range(z.shape[0]):
        for n in range(z.shape[1]):
            y = z[k, n] * z[k, n] / mixing[n]
            one = 1.0 + y
            root = sqrt(df * (log(one) * (y / (one - 1.0)) if one > 1.0 else y))  # log(1 + y), y small too
            s = root / SPACING
            cell = int(s) if s < NODES - 1.0 else NODES - 2
            x = s - cell
            if x > 1.0:
                size = values[NODES - 1] + (x - 1.0) * SPACING * slopes[NODES - 1]
            else:
                a, b = values[cell], values[cell + 1]
                p, q = slopes[cell] * SPACING, slopes[cell + 1] * SPACING
                size = a + x * (p + x * ((3.0 * (b - a) - 2.0 * p - q) + x * (2.0 * (a - b) + p + q)))
            z[k, n] = -size if z[k, n] < 0.0 else size


def chi_squares(how: How, streams: Streams, count: int, df: float) -> Array:
    """Chi-square draws, df >= 2, by rejection (Marsaglia and Tsang 2000); attempt i takes normal i and uniform i."""
    out, taken, start = np.empty(count), 0, 0
    while taken < count:
        tries = (count - taken) + (count - taken) // 16 + _SPARE
        normals = how.normals(streams.of("chi-square normals"), tries, start)
        uniforms = how.uniforms(streams.of("chi-square uniforms"), tries, start)
        taken = how.text(accept)(out, taken, normals, uniforms, df)
        start += tries
    return out


def accept(out: Array, taken: int, normals: Array, uniforms: Array, df: float) -> int:
    """Fill `out` from `taken` on with what is accepted; returns how many there are then."""
    d = df * 0.5 - 1.0 / 3.0
    c = 1.0 / sqrt(9.0 * d)
    for n in range(len(normals)):
        if taken == len(out):
            break
        x = normals[n]
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            if log(uniforms[n]) < 0.5 * x * x + d * (1.0 - v + log(v)):
                out[taken] = 2.0 * d * v
                taken += 1
    return taken


def upper_tail(t: float, df: float) -> float:
    """P(T > t) for t > 0: half of the regularised incomplete beta function at df / (df + t²)."""
    x = df / (df + t * t)
    a = df * 0.5
    front = exp(a * log(x) + 0.5 * (log(t * t) - log(df + t * t)) - log_beta_half(a))
    if x < (a + 1.0) / (a + 2.5):
        return 0.5 * front * _fraction(a, 0.5, x) / a
    return 0.5 - front * _fraction(0.5, a, t * t / (df + t * t))


def log_beta_half(a: float) -> float:
    """log of the beta function B(a, 1/2)."""
    return log_gamma(a) + LOG_SQRT_PI - log_gamma(a + 0.5)


def log_gamma(x: float) -> float:
    """log of the gamma function, x > 0: Stirling's series where x >= 12, and the recurrence below."""
    shift = 0.0
    while x < 12.0:
        shift += log(x)
        x += 1.0
    y = 1.0 / (x * x)
    series = (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y / 1188.0)))) / x
    return (x - 0.5) * log(x) - x + LOG_SQRT_2PI + series - shift


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (DLMF 8.17.22) by the modified method of Lentz."""
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0), tiny)
    value = d
    for m in range(1, 2000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 / _away(1.0 + term * d, tiny)
            c = _away(1.0 + term / c, tiny)
            value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value


def _away(x: float, tiny: float) -> float:
    return x if abs(x) > tiny else tiny
