"""Geometric Brownian motion and Ornstein-Uhlenbeck: maximum likelihood in closed form."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from protocol_sim.errors import BadInput
from protocol_sim.prices.calibrate.fit import ONE_USD, Estimate, Fit
from protocol_sim.prices.calibrate.observed import WHERE
from protocol_sim.prices.process import YEAR

Array = NDArray[np.float64]


def gbm(name: str, prices: Array, seconds: int) -> Fit:
    """Log returns are normal: mean (drift - volatility² / 2) dt, variance volatility² dt."""
    returns, dt = np.diff(np.log(prices)), seconds / YEAR
    n, mean, variance = len(returns), returns.mean(), returns.var()
    volatility = float(np.sqrt(variance / dt))
    if volatility == 0.0:
        raise BadInput(WHERE, name, "returns that differ", "all the same")
    drift = float(mean / dt + volatility**2 / 2)
    drift_error = float(np.sqrt(volatility**2 / (n * dt) + volatility**4 / (2 * n)))
    estimates = {
        "drift_per_year": Estimate(drift, drift_error),
        "volatility_per_year": Estimate(volatility, volatility / float(np.sqrt(2 * n))),
    }
    residuals = (returns - mean) / np.sqrt(variance)
    return Fit("gbm", last(prices), estimates, _normal(residuals, float(variance)), n, residuals, {})


def ou(name: str, prices: Array, seconds: int) -> Fit:
    """The log price is an autoregression x' = a + b x + normal: least squares is the likelihood given the first price.

    Errors by the delta method from those of a, b and the variance. In samples of a few half-lives b is biased towards
    faster reversion (Kendall 1954), by about (1 + 3 b) / n.
    """
    x, dt = np.log(prices), seconds / YEAR
    before, after = x[:-1], x[1:]
    n, centre = len(after), before.mean()
    spread = ((before - centre) ** 2).sum()
    b = float(((before - centre) * (after - after.mean())).sum() / spread)
    level = float(after.mean())                    # at the centre, where its error is independent of that of b
    left = after - level - b * (before - centre)
    variance = float((left**2).mean())
    if not 0.0 < b < 1.0:
        raise BadInput(WHERE, name, "prices that return to a mean (autoregression between 0 and 1)", f"{b:.6g}")

    def parameters(theta: Array) -> Array:
        level, b, variance = theta
        reversion = -np.log(b) / dt
        mean = np.exp((level - b * centre) / (1.0 - b))
        return np.array([mean, reversion, np.sqrt(variance * 2.0 * reversion / (1.0 - b * b))])

    theta = np.array([level, b, variance])
    errors = np.array([variance / n, variance / spread, 2.0 * variance**2 / n])
    return Fit(
        "ou", last(prices), named(("mean", "reversion_per_year", "volatility_per_year"), parameters, theta,
                                  np.diag(errors)),
        _normal(left / np.sqrt(variance), variance), n, left / np.sqrt(variance), {},
    )  # fmt: skip


def named(
    names: tuple[str, ...], parameters: Callable[[Array], Array], theta: Array, covariance: Array
) -> dict[str, Estimate]:
    """Estimates of functions of theta: the delta method, with central differences."""
    columns = []
    for k in range(len(theta)):
        step = np.zeros(len(theta))
        step[k] = max(abs(theta[k]), 1e-8) * 1e-5
        columns.append((parameters(theta + step) - parameters(theta - step)) / (2.0 * step[k]))
    slopes = np.column_stack(columns)
    variances = np.diag(slopes @ covariance @ slopes.T)
    errors = np.sqrt(np.where(variances >= 0.0, variances, np.nan))
    values = parameters(theta)
    return {name: Estimate(float(v), float(e)) for name, v, e in zip(names, values, errors, strict=True)}


def last(prices: Array) -> int:
    """The last price, USD with 8 decimals."""
    return max(1, round(float(prices[-1]) * ONE_USD))


def _normal(residuals: Array, variance: float) -> float:
    """log likelihood of residuals of unit variance, of returns with this one."""
    n = len(residuals)
    return float(-0.5 * (n * np.log(2 * np.pi * variance) + (residuals**2).sum()))
