"""Correlation of the driving normals, Gaussian and Student-t: marginals kept, dependence as theory says."""

from typing import Any

import numpy as np
import pytest
from price_worlds import GBM, OU, Check, outside, world
from scipy import special, stats

from protocol_sim.errors import BadInput
from protocol_sim.prices import student
from protocol_sim.prices.compiled import compiled
from protocol_sim.prices.correlation import correlate, eigenvalues, factor
from protocol_sim.prices.process import DIFFUSION, Streams
from protocol_sim.prices.student import Copula, chi_squares
from protocol_sim.world import Outside

N = 200_000
MATRIX = [[1.0, 0.7, -0.3], [0.7, 1.0, 0.1], [-0.3, 0.1, 1.0]]
FREEDOM = 4.5


def driven(matrix: list[list[float]], copula: Copula | None, count: int = N) -> np.ndarray:
    """Correlated driving normals, assets x steps."""
    z = np.array([compiled.normals(Streams(2, 0, f"A{k}").of(DIFFUSION), count) for k in range(len(matrix))])
    compiled.text(correlate)(z, factor(matrix))
    if copula is not None:
        copula.join(compiled, Streams(2, 0, "correlation"), z)
    return z


def marginal_checks(z: np.ndarray) -> list[Check]:
    """Standard normal, and nothing left from one step to the next."""
    checks = []
    for row in z:
        for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
            checks.append(Check(f"moment {power}", (row**power).mean(), mean, np.sqrt(variance / z.shape[1])))
        for k in (1, 7):
            checks.append(Check(f"{k} later", (row[k:] * row[:-k]).mean(), 0.0, 1 / np.sqrt(z.shape[1])))
        assert stats.kstest(row, "norm").pvalue > 1e-4
    for a in range(len(z)):
        for b in range(len(z)):
            checks.append(Check("across, one later", (z[a, 1:] * z[b, :-1]).mean(), 0.0, 1 / np.sqrt(z.shape[1])))
    return checks


def test_gaussian() -> None:
    z = driven(MATRIX, None)
    pairs = [(a, b) for a in range(3) for b in range(a)]

    def checks(scale: float) -> list[Check]:
        wanted = [MATRIX[a][b] * scale for a, b in pairs]
        seen = np.corrcoef(z)
        return [Check(f"{p}", seen[p], r, (1 - r * r) / np.sqrt(N)) for p, r in zip(pairs, wanted, strict=True)]

    assert outside(checks(1.0) + marginal_checks(z)) == []
    assert outside(checks(1.05))


def test_student_t_keeps_the_marginals_and_joins_the_extremes() -> None:
    z = driven(MATRIX, Copula.of(FREEDOM))
    assert outside(marginal_checks(z)) == []
    checks = []
    for a in range(3):
        for b in range(a):
            tau = 2 / np.pi * np.arcsin(MATRIX[a][b])  # of every elliptical copula
            half = N // 2  # independent halves: the mean of signs of differences has a binomial error
            signs = np.sign((z[a, :half] - z[a, half:]) * (z[b, :half] - z[b, half:]))
            checks.append(Check(f"tau {a} {b}", signs.mean(), tau, np.sqrt((1 - tau**2) / half)))
            low = stats.norm.ppf(0.02)
            joint = stats.multivariate_t(shape=[[1, MATRIX[a][b]], [MATRIX[a][b], 1]], df=FREEDOM)
            at = stats.t.ppf(0.02, FREEDOM)
            both = joint.cdf([at, at], maxpts=1_000_000, random_state=1)
            seen = ((z[a] < low) & (z[b] < low)).mean()
            checks.append(Check(f"both below 2 % {a} {b}", seen, both, np.sqrt(both * (1 - both) / N)))
            gauss = stats.multivariate_normal(cov=[[1, MATRIX[a][b]], [MATRIX[a][b], 1]]).cdf([low, low])
            assert both > gauss * 1.2
    assert outside(checks) == []


def test_degrees_of_freedom_by_the_score_of_the_copula() -> None:
    t = special.stdtrit(FREEDOM, special.ndtr(driven(MATRIX, Copula.of(FREEDOM))))
    u = stats.t.cdf(t, FREEDOM)

    def density(df: float) -> np.ndarray:
        x = special.stdtrit(df, u)
        return stats.multivariate_t(shape=MATRIX, df=df).logpdf(x.T) - stats.t.logpdf(x, df).sum(axis=0)

    def score(df: float) -> Check:
        slope = (density(df + 0.01) - density(df - 0.01)) / 0.02
        return Check(f"score at {df}", slope.mean(), 0.0, slope.std() / np.sqrt(N))

    assert outside([score(FREEDOM)]) == []
    assert outside([score(FREEDOM * 1.05)])
    assert outside([score(FREEDOM / 1.05)])


