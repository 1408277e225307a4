"""Importance sampling: unbiased against the plain estimate and the closed form of a price far below its start."""

from math import sqrt

import numpy as np
import pytest

import protocol_sim as ps
from protocol_sim.errors import BadInput
from protocol_sim.risk import (
    below_at,
    below_at_steps,
    effective,
    shifted,
    tail_probability,
    weighted_shortfall,
    weights,
)
from protocol_sim.risk.importance import weighted_var
from protocol_sim.world import Outside
from tests.risk.worlds import gbm, pair

STEPS, N = 40, 3_000
SCENARIO = pair({"a": ("1", "100")}, gbm(1.0), steps=STEPS)
SECONDS = (STEPS - 1) * 3_600                        # from the first sample to the last
LEVEL = 1_500.0                                      # -25 % in 39 hours at 100 % a year: about 4.3 deviations
SHIFT = {"WETH": -65.0}


def final(scenario: ps.Scenario, n: int, column: int = 0) -> list[int]:
    outside = Outside(scenario)
    return [int(outside.table(1, path)[-1, column]) for path in range(n)]


@pytest.fixture(scope="module")
def tilted() -> tuple[list[int], np.ndarray]:
    return final(shifted(SCENARIO, SHIFT), N), weights(SCENARIO, SHIFT, N, seed=1)


def test_a_tail_that_plain_paths_never_see(tilted: tuple[list[int], np.ndarray]) -> None:
    prices, weight = tilted
    closed = below_at(2_000, LEVEL, 0.0, 1.0, SECONDS)
    assert closed < 1e-4
    assert not any(price <= LEVEL * 1e8 for price in final(SCENARIO, 1_000))
    one = tail_probability("p", [-price for price in prices], weight, -int(LEVEL * 1e8) - 1, SECONDS, 0.999)
    assert one.low < closed < one.high
    assert one.precision < 0.2
    plain = sqrt(closed / N) * 3.29 / closed         # relative half width of as many plain paths
    assert one.precision < plain / 5


def test_weights_are_one_on_average_and_none_without_a_shift(tilted: tuple[list[int], np.ndarray]) -> None:
    weak = {"WETH": -5.0}
    weight = weights(SCENARIO, weak, N, seed=1)
    assert abs(weight.mean() - 1) < 4 * weight.std() / sqrt(N)
    assert np.all(weights(SCENARIO, {"WETH": 0.0}, 5) == 1.0)
    assert effective(weight) > 0.8 * N
    assert effective(tilted[1]) < effective(weight)


def test_the_weight_of_a_path_is_its_density_ratio(tilted: tuple[list[int], np.ndarray]) -> None:
    """From the price at the end alone: the likelihood ratio of a constant drift depends on nothing else."""
    prices, weight = tilted
    time, shift = SECONDS / 31_536_000, SHIFT["WETH"]
    logs = np.log(np.array(prices[:50]) / 2e11)
    theirs = np.exp(-shift * (logs - (shift - 0.5) * time) - shift**2 * time / 2)
    assert np.allclose(weight[:50], theirs, rtol=1e-6)


def test_the_weight_of_correlated_prices_is_their_joint_density_ratio() -> None:
    data = SCENARIO.model_dump(mode="json", exclude_none=True)
    data["assets"].append({"name": "BTC", "decimals": 8, "price": gbm(0.7)})
    data["correlation"] = {"pairs": [["WETH", "BTC", 0.6]]}
    scenario = ps.Scenario.model_validate(data)
    both = {"WETH": -30.0, "BTC": 10.0}
    for shifts in (both, {"BTC": -20.0}):
        tilted = shifted(scenario, shifts)
        weight = weights(scenario, shifts, 40, seed=1)
        time = SECONDS / 31_536_000
        logs = np.log(np.array([final(tilted, 40, 0), final(tilted, 40, 2)]).T / 2e11)
        shift = np.array([shifts.get("WETH", 0.0), shifts.get("BTC", 0.0)])
        covariance = np.array([[1.0, 0.6 * 0.7], [0.6 * 0.7, 0.49]])
        plain = logs - (np.zeros(2) - np.diag(covariance) / 2) * time
        slope = np.linalg.solve(covariance, shift)
        assert np.allclose(weight, np.exp(-plain @ slope + shift @ slope * time / 2), rtol=1e-5)


def test_expected_shortfall_agrees_with_plain_paths() -> None:
    """A put's payoff as loss; at a level that plain paths still reach."""
    weak = {"WETH": -20.0}
    prices, weight = final(shifted(SCENARIO, weak), N), weights(SCENARIO, weak, N, seed=1)
    losses = [max(0, 200_000_000_000 - price) for price in prices]
    one = weighted_shortfall("ES", losses, weight, 0.99, SECONDS, "USD", 0.999)
    plain = sorted(max(0, 200_000_000_000 - p) for p in final(SCENARIO, 6_000))[-60:]
    mean, error = sum(plain) / 60, float(np.std(plain)) / sqrt(60)
    assert abs(one.value - mean) < 3.3 * sqrt(error**2 + ((one.high - one.low) / 6.58) ** 2) + 2 * error
    assert weighted_var(losses, weight, 0.99) == pytest.approx(plain[0], rel=0.05)


def test_a_liquidation_that_one_path_in_ten_thousand_sees() -> None:
    """Through the engine: an account due at 1,500 USD within a day, against the discretely watched barrier."""
    steps, volatility = 24, 1.5
    scenario = pair({"far": ("1", "1200")}, gbm(volatility), steps=steps)
    moves = steps - 2                                # the last report lands a block after it was decided
    closed = below_at_steps(2_000, 1_500.0, 0.0, volatility, moves * 3_600, moves)
    assert closed == pytest.approx(1e-4, rel=0.3)
    shifts = {"WETH": -110.0}
    taken = [int(n) for n in ps.run_paths(shifted(scenario, shifts), 800).summary["liquidations"]]
    weight = weights(scenario, shifts, 800)
    one = tail_probability("p", taken, weight, 0, moves * 3_600, 0.999)
    assert one.low < closed < one.high
    assert one.precision < 3.29 * sqrt(closed / 800) / closed / 10     # of as many plain paths


def test_what_cannot_be_shifted_is_named() -> None:
    with pytest.raises(BadInput, match="shifts: expected one of WETH, USDC, found 'ETH'"):
        weights(SCENARIO, {"ETH": -1.0}, 2)
    with pytest.raises(BadInput, match=r"assets.USDC.price: expected gbm, merton or kou with a volatility, to shift"):
        shifted(SCENARIO, {"USDC": -1.0})
    with pytest.raises(BadInput, match="weights: expected one for each of 2 paths, found 3"):
        tail_probability("p", [1, 2], np.ones(3), 0, 1)
