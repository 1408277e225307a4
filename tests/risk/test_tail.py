"""Value at Risk, Expected Shortfall and their intervals: against closed forms, scipy, and how often they cover."""

from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from protocol_sim.errors import BadInput
from protocol_sim.numeric.random import Stream, uniforms, word
from protocol_sim.risk import es_estimate, expected_shortfall, mean_estimate, value_at_risk, var_estimate
from protocol_sim.risk.binomial import cumulative, exact_interval
from protocol_sim.risk.bootstrap import studentised
from protocol_sim.risk.convergence import convergence
from protocol_sim.risk.paired import mean_difference, shortfall_difference
from protocol_sim.risk.tail import mean_rows, order_ranks, quantile_rank, shortfall_rows

REPETITIONS = 1_000
N, LEVEL = 600, 0.9


def exponential(repetition: int, n: int = N) -> np.ndarray:
    """n draws of an exponential distribution of mean 1: a skewed loss whose quantile and tail mean are known."""
    return -np.log(uniforms(Stream(11, repetition, word("test")), n))


def covered(intervals: list[tuple[float, float]], truth: float) -> float:
    return sum(low <= truth <= high for low, high in intervals) / len(intervals)


def test_the_interval_of_value_at_risk_covers_as_it_says() -> None:
    low, high = order_ranks(N, LEVEL, 0.95)
    assert low is not None
    assert high is not None
    samples = [np.sort(exponential(r)) for r in range(REPETITIONS)]
    found = covered([(x[low - 1], x[high - 1]) for x in samples], -log(1 - LEVEL))
    assert 0.93 <= found <= 0.97


def test_the_interval_of_expected_shortfall_covers_as_it_says() -> None:
    intervals = []
    for r in range(REPETITIONS):
        sample = exponential(r)
        _, low, high, _ = studentised(sample, lambda rows: shortfall_rows(rows, LEVEL), 0.95, seed=r, replicates=299)
        intervals.append((low, high))
    assert 0.93 <= covered(intervals, 1 - log(1 - LEVEL)) <= 0.97      # memoryless: VaR plus the mean


def test_the_interval_of_the_mean_covers_as_it_says() -> None:
    intervals = []
    for r in range(REPETITIONS):
        _, low, high, _ = studentised(exponential(r, 200), mean_rows, 0.95, seed=r, replicates=299)
        intervals.append((low, high))
    assert 0.93 <= covered(intervals, 1.0) <= 0.97