@pytest.mark.parametrize("df", [2.0001, 3.0, 4.5, 30.0, 1000.0])
def test_chi_squares(df: float) -> None:
    seen = chi_squares(compiled, Streams(1, 2, "X"), 100_000, df)
    assert stats.kstest(seen, stats.chi2(df).cdf).pvalue > 1e-4
    wrong = stats.kstest(seen, stats.chi2(df * 1.05).cdf).pvalue
    assert wrong < 1e-4
    assert outside([Check("mean", seen.mean(), df, np.sqrt(2 * df / len(seen))),
                    Check("variance", seen.var(), 2 * df, np.sqrt((48 * df + 8 * df * df) / len(seen)))]) == []


def test_chi_squares_do_not_depend_on_how_many_are_asked_for() -> None:
    long = chi_squares(compiled, Streams(1, 2, "X"), 5000, 2.5)
    for count in (1, 7, 4999):
        assert (chi_squares(compiled, Streams(1, 2, "X"), count, 2.5) == long[:count]).all()


@pytest.mark.parametrize("df", [2.0001, 2.5, 4.5, 12.0, 77.7, 1000.0])
def test_the_map_back_to_normals_is_as_close_as_it_says(df: float) -> None:
    t = np.sort(np.concatenate([np.linspace(0, 40, 4001), 10.0 ** np.linspace(-9, 12, 1000)]))
    z = np.stack([t, -t])
    copula = Copula.of(df)
    student.carry(z, np.full(len(t), df), df, copula.values, copula.slopes)
    tail = stats.t.sf(t, df)
    inside = tail > 1e-33  # |z| = 12: twice as rare as 53-bit uniforms can make it
    exact = -special.ndtri_exp(np.log(tail[inside]))
    assert abs(z[0, inside] - exact).max() < 2e-9
    assert (z[1] == -z[0]).all()
    assert (np.diff(z[0]) > 0).all()


def test_special_functions_are_scipys() -> None:
    for x in (0.5, 1.0, 1.5, 2.25, 7.0, 12.0, 500.5):
        assert student.log_gamma(x) == pytest.approx(special.gammaln(x), rel=1e-13, abs=1e-14)
    for df in (2.0001, 3.0, 4.5, 30.0, 1000.0):
        for t in (1e-3, 0.1, 0.9, 2.0, 8.0, 30.0):
            assert student.upper_tail(t, df) == pytest.approx(stats.t.sf(t, df), rel=1e-11)


# ---- the factor ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1, 2, 5, 30])
def test_factor_and_eigenvalues_are_numpys(size: int) -> None:
    rng = np.random.default_rng(size)
    draws = rng.normal(size=(size, 2 * size + 2))
    matrix = np.atleast_2d(np.corrcoef(draws))
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1.0)
    assert factor(matrix.tolist()) == pytest.approx(np.linalg.cholesky(matrix), abs=1e-12)
    assert eigenvalues(matrix.tolist()) == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-12)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 1.0], [1.0, 1.0]],
        [[1.0, -1.0], [-1.0, 1.0]],
        [[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]],
        [[1.0, 0.6, 0.8], [0.6, 1.0, 0.0], [0.8, 0.0, 1.0]],
    ],
)
def test_a_matrix_of_less_than_full_rank_has_a_factor(matrix: list[list[float]]) -> None:
    lower = factor(matrix)
    assert lower @ lower.T == pytest.approx(np.array(matrix), abs=1e-12)
    assert abs(np.linalg.eigvalsh(np.array(matrix))[0]) < 1e-12


def test_assets_that_move_as_one() -> None:
    one = {"pairs": [["A", "B", 1.0], ["A", "C", -1.0], ["B", "C", -1.0]]}
    flat = {**GBM, "drift_per_year": 0.32}  # cancels the term of the variance: log returns are symmetric
    table = Outside(world({"A": flat, "B": flat, "C": flat}, 500, correlation=one)).table(1, 0)
    assert (table[:, 0] == table[:, 1]).all()
    prices = table.astype(float)
    assert prices[:, 0] * prices[:, 2] == pytest.approx(prices[0, 0] ** 2, rel=1e-9)


