"""Random scenarios, extreme parameters among them: compiled and reference end in the same bits."""

import random
from typing import Any

import numpy as np
import pytest
from price_worlds import world

import protocol_sim as ps
from protocol_sim.world import Outside

SCENARIOS, YEAR = 60, 31_536_000


def drawn(rng: random.Random, seconds: int) -> dict[str, Any]:
    """A price of any kind that normals drive."""

    def size(low: float, high: float) -> float:
        return 10 ** rng.uniform(low, high)

    price: dict[str, Any] = {"start": f"{size(-6, 6):.8f}"}
    volatility, drift = {"volatility_per_year": size(-3, 1.5)}, {"drift_per_year": rng.uniform(-5, 5)}
    jumps = {"jumps_per_year": min(50 * YEAR / seconds, size(0, 6))}
    alpha, beta = rng.uniform(0, 0.3), rng.uniform(0, 0.6)
    garch = {"seconds": seconds * rng.choice([1, 1, 3, 60]), "mean": rng.uniform(-1e-3, 1e-3), "omega": size(-9, -3),
             "alpha": alpha, "beta": beta, **({"degrees_of_freedom": freedom(rng)} if rng.random() < 0.5 else {})}
    up = rng.choice([0.0, 1.0, rng.random()])
    kinds: dict[str, dict[str, Any]] = {
        "gbm": volatility | drift,
        "ou": {"mean": f"{size(-6, 6):.8f}", "reversion_per_year": size(-6, 7), **volatility},
        "merton": {**volatility, **drift, **jumps, "jump_mean": rng.uniform(-0.3, 0.3),
                   "jump_deviation": size(-4, -0.5)},
        "kou": {**volatility, **drift, **jumps, "up_probability": up, "up_mean": size(-4, -0.7),
                "down_mean": size(-4, -0.7)},
        "garch": garch,
        "gjr": garch | {"gamma": rng.uniform(-alpha, 0.15)},
        "bridge": {"target": f"{size(-6, 6):.8f}", **volatility},
    }
    kind = rng.choice(sorted(kinds))
    return {"kind": kind, **price, **kinds[kind]}


def freedom(rng: random.Random) -> float:
    """From hardly a variance to hardly a tail."""
    return 2 + 10 ** rng.uniform(-3, 2.9)


def scenario(number: int) -> ps.Scenario:
    """Up to six assets, correlated with any rank, perhaps a staked one."""
    rng = random.Random(number)
    seconds, count = rng.choice([1, 12, 60, 3_600, 86_400]), rng.randint(1, 6)
    prices = {f"A{n}": drawn(rng, seconds) for n in range(count)}
    if rng.random() < 0.5:
        basis = drawn(rng, seconds) | {"start": "1"}
        prices["S"] = {"kind": "staked", "base": "A0", "rate": 10 ** rng.uniform(-2, 2),
                       "growth_per_year": rng.uniform(-0.5, 0.5), "basis": basis}  # fmt: skip
    if rng.random() < 0.3:
        return world(prices, rng.choice([1, 2, 50]), seconds)
    factors = np.random.default_rng(number).normal(size=(count, rng.randint(1, count + 2)))
    factors /= np.linalg.norm(factors, axis=1)[:, None]
    matrix = np.round(factors @ factors.T, 12)
    np.fill_diagonal(matrix, 1.0)
    section: dict[str, Any] = {"names": [f"A{n}" for n in range(count)], "matrix": matrix.tolist()}
    if rng.random() < 0.5:
        section |= {"copula": "student-t", "degrees_of_freedom": freedom(rng)}
    return world(prices, rng.choice([3, 50, 333]), seconds, correlation=section)


@pytest.mark.parametrize("block", range(6))
def test_compiled_and_reference_agree_on_random_scenarios(block: int) -> None:
    for number in range(block * SCENARIOS // 6, (block + 1) * SCENARIOS // 6):
        made = scenario(number)
        one, other = Outside(made), Outside(made, compiled=False)
        for path in range(2):
            assert (one.table(number, path) == other.table(number, path)).all(), (number, path)
