"""Kupiec's test against his table and scipy; a right model passes a backtest, a wrong one does not."""

import pytest
from scipy import stats

from protocol_sim.errors import BadInput
from protocol_sim.numeric.random import Stream, normals, uniforms, word
from protocol_sim.risk import accepted_exceedances, backtest, kupiec

# Kupiec 1995, "Techniques for verifying the accuracy of risk measurement models", Journal of Derivatives 3 (2): regions
# in which the model is not refused at 5 %, for T = 255, 510, 1000 (table 3; also Jorion, Value at Risk, table 6-2).
TABLE = {
    0.99: [(None, 6), (2, 10), (5, 16)],
    0.975: [(3, 11), (7, 20), (16, 35)],
    0.95: [(7, 20), (17, 35), (38, 64)],
    0.925: [(12, 27), (28, 50), (60, 91)],
    0.90: [(17, 35), (39, 64), (82, 119)],
}


@pytest.mark.parametrize("level", TABLE)
def test_the_published_table(level: float) -> None:
    for periods, (low, high) in zip((255, 510, 1_000), TABLE[level], strict=True):
        least, most = accepted_exceedances(periods, level)
        assert most == high
        assert least == (0 if low is None else low) or (low is None and least <= 1)


@pytest.mark.parametrize(("x", "periods", "level"), [(0, 250, 0.99), (5, 250, 0.99), (12, 250, 0.95), (250, 250, 0.5)])
def test_the_p_value_is_that_of_chi_square(x: int, periods: int, level: float) -> None:
    one = kupiec(x, periods, level)
    under = stats.binom.logpmf(x, periods, 1 - level)
    best = stats.binom.logpmf(x, periods, x / periods)
    assert one.ratio == pytest.approx(2 * (best - under), rel=1e-9, abs=1e-9)
    assert one.p_value == pytest.approx(stats.chi2.sf(one.ratio, 1), rel=1e-9)


def test_a_right_model_is_refused_as_seldom_as_the_significance_says() -> None:
    refused = 0
    for r in range(400):
        x = int((uniforms(Stream(5, r, word("kupiec")), 500) < 0.05).sum())
        refused += kupiec(x, 500, 0.95).rejected()
    assert refused / 400 < 0.09


def losses(stream: int, n: int, spread: float) -> list[int]:
    return [int(1e8 * spread * max(0.0, z)) for z in normals(Stream(6, stream, word("loss")), n)]


def test_a_backtest_counts_exceedances_and_refuses_a_model_of_half_the_spread() -> None:
    realised = losses(0, 300, 1.0)
    right = backtest("loss", [losses(n + 1, 400, 1.0) for n in range(300)], realised, 0.95, 86_400)
    half = backtest("loss", [losses(n + 1, 400, 0.5) for n in range(300)], realised, 0.95, 86_400)
    assert right.test.exceedances == sum(p.realised > p.predicted for p in right.periods)
    assert not right.test.rejected(0.001)
    assert half.test.rejected(0.001)
    assert right.n == 400
    assert right.frame()["exceeded"].sum() == right.test.exceedances


def test_nonsense_is_one_line() -> None:
    with pytest.raises(BadInput, match="risk: exceedances: expected 0 to 10"):
        kupiec(11, 10, 0.95)
    with pytest.raises(BadInput, match="risk: realised: expected one figure for each of 1 periods"):
        backtest("x", [[1, 2]], [], 0.95, 1)