def test_prices_of_different_kinds_are_correlated_in_their_drivers() -> None:
    p = {"kind": "merton", "start": "1600", "volatility_per_year": 0.8, "jumps_per_year": 3000.0,
         "jump_deviation": 0.02}  # fmt: skip
    made = world({"A": GBM, "B": OU, "C": p}, N, correlation={"names": ["A", "B", "C"], "matrix": MATRIX})
    logs = np.log(Outside(made).table(4, 0))
    dt = 60 / 31_536_000
    keep = np.exp(-100 * dt)
    steps = np.stack([np.diff(logs[:, 0]), logs[1:, 1] - keep * logs[:-1, 1], np.diff(logs[:, 2])])
    diffusion, jumps = 0.64 * dt, 3000 * dt * 0.02**2
    share = np.sqrt(diffusion / (diffusion + jumps))  # the jumps are C's own
    seen = np.corrcoef(steps)
    wanted = {(0, 1): 0.7, (0, 2): -0.3 * share, (1, 2): 0.1 * share}
    assert outside([Check(str(at), seen[at], r, (1 - r * r) / np.sqrt(N)) for at, r in wanted.items()]) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"names": ["A", "B"], "matrix": [[1.0, 0.5]]}, "correlation.matrix: expected 2 rows, one a name, found 1"),
    ({"names": ["A", "B"], "matrix": [[1.0, 0.5], [0.5]]}, "matrix, row 2: expected 2 numbers, one a name, found 1"),
    ({"names": ["A", "B"], "matrix": [[1.0, 0.5], [0.4, 1.0]]},
     "correlation.matrix, row 2: expected one value for A with B, found 0.5 and 0.4"),
    ({"names": ["A", "B"], "matrix": [[1.0, 0.5], [0.5, 0.9]]}, "row 2: expected 1 for B with itself, found 0.9"),
    ({"names": ["A", "B"], "matrix": [[1.0, 1.5], [1.5, 1.0]]}, "row 2: expected correlations from -1 to 1, found 1.5"),
    ({"names": ["A", "B", "C", "D"],
      "matrix": [[1.0, 0.9, 0.0, 0.0], [0.9, 1.0, 0.9, 0.0], [0.0, 0.9, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]},
     "correlation.matrix: expected a correlation matrix, found not positive semi-definite: eigenvalue -0.2728 "
     "(the 1st of 4)"),
    ({"pairs": [["A", "B", 0.9], ["B", "C", 0.9], ["A", "C", -0.5]]},
     "correlation.pairs: expected a correlation matrix, found not positive semi-definite: eigenvalue -0.5471 "),
    ({"pairs": [["A", "B", -1.1]]}, "correlation.pairs.0: expected a correlation from -1 to 1, found -1.1"),
    ({"pairs": [["A", "A", 0.9]]}, "correlation.pairs.0: expected two different names, found 'A' twice"),
    ({"pairs": [["A", "B", 0.9], ["B", "A", 0.8]]}, "correlation.pairs.1: expected each pair once"),
    ({"names": ["A", "USDC"], "matrix": [[1.0, 0.5], [0.5, 1.0]]},
     "correlation.names: expected prices driven by normals (A, B, C, D), found 'USDC', whose kind is 'constant'"),
    ({"names": ["A", "X"], "matrix": [[1.0, 0.5], [0.5, 1.0]]}, "found 'X'"),
    ({"names": ["A", "A"], "matrix": [[1.0, 1.0], [1.0, 1.0]]}, "expected each name once, found 'A' twice"),
    ({"names": ["A", "B"], "matrix": [[1.0, float("nan")], [0.5, 1.0]]}, "expected a finite number, found nan"),
    ({"names": ["A", "B"], "pairs": [["A", "B", 0.1]]}, "correlation: expected either names and matrix, or pairs"),
    ({}, "correlation: expected either names and matrix, or pairs"),
    ({"pairs": [["A", "B", 0.9]], "copula": "student-t"}, "expected degrees_of_freedom with copula 'student-t'"),
    ({"pairs": [["A", "B", 0.9]], "degrees_of_freedom": 4.0}, "expected degrees_of_freedom with copula 'student-t'"),
    ({"pairs": [["A", "B", 0.9]], "copula": "student-t", "degrees_of_freedom": 2.0},
     "correlation.degrees_of_freedom: expected more than 2.0, found 2.0"),
    ({"pairs": [["A", "B", 0.9]], "copula": "clayton"}, "correlation.copula: expected 'gaussian' or 'student-t'"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "message"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_correlation_is_one_line(section: dict[str, Any], message: str) -> None:
    prices = {"A": GBM, "B": GBM, "C": GBM, "D": OU, "USDC": {"kind": "constant", "usd": "1"}}
    with pytest.raises(BadInput) as caught:
        world(prices, correlation=section)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
