"""Merton and Kou: maximum likelihood of log returns, by simplex search and then Newton's error estimate.

Merton's density is a Poisson mixture of normals (Merton 1976), summed until nothing is left. Kou's is taken from its
characteristic function (Kou 2002) by a fast Fourier transform. The likelihood of such mixtures is unbounded where the
diffusion vanishes onto one return (Honoré 1998): the search keeps to a diffusion of at least a hundredth of the whole
deviation, and begins from several splits of it between diffusion and jumps.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput
from protocol_sim.prices.calibrate.diffusions import last, named
from protocol_sim.prices.calibrate.fit import Fit
from protocol_sim.prices.calibrate.observed import WHERE
from protocol_sim.prices.process import YEAR

Array = NDArray[np.float64]
STARTS = ((0.02, 0.7), (0.1, 0.5), (0.5, 0.4))  # jumps a step; share of the variance that is diffusion
TERMS, GRID, TINY = 30, 2**12, 1e-300
FIRST_CALLS, CALLS = 250, 3000  # of the likelihood
LEAST_DIFFUSION = 0.01
LARGEST = 0.9  # mean size or deviation of a log jump
MOST_JUMPS = 1.0  # a step, on average; with more of them jumps and diffusion are hardly told apart


def merton(name: str, prices: Array, seconds: int) -> Fit:
    """theta: mean of the diffusion, log of its deviation, log jumps a step, mean and log deviation of a jump."""
    dt = seconds / YEAR
    keys = ("drift_per_year", "volatility_per_year", "jumps_per_year", "jump_mean", "jump_deviation")

    def parameters(theta: Array) -> Array:
        mean, spread, jumps, jump, deviation = _natural(theta, (1, 2, 4))
        volatility, rate = spread / np.sqrt(dt), jumps / dt
        growth = np.exp(jump + deviation**2 / 2) - 1.0
        return np.array([mean / dt + volatility**2 / 2 + rate * growth, volatility, rate, jump, deviation])

    def start(jumps: float, share: float, mean: float, deviation: float) -> list[float]:
        jump = deviation * np.sqrt((1 - share) / jumps)
        return [mean, np.log(deviation * np.sqrt(share)), np.log(jumps), 0.0, np.log(jump)]

    return _fitted("merton", name, prices, keys, merton_density, parameters, start)


def kou(name: str, prices: Array, seconds: int) -> Fit:
    """theta: mean of the diffusion, log of its deviation, log jumps a step, logit of up, logs of both mean sizes."""
    dt = seconds / YEAR
    keys = ("drift_per_year", "volatility_per_year", "jumps_per_year", "up_probability", "up_mean", "down_mean")

    def parameters(theta: Array) -> Array:
        mean, spread, jumps, odds, up, down = _natural(theta, (1, 2, 3, 4, 5))
        volatility, rate, chance = spread / np.sqrt(dt), jumps / dt, odds / (1 + odds)
        growth = chance / (1 - up) + (1 - chance) / (1 + down) - 1.0
        return np.array([mean / dt + volatility**2 / 2 + rate * growth, volatility, rate, chance, up, down])

    def start(jumps: float, share: float, mean: float, deviation: float) -> list[float]:
        size = np.log(deviation * np.sqrt((1 - share) / jumps / 2))
        return [mean, np.log(deviation * np.sqrt(share)), np.log(jumps), 0.0, size, size]

    return _fitted("kou", name, prices, keys, kou_density, parameters, start)


def merton_density(theta: Array, x: Array) -> Array:
    """Of log returns x."""
    mean, spread, jumps, jump, deviation = _natural(theta, (1, 2, 4))
    total, weight = np.zeros(len(x)), np.exp(-jumps)
    for k in range(TERMS + int(2 * jumps)):
        if k:
            weight *= jumps / k
        variance = spread**2 + k * deviation**2
        total += weight * np.exp(-((x - mean - k * jump) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    return total


def kou_density(theta: Array, x: Array) -> Array:
    """Of log returns x: the transform of the characteristic function on a grid, and a spline through its logarithm."""
    from scipy.interpolate import CubicSpline

    mean, spread, jumps, odds, up, down = _natural(theta, (1, 2, 3, 4, 5))
    chance = odds / (1 + odds)
    deviation = float(x.std())
    reach = 3.0 * float(np.abs(x).max()) + 12.0 * deviation  # of the grid, which must not move with theta
    points = GRID
    while 2 * reach / points > spread / 4 and points < 2**18:
        points *= 2
    step = 2 * reach / points
    u = 2 * np.pi * np.fft.fftfreq(points, step)
    sizes = chance / (1 - 1j * u * up) + (1 - chance) / (1 + 1j * u * down)
    transform = np.exp(-0.5 * (spread * u) ** 2 + jumps * (sizes - 1.0))
    density = np.maximum(np.fft.fftshift(np.fft.fft(transform)).real / (2 * reach), TINY)
    grid = (np.arange(points) - points // 2) * step
    return np.asarray(np.exp(CubicSpline(grid, np.log(density))(x - mean)), np.float64)


def _natural(theta: Array, logs: tuple[int, ...]) -> list[float]:
    return [float(np.exp(np.clip(value, -60, 60))) if k in logs else float(value) for k, value in enumerate(theta)]


def _fitted(
    process: str, name: str, prices: Array, keys: tuple[str, ...], density: Callable[[Array, Array], Array],
    parameters: Callable[[Array], Array], start: Callable[[float, float, float, float], list[float]],
) -> Fit:  # fmt: skip
    """The best of several searches, and errors from the curvature there."""
    from scipy.optimize import minimize

    x = np.diff(np.log(prices))
    mean, deviation = float(x.mean()), float(x.std())

    def loss(theta: Array) -> float:
        still = theta[1] < np.log(deviation * LEAST_DIFFUSION)
        if still or theta[2] > np.log(MOST_JUMPS) or theta[4:].max() > np.log(LARGEST):
            return 1e12
        return float(-np.log(np.maximum(density(theta, x), TINY)).sum())

    def search(begin: Any, calls: int) -> Any:
        options = {"maxfev": calls, "maxiter": calls, "xatol": 1e-6, "fatol": 1e-7, "adaptive": True}
        return minimize(loss, begin, method="Nelder-Mead", options=options)

    begun = [search(start(jumps, share, mean, deviation), FIRST_CALLS) for jumps, share in STARTS]
    best = search(search(min(begun, key=lambda one: float(one.fun)).x, CALLS).x, CALLS)  # twice: a simplex may shrink
    theta = np.array(best.x)
    _jumps(name, x, theta, -float(best.fun))
    errors = covariance(loss, theta, deviation)
    residuals = (x - mean) / deviation
    estimates = named(keys, parameters, theta, errors)
    return Fit(process, last(prices), estimates, -float(best.fun), len(x), residuals, {})


def _jumps(name: str, x: Array, theta: Array, likelihood: float) -> None:
    """Refuse returns without jumps: nothing is identified then. More than gbm by Akaike's criterion, and rare."""
    plain = -0.5 * len(x) * float(np.log(2 * np.pi * x.var()) + 1)
    if likelihood - plain <= len(theta) - 2:
        expected = f"returns that jump: a log likelihood {len(theta) - 2} above that of gbm"
        raise BadInput(WHERE, name, expected, f"{likelihood - plain:.3g}")
    if theta[2] > np.log(MOST_JUMPS) - 0.01:
        raise BadInput(WHERE, name, f"rare jumps, fewer than {MOST_JUMPS:g} a step", "more")


def covariance(loss: Callable[[Array], float], theta: Array, deviation: float) -> Array:
    """The inverse of the second derivatives of a negative log likelihood; nan where they are not a minimum's."""
    size = len(theta)
    steps = np.full(size, 1e-3)
    steps[0] = 1e-3 * deviation                    # the mean is a return, the others are of order one
    if size == 5:
        steps[3] = 1e-2 * deviation                # and so is Merton's mean jump
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            one, other = np.zeros(size), np.zeros(size)
            one[i], other[j] = steps[i], steps[j]
            value = (loss(theta + one + other) - loss(theta + one - other)
                     - loss(theta - one + other) + loss(theta - one - other))  # fmt: skip
            hessian[i, j] = hessian[j, i] = value / (4 * steps[i] * steps[j])
    if not np.all(np.linalg.eigvalsh(hessian) > 0):
        return np.full((size, size), np.nan)
    return np.asarray(np.linalg.inv(hessian), np.float64)
