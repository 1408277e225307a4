"""Liquidation probabilities: closed forms against one another, the bridge, and the engine's own liquidations."""

from itertools import pairwise
from math import exp, sqrt

import numpy as np
import pytest
from scipy import integrate, stats

from protocol_sim.engine import run
from protocol_sim.errors import BadInput
from protocol_sim.numeric.random import Stream, normals, word
from protocol_sim.risk import (
    below_at,
    below_at_steps,
    below_before,
    bridged,
    first_liquidations,
    liquidation_probability,
)
from protocol_sim.risk.passage import YEAR, lowest_quantile
from tests.risk.worlds import gbm, pair

DAY = 86_400
CASES = [(100.0, 80.0, 0.0, 0.8, 30 * DAY), (100.0, 95.0, -0.5, 1.2, 7 * DAY), (2_000.0, 1_000.0, 0.4, 1.0, YEAR)]


@pytest.mark.parametrize(("start", "level", "drift", "volatility", "seconds"), CASES)
def test_at_the_end_is_the_log_normal_distribution(
    start: float, level: float, drift: float, volatility: float, seconds: int
) -> None:
    time = seconds / YEAR
    theirs = stats.lognorm.cdf(
        level, volatility * sqrt(time), scale=start * exp((drift - volatility**2 / 2) * time)
    )
    assert below_at(start, level, drift, volatility, seconds) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(("start", "level", "drift", "volatility", "seconds"), CASES)
def test_watched_all_the_time_is_the_inverse_gaussian_first_passage(
    start: float, level: float, drift: float, volatility: float, seconds: int
) -> None:
    """The density of the first passage of a Brownian motion with drift, integrated by quadrature."""
    gap, slope, time = np.log(start / level), drift - volatility**2 / 2, seconds / YEAR

    def density(t: float) -> float:
        return float(gap / (volatility * t**1.5) * stats.norm.pdf((gap + slope * t) / (volatility * sqrt(t))))

    area, _ = integrate.quad(density, 0, time, epsabs=1e-12, limit=400)
    assert below_before(start, level, drift, volatility, seconds) == pytest.approx(area, rel=1e-8)


def paths(n: int, steps: int, drift: float, volatility: float, seconds: int, stream: int = 0) -> np.ndarray:
    dt = seconds / YEAR
    shocks = normals(Stream(21, stream, word("passage")), n * steps).reshape(n, steps) * volatility * sqrt(dt)
    logs = np.cumsum(shocks + (drift - volatility**2 / 2) * dt, axis=1)
    return 100 * np.exp(np.concatenate([np.zeros((n, 1)), logs], axis=1))


@pytest.mark.parametrize("steps", [8, 50])
def test_watched_once_a_step_is_what_paths_do(steps: int) -> None:
    n, level = 40_000, 85.0
    hit = (paths(n, steps, 0.1, 0.9, DAY)[:, 1:] <= level).any(axis=1).mean()
    closed = below_at_steps(100.0, level, 0.1, 0.9, steps * DAY, steps)
    assert abs(hit - closed) < 3.3 * sqrt(closed * (1 - closed) / n)
    assert below_at(100, level, 0.1, 0.9, steps * DAY) < closed < below_before(100, level, 0.1, 0.9, steps * DAY)


def test_many_steps_come_to_watching_all_the_time() -> None:
    """The discrete formula tends to the continuous one like 1 / sqrt(n)."""
    limit = below_before(100, 85, 0.1, 0.9, 50 * DAY)
    gaps = [limit - below_at_steps(100, 85, 0.1, 0.9, 50 * DAY, n) for n in (100, 400, 1_600, 6_400)]
    assert all(one / two == pytest.approx(2, abs=0.1) for one, two in pairwise(gaps))


def test_the_bridge_is_unbiased_at_any_distance_and_varies_less() -> None:
    closed = below_before(100, 85, 0.1, 0.9, 48 * DAY)
    for every in (4, 16):
        coarse = paths(6_000, 48 // every, 0.1, 0.9, every * DAY, stream=every)
        one = bridged(coarse, 85.0, 0.9, every * DAY, confidence=0.999)
        assert one.low < closed < one.high
        assert one.high - one.low < 2 * 3.29 * sqrt(closed * (1 - closed) / 6_000)
        assert one.horizon == 48 * DAY


def test_the_lowest_price_of_a_time_is_the_inverse() -> None:
    level = lowest_quantile(2_000, 0.01, -0.2, 0.8, 10 * DAY)
    assert below_before(2_000, level, -0.2, 0.8, 10 * DAY) == pytest.approx(0.01, rel=1e-9)


def test_the_engine_liquidates_as_often_as_the_closed_form_says() -> None:
    """One pair under geometric Brownian motion, the feed read once a step, no market: the discrete barrier exactly."""
    steps, n, volatility = 24, 250, 1.5
    scenario = pair({"near": ("1", "1440"), "far": ("1", "1200")}, gbm(volatility), steps=steps)
    firsts = [first_liquidations(run(scenario, path=path).events, scenario.clock.start) for path in range(n)]
    horizon = steps * 3_600
    for name, barrier in (("near", 1_800.0), ("far", 1_500.0)):
        one = liquidation_probability(firsts, name, [horizon // 2, horizon], confidence=0.999)
        for estimate, seen in zip(one, (steps // 2, steps), strict=True):
            # block 1 sees the start, block 2 the first move; a report lands a block after it was decided
            moves = seen - 2
            closed = below_at_steps(2_000, barrier, 0.0, volatility, moves * 3_600, moves)
            assert estimate.low < closed < estimate.high, (name, estimate, closed)
            assert (estimate.n, estimate.confidence) == (n, 0.999)
    assert [e.value for e in liquidation_probability(firsts, "*", [horizon])] == [
        e.value for e in liquidation_probability(firsts, "near", [horizon])
    ]
    assert liquidation_probability(firsts, "lender", [horizon])[0].value == 0.0


def test_a_liquidation_at_the_horizon_is_within_it() -> None:
    firsts = [{"a": 10, "*": 5}, {"*": 11}, {}]
    assert [round(e.value * 3) for e in liquidation_probability(firsts, "a", [9, 10, 11])] == [0, 1, 1]
    assert [round(e.value * 3) for e in liquidation_probability(firsts, "*", [4, 5, 10, 11])] == [0, 1, 1, 2]


def test_without_paths_there_is_no_probability() -> None:
    with pytest.raises(BadInput, match="risk: paths: expected at least 1, found 0"):
        liquidation_probability([], "a", [1])