def test_the_interval_of_a_probability_covers_as_it_says() -> None:
    n, p = 800, 0.1
    intervals = {k: exact_interval(k, n, 0.95) for k in range(n // 4)}
    hits = [int((uniforms(Stream(12, r, word("test")), n) < p).sum()) for r in range(REPETITIONS)]
    assert 0.93 <= covered([intervals[k] for k in hits], p) <= 0.97


def test_a_paired_difference_covers_as_it_says_and_is_shorter_than_two_intervals() -> None:
    intervals = []
    for r in range(300):
        before = (exponential(r, 300) * 1e6).astype(int).tolist()
        after = [int(loss * 0.9 + 5e4 * exp(-loss / 1e6)) for loss in before]
        one = mean_difference("d", after, before, 1, "USD", seed=r)
        intervals.append((one.low, one.high))
    truth = -0.1e6 + 5e4 / 2                        # E exp(-X) = 1/2
    assert 0.92 <= covered(intervals, truth) <= 0.98
    alone = mean_estimate("m", before, 1, "USD")
    assert one.high - one.low < (alone.high - alone.low) / 4


@pytest.mark.parametrize(("n", "p"), [(10, 0.5), (600, 0.9), (1_000, 0.99), (20_000, 0.999)])
def test_the_binomial_agrees_with_scipy(n: int, p: float) -> None:
    assert np.allclose(cumulative(n, p), stats.binom.cdf(np.arange(n + 1), n, p), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("k", "n"), [(0, 50), (1, 50), (25, 50), (50, 50), (30, 10_000)])
def test_the_exact_interval_agrees_with_scipy(k: int, n: int) -> None:
    theirs = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    assert exact_interval(k, n, 0.95) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(("n", "level"), [(600, 0.9), (1_000, 0.95), (500, 0.99)])
def test_order_ranks_are_the_tightest_with_the_confidence_on_each_side(n: int, level: float) -> None:
    low, high = order_ranks(n, level, 0.95)
    assert low is not None
    assert stats.binom.cdf(low - 1, n, level) <= 0.025 < stats.binom.cdf(low, n, level)
    if high is not None:
        assert stats.binom.sf(high - 1, n, level) <= 0.025 < stats.binom.sf(high - 2, n, level)


def test_too_few_paths_give_no_upper_bound_rather_than_a_wrong_one() -> None:
    found = var_estimate("VaR", list(range(200)), 0.99, 3_600, "USD")
    assert found.high == inf
    assert found.low > 0
    assert found.precision == inf


@given(st.lists(st.integers(0, 10**30), min_size=2, max_size=60), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_expected_shortfall_is_the_mean_of_the_worst_share(losses: list[int], level: float) -> None:
    edge, n = value_at_risk(losses, level), len(losses)
    assert sum(loss <= edge for loss in losses) >= level * n - 1e-9
    assert sum(loss < edge for loss in losses) < level * n + 1e-9
    tail = edge + sum(max(0, loss - edge) for loss in losses) / (n * (1 - level))      # Rockafellar and Uryasev
    assert expected_shortfall(losses, level) == pytest.approx(tail, rel=1e-9, abs=1)
    assert expected_shortfall(losses, level) >= edge


def test_an_atom_at_the_edge_counts_in_part() -> None:
    losses = [0] * 90 + [10] * 10
    assert value_at_risk(losses, 0.95) == 10
    assert expected_shortfall(losses, 0.85) == 6                       # 10 of 15 hundredths lost 10: 6 2/3
    assert value_at_risk(losses, 0.85) == 0


def test_levels_are_decimals_not_the_nearest_float() -> None:
    assert quantile_rank(1_000, 0.95) == 950
    assert quantile_rank(100, 0.29) == 29                              # 0.29 * 100 is 28.999…
    assert quantile_rank(100, 0.07) == 7                               # 0.07 * 100 is 7.000…01


def test_an_estimate_stands_on_everything_it_needs() -> None:
    losses = (exponential(0, 2_000) * 1e9).astype(int).tolist()
    one = es_estimate("ES", losses, 0.95, 86_400, "USD", seed=3)
    assert (one.n, one.horizon, one.level, one.confidence) == (2_000, 86_400, 0.95, 0.95)
    assert one.low < one.value < one.high
    assert one.precision < 0.15
    assert one.drift < 4
    assert one == es_estimate("ES", losses, 0.95, 86_400, "USD", seed=3)
    other = es_estimate("ES", losses, 0.95, 86_400, "USD", seed=4)
    assert (other.low, other.high) != (one.low, one.high)


def test_a_handful_of_losses_in_the_tail_gives_plain_percentiles_and_says_so() -> None:
    losses = [0] * 389 + [10**13 * n for n in (1, 1, 2, 3, 3, 5, 8, 9, 30, 80, 200)]
    one = es_estimate("ES", losses, 0.95, 1, "USD")
    assert one.method.startswith("percentile bootstrap")
    assert 0 < one.low < one.value < one.high < 5 * one.value
    assert es_estimate("ES", [5] * 100, 0.95, 1, "USD").method == "all paths agree"


def test_an_estimate_settles_as_paths_are_added() -> None:
    losses = (exponential(5, 4_096) * 1e9).astype(int).tolist()
    steps = convergence(losses, lambda part: mean_estimate("m", part, 1, "USD"))
    assert [one.n for one in steps] == [32, 64, 128, 256, 512, 1_024, 2_048, 4_096]
    assert steps[-1].precision < steps[2].precision / 3                # 1 / sqrt(n): a sixth, give or take
    assert steps[-1].value == sum(losses) / len(losses)


def test_a_difference_of_tails_has_the_sign_of_the_change() -> None:
    before = (exponential(9, 1_000) * 1e9).astype(int).tolist()
    one = shortfall_difference("d", [loss * 8 // 10 for loss in before], before, 0.95, 1, "USD")
    assert one.high < 0
    assert one.value == pytest.approx(-0.2 * expected_shortfall(before, 0.95), rel=1e-6)
    assert shortfall_difference("d", before, before, 0.95, 1, "USD").high == 0.0


def test_nonsense_is_one_line() -> None:
    with pytest.raises(BadInput, match="risk: level: expected a probability between 0 and 1, found 99"):
        var_estimate("v", [1, 2], 99, 1, "USD")
    with pytest.raises(BadInput, match="risk: paths: expected at least 2, found 1"):
        es_estimate("v", [1], 0.9, 1, "USD")
    with pytest.raises(BadInput, match="expected as many as the baseline, which has 3, found 2"):
        mean_difference("v", [1, 2], [1, 2, 3], 1, "USD")
