"""GARCH and GJR-GARCH: equal to what `arch` simulates from the same innovations; moments; scores."""

import numpy as np
import pytest
from arch.univariate import GARCH, StudentsT
from price_worlds import Check, levels, outside

from protocol_sim.prices.compiled import compiled
from protocol_sim.prices.garch import Garch
from protocol_sim.prices.process import DIFFUSION, Streams
from protocol_sim.prices.student import chi_squares

N = 1_000_000


@pytest.mark.parametrize("df", [0.0, 4.5])
@pytest.mark.parametrize("gamma", [0.0, 0.08])
@pytest.mark.parametrize("steps", [1, 4, 60])
def test_returns_over_intervals_are_those_that_arch_simulates(df: float, gamma: float, steps: int) -> None:
    intervals, streams = 500, Streams(1, 5, "X")
    process = Garch(3e-4, 2e-6, 0.05, gamma, 0.85, 4e-5, steps, df)
    logs = levels(process, intervals * steps, 5)
    z = compiled.normals(streams.of(DIFFUSION), intervals * steps).reshape(intervals, steps)
    z = z.sum(axis=1) / np.sqrt(steps)
    if df:
        z = z * np.sqrt((df - 2) / chi_squares(compiled, streams, intervals, df))
    theirs, _ = GARCH(1, 1, 1).simulate([2e-6, 0.05, gamma, 0.85], intervals, lambda n: z[:n], 0, 4e-5)
    assert np.diff(logs[::steps]) == pytest.approx(theirs + 3e-4, rel=1e-9, abs=1e-13)


def test_steps_within_an_interval_are_a_brownian_path_with_its_variance() -> None:
    process, paths = Garch(0.0, 2e-6, 0.1, 0.0, 0.8, 4e-5, 4, 0.0), 20_000
    x = np.array([np.diff(levels(process, 4, path)) for path in range(paths)])
    checks = [Check(f"variance {n}", x[:, n].var(), 1e-5, 1e-5 * np.sqrt(2 / paths)) for n in range(4)]
    checks += [Check(f"{n} with the next", (x[:, n] * x[:, n + 1]).mean(), 0, 1e-5 / np.sqrt(paths)) for n in range(3)]
    assert outside(checks) == []


def garch_checks(e: np.ndarray, mean: float, omega: float, alpha: float, beta: float) -> list[Check]:
    """Moments of GARCH(1,1) (Bollerslev 1986); errors from the paths (rows), which are independent."""
    variance = omega / (1 - alpha - beta)
    fourth = 3 * variance**2 * (1 - (alpha + beta) ** 2) / (1 - (alpha + beta) ** 2 - 2 * alpha**2)
    first = alpha * (1 - alpha * beta - beta**2) / (1 - 2 * alpha * beta - beta**2)
    squares = (e - mean) ** 2
    rows = [("mean", e, mean), ("variance", squares, variance), ("fourth moment", squares**2, fourth)]
    for k in (1, 3, 10):
        expected = first * (alpha + beta) ** (k - 1) * (fourth - variance**2) + variance**2
        rows.append((f"squares {k} apart", squares[:, k:] * squares[:, :-k], expected))
    rows.append(("returns", (e[:, 1:] - mean) * (e[:, :-1] - mean), 0.0))
    return [
        Check(what, values.mean(), expected, values.mean(axis=1).std() / np.sqrt(len(values)))
        for what, values, expected in rows
    ]


def test_moments() -> None:
    p = {"mean": 1e-3, "omega": 2e-6, "alpha": 0.1, "beta": 0.8}
    process = Garch(*list(p.values())[:3], 0.0, p["beta"], 2e-5, 1, 0.0)
    e = np.array([np.diff(levels(process, 3000, path))[300:] for path in range(500)])
    assert outside(garch_checks(e, **p)) == []
    for key in p:
        for factor in (1.05, 1 / 1.05):
            assert outside(garch_checks(e, **p | {key: p[key] * factor})), f"{key} times {factor:.3f}"


def test_gjr_with_student_innovations_by_the_scores_of_archs_likelihood() -> None:
    """The likelihood of the truth, as `arch` computes it, slopes nowhere; that of parameters 5 % off does."""
    p = {"omega": 4e-6, "alpha": 0.2, "gamma": 0.4, "beta": 0.45, "df": 4.5}
    process = Garch(0.0, 4e-6, 0.2, 0.4, 0.45, 4e-6 / 0.15, 1, 4.5)
    e, model, student = np.diff(levels(process, N)), GARCH(1, 1, 1), StudentsT()
    bounds = model.variance_bounds(e)

    def likelihood(p: dict[str, float]) -> np.ndarray:
        *terms, df = p.values()
        variance = model.compute_variance(np.array(terms), e, np.zeros(N), 4e-6 / 0.15, bounds)
        return student.loglikelihood([df], e, variance, individual=True)[500:]

    def score(key: str, p: dict[str, float]) -> Check:
        step = 1e-3 * p[key]
        slope = (likelihood(p | {key: p[key] + step}) - likelihood(p | {key: p[key] - step})) / (2 * step)
        return Check(key, slope.mean(), 0.0, slope.std() / np.sqrt(len(slope)))

    assert outside([score(key, p) for key in p]) == []
    for key in p:
        for factor in (1.05, 1 / 1.05):
            assert outside([score(key, p | {key: p[key] * factor})]), f"{key} times {factor:.3f}"
