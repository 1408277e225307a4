"""Each process against its theory: moments, characteristic function, autocorrelation, within 4.5 standard errors of the
statistic, which theory gives too. The intervals are narrow enough that any parameter 5 % off falls outside of one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from price_worlds import DAY, HOUR, Check, levels, outside

from protocol_sim.prices.bridge import Bridge
from protocol_sim.prices.gbm import Gbm
from protocol_sim.prices.kou import Kou
from protocol_sim.prices.merton import Merton
from protocol_sim.prices.ou import Ou, shrink

YEAR = 365 * DAY
N = 400_000
Parameters = dict[str, float]


# ---- processes with independent returns: the characteristic function says all ---------------------------------------
def gbm_exponent(u: complex, p: Parameters) -> complex:
    """log E[exp(iu log p(1))] per year."""
    return 1j * u * (p["drift"] - p["volatility"] ** 2 / 2) - u * u * p["volatility"] ** 2 / 2


def merton_exponent(u: complex, p: Parameters) -> complex:
    def jump(v: complex) -> complex:
        return np.exp(1j * v * p["mean"] - v * v * p["deviation"] ** 2 / 2) - 1

    return gbm_exponent(u, p) + p["jumps"] * (jump(u) - 1j * u * jump(-1j))


def kou_exponent(u: complex, p: Parameters) -> complex:
    def jump(v: complex) -> complex:
        up, down = 1 / (1 - 1j * v * p["up_mean"]), 1 / (1 + 1j * v * p["down_mean"])
        return p["up_probability"] * up + (1 - p["up_probability"]) * down - 1

    return gbm_exponent(u, p) + p["jumps"] * (jump(u) - 1j * u * jump(-1j))


def cumulants(exponent: Callable[..., complex], p: Parameters, dt: float, scale: float) -> tuple[float, float, float]:
    """First, second and fourth: derivatives of the exponent at 0, by differences."""
    def at(h: float) -> list[complex]:
        return [exponent(k * h / scale, p) * dt for k in (-2, -1, 0, 1, 2)]

    near, far = at(0.01), at(0.2)
    fourth = far[4] - 4 * far[3] + 6 * far[2] - 4 * far[1] + far[0]
    return (
        (near[3] - near[1]).imag / 0.02 * scale,
        -(near[3] - 2 * near[2] + near[1]).real / 0.01**2 * scale**2,
        fourth.real / 0.2**4 * scale**4,
    )


def independent_checks(returns: np.ndarray, exponent: Callable[..., complex], p: Parameters, dt: float) -> list[Check]:
    """Empirical characteristic function, expected growth, mean, variance, autocorrelation."""
    n, phi = len(returns), lambda u: np.exp(dt * exponent(u, p))
    k1, k2, k4 = cumulants(exponent, p, dt, float(returns.std()))
    checks = [
        Check("mean", returns.mean(), k1, np.sqrt(k2 / n)),
        Check("variance", returns.var(), k2, np.sqrt((k4 + 2 * k2**2) / n)),
        Check("growth", np.exp(returns).mean(), phi(-1j).real, np.sqrt((phi(-2j) - phi(-1j) ** 2).real / n)),
    ]
    x = (returns - returns.mean()) / returns.std()
    checks += [Check(f"autocorrelation {k}", (x[k:] * x[:-k]).mean(), 0.0, 1 / np.sqrt(n)) for k in (1, 2, 10)]
    squares = x * x - 1
    error = (k4 / k2**2 + 2) / np.sqrt(n)
    checks += [Check(f"autocorrelation of squares {k}", (squares[k:] * squares[:-k]).mean(), 0, error) for k in (1, 5)]
    for times in (0.3, 0.8, 1.5, 3.0, 6.0):
        u = times / np.sqrt(k2)
        one, two = phi(u), phi(2 * u)
        cos, sin = np.cos(u * returns), np.sin(u * returns)
        checks += [
            Check(f"cos {times}", cos.mean(), one.real, np.sqrt(((1 + two.real) / 2 - one.real**2) / n)),
            Check(f"sin {times}", sin.mean(), one.imag, np.sqrt(((1 - two.real) / 2 - one.imag**2) / n)),
        ]
    return checks


INDEPENDENT: dict[str, tuple[Any, Callable[..., complex], Parameters, int]] = {
    "gbm": (Gbm, gbm_exponent, {"drift": 9.0, "volatility": 0.8}, DAY),
    "merton": (
        Merton, merton_exponent,
        {"drift": 9.0, "volatility": 0.6, "jumps": 200.0, "mean": -0.06, "deviation": 0.05}, DAY,
    ),
    "kou": (
        Kou, kou_exponent,
        {"drift": 9.0, "volatility": 0.4, "jumps": 200.0, "up_probability": 0.4, "up_mean": 0.04, "down_mean": 0.06},
        DAY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", INDEPENDENT)
def test_independent_returns(kind: str) -> None:
    make, exponent, p, seconds = INDEPENDENT[kind]
    returns = np.diff(levels(make.of(*p.values(), seconds), N))
    checks = independent_checks(returns, exponent, p, seconds / YEAR)
    assert outside(checks) == []
    for key in p:
        for factor in (1.05, 1 / 1.05):
            wrong = independent_checks(returns, exponent, p | {key: p[key] * factor}, seconds / YEAR)
            assert outside(wrong), f"{key} times {factor:.3f} is not noticed"


@pytest.mark.parametrize("jumps", [0.01, 3.0, 49.0])
def test_numbers_of_jumps_are_poisson(jumps: float) -> None:
    from scipy.stats import poisson as theory

    from protocol_sim.prices.compiled import compiled
    from protocol_sim.prices.jumps import counts
    from protocol_sim.prices.process import Streams

    seen = counts(compiled, Streams(3, 0, "X"), N, jumps)
    checks = [Check("mean", seen.mean(), jumps, np.sqrt(jumps / N)),
              Check("variance", seen.var(), jumps, np.sqrt((jumps + 2 * jumps**2) / N))]  # fmt: skip
    for k in range(int(jumps + 4 * np.sqrt(jumps)) + 1):
        share = theory.cdf(k, jumps)
        checks.append(Check(f"at most {k}", (seen <= k).mean(), share, np.sqrt(share * (1 - share) / N)))
    assert outside(checks) == []


def test_inversion_is_scipys_quantile() -> None:
    from scipy.stats import poisson as theory

    from protocol_sim.prices.jumps import poisson

    u = np.concatenate([np.random.default_rng(1).random(2000), [2.0**-53, 1 - 2.0**-53]])
    for mean in (1e-9, 0.2, 7.5, 50.0):
        out = np.zeros(len(u), np.int64)
        poisson(out, u, mean)
        assert (out[:-1] == theory.ppf(u[:-1], mean)).all()
        assert out[:-1].max() <= out[-1] <= 3 * mean + 40
    poisson(out, u, 0.0)
    assert (out == 0).all()


# ---- Ornstein-Uhlenbeck ----------------------------------------------------------------------------------------------
def ou_checks(x: np.ndarray, p: Parameters, dt: float, start: float) -> list[Check]:
    """Stationary mean, variance and autocorrelation (errors: Bartlett 1946), and the exact transition."""
    n, keep = len(x), np.exp(-p["reversion"] * dt)
    centre = np.log(p["mean"] / start)
    variance = p["volatility"] ** 2 / (2 * p["reversion"])
    d = x - centre
    long = (1 + keep) / (1 - keep)
    checks = [
        Check("mean", x.mean(), centre, np.sqrt(variance * long / n)),
        Check("variance", (d * d).mean(), variance, variance * np.sqrt(2 * (1 + keep**2) / (1 - keep**2) / n)),
    ]
    for k in (1, 5, 20):
        rho = keep**k
        bartlett = (1 + keep**2) * (1 - keep ** (2 * k)) / (1 - keep**2) - 2 * k * keep ** (2 * k)
        seen = (d[k:] * d[:-k]).mean() / (d * d).mean()
        checks.append(Check(f"autocorrelation {k}", seen, rho, np.sqrt(bartlett / n)))
    step = d[1:] - keep * d[:-1]
    spread = variance * (1 - keep**2)
    return [
        *checks,
        Check("step", step.mean(), 0.0, np.sqrt(spread / n)),
        Check("step's variance", (step * step).mean(), spread, spread * np.sqrt(2 / n)),
        Check("step and level", (step * d[:-1]).mean(), 0.0, np.sqrt(spread * variance / n)),
    ]


def test_ornstein_uhlenbeck() -> None:
    p = {"mean": 1.02, "reversion": 800.0, "volatility": 0.4}
    x = levels(Ou.of(98_000_000, 102_000_000, p["reversion"], p["volatility"], HOUR), N)[2000:]
    dt = HOUR / YEAR
    assert outside(ou_checks(x, p, dt, 0.98)) == []
    for key in p:
        for factor in (1.05, 1 / 1.05):
            assert outside(ou_checks(x, p | {key: p[key] * factor}, dt, 0.98)), f"{key} times {factor:.3f}"


def test_ornstein_uhlenbeck_is_exact_at_any_step() -> None:
    """From 0.9 to 1 in a day, in one step or in 24: the same mean and variance after it."""
    p = ("X", 90_000_000, 100_000_000, 300.0, 0.2)
    for seconds, steps in ((DAY, 1), (HOUR, 24)):
        process = Ou.of(*p[1:], seconds)
        ends = np.array([levels(process, steps, path)[-1] for path in range(8000)])
        keep = np.exp(-300.0 / 365)
        centre, variance = -np.log(0.9) * (1 - keep), 0.04 / 600 * (1 - keep**2)
        assert outside([
            Check("mean", ends.mean(), centre, np.sqrt(variance / len(ends))),
            Check("variance", ends.var(), variance, variance * np.sqrt(2 / len(ends))),
        ]) == []


@pytest.mark.parametrize("x", [0.0, 1e-12, 1e-6, 9.99e-4, 1e-3, 1.01e-3, 0.5, 40.0])
def test_shrink_is_expm1(x: float) -> None:
    assert shrink(x) == pytest.approx(-np.expm1(-x) / x if x else 1.0, rel=3e-13)


# ---- Brownian bridge -------------------------------------------------------------------------------------------------
def test_bridge() -> None:
    paths, steps, spread, target = 20_000, 40, 0.03, np.log(1.3)
    process = Bridge(float(target), steps, spread)
    x = np.array([levels(process, steps + 10, path) for path in range(paths)])
    assert (x[:, 0] == 0).all()
    assert (x[:, steps] == target).all()
    checks = []
    for n in (1, 7, 20, 39):
        variance = spread**2 * n * (steps - n) / steps
        checks += [Check(f"mean {n}", x[:, n].mean(), target * n / steps, np.sqrt(variance / paths)),
                   Check(f"variance {n}", x[:, n].var(), variance, variance * np.sqrt(2 / paths))]  # fmt: skip
    for m, n in ((3, 9), (10, 30), (5, 38)):
        a, b = x[:, m] - target * m / steps, x[:, n] - target * n / steps
        expected = spread**2 * m * (steps - n) / steps
        both = spread**4 * m * (steps - m) / steps * n * (steps - n) / steps
        checks.append(Check(f"covariance {m} {n}", (a * b).mean(), expected, np.sqrt((both + expected**2) / paths)))
    beyond = x[:, -1] - target
    checks += [Check("beyond", beyond.mean(), -5 * spread**2, spread * np.sqrt(10 / paths)),
               Check("variance beyond", beyond.var(), 10 * spread**2, 10 * spread**2 * np.sqrt(2 / paths))]  # fmt: skip
    assert outside(checks) == []
    assert outside([c._replace(expected=c.expected * 1.05) for c in checks if "variance" in c.what])
