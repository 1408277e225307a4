"""Wrong prices in a scenario: one line that names the key; defaults are visible, and every number is in the ledger."""

from typing import Any

import pytest
from price_worlds import DRIVEN, GARCH, GBM, GJR, KOU, MERTON, OU, STAKED, world

import protocol_sim as ps
from protocol_sim.errors import BadInput


def without(price: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in price.items() if name != key}


ONE = {"kind": "constant", "usd": "1"}
WRONG: list[tuple[dict[str, dict[str, Any]], str]] = [
    ({"A": {"kind": "heston", "start": "1"}}, "assets.A.price.kind: expected one of 'constant', 'points', 'csv'"),
    ({"A": {**GBM, "start": "0"}}, "assets.A.price.start: expected more than 0, found '0'"),
    ({"A": {**GBM, "start": 1600}}, "assets.A.price.start: expected a USD price as text"),
    ({"A": {**GBM, "volatility_per_year": float("nan")}}, "volatility_per_year: expected a finite number, found nan"),
    ({"A": {**GBM, "volatility_per_year": -0.1}}, "volatility_per_year: expected at least 0.0, found -0.1"),
    ({"A": {**GBM, "sigma": 1.0}}, "assets.A.price.sigma: expected one of kind, start, drift_per_year"),
    ({"A": {**OU, "reversion_per_year": 0.0}}, "reversion_per_year: expected more than 0.0, found 0.0"),
    ({"A": without(OU, "mean")}, "assets.A.price.mean: expected a value, found nothing"),
    ({"A": {**MERTON, "jumps_per_year": 1e9}},
     "assets.A.price.jumps_per_year: expected at most 50 a step, found 1e+09, which is 1902.59 a step"),
    ({"A": {**MERTON, "jump_mean": 11.0}}, "jump_mean: expected at most 10.0, found 11.0"),
    ({"A": {**KOU, "up_mean": 1.0}}, "up_mean: expected less than 1.0, found 1.0"),
    ({"A": {**KOU, "up_probability": 1.1}}, "up_probability: expected at most 1.0, found 1.1"),
    ({"A": {**GARCH, "seconds": 90}}, "assets.A.price.seconds: expected a multiple of a step's 60 s, found 90"),
    ({"A": {**GARCH, "beta": 0.9}}, "assets.A.price: expected a persistence (alpha + gamma / 2 + beta) below 1"),
    ({"A": {**GJR, "gamma": 0.3}}, "assets.A.price: expected a persistence (alpha + gamma / 2 + beta) below 1"),
    ({"A": {**GJR, "gamma": -0.06}}, "assets.A.price: expected alpha + gamma of at least 0"),
    ({"A": {**GJR, "degrees_of_freedom": 2.0}}, "degrees_of_freedom: expected more than 2.0, found 2.0"),
    ({"A": {**GARCH, "omega": 0.0}}, "omega: expected more than 0.0, found 0.0"),
    ({"A": {**DRIVEN["BRIDGE"], "step": 50}}, "assets.A.price.step: expected less than the run's 50 steps, found 50"),
    ({"A": {**GBM, "shocks": [{"kind": "gap", "step": 50, "change": -0.1}]}},
     "assets.A.shocks.0.step: expected less than the run's 50 steps, found 50"),
    ({"A": {**GBM, "shocks": [{"kind": "gap", "step": 5, "change": -1.0}]}},
     "change: expected more than -1.0, found -1.0"),
    ({"A": {**GBM, "shocks": [{"kind": "w", "step": 5}]}},
     "assets.A.shocks.0.kind: expected one of 'gap', 'crash', 'v'"),
    ({"A": {**GBM, "shocks": [{"kind": "crash", "step": 5, "steps": 0, "change": -0.1}]}},
     "steps: expected at least 1"),
    ({"A": STAKED}, "assets.A.price.base: expected an asset that is declared (A), found 'GBM'"),
    ({"A": {**STAKED, "base": "A"}}, "assets.A.price.base: expected an asset that does not rest on it, found A -> A"),
    ({"A": {**STAKED, "base": "B"}, "B": {**STAKED, "base": "C"}, "C": {**STAKED, "base": "B"}},
     "assets.B.price.base: expected an asset that does not rest on it, found B -> C -> B"),
    ({"GBM": GBM, "A": {**STAKED, "rate": 0.0}}, "assets.A.price.rate: expected more than 0.0, found 0.0"),
    ({"GBM": GBM, "A": {**STAKED, "rates": [[0, 1.0]]}},
     "assets.A.price: expected either rates or rate and growth_per_year"),
    ({"GBM": GBM, "A": {"kind": "staked", "base": "GBM", "rates": [[1, 1.0]]}},
     "assets.A.price.rates: expected rates [step, rate] whose steps begin at 0 and increase"),
    ({"GBM": GBM, "A": {"kind": "staked", "base": "GBM", "basis": STAKED}},
     "assets.A.price.basis.kind: expected one of 'constant', 'points', 'csv', 'gbm', 'ou'"),
    ({"GBM": GBM, "A": {"kind": "staked", "base": "GBM", "basis": {**GARCH, "seconds": 90}}},
     "assets.A.price.basis.seconds: expected a multiple of a step's 60 s, found 90"),
    ({"A": {"kind": "csv", "file": "none.csv", "column": "usd"}},
     "none.csv: file: expected a CSV file, found no such file"),
    ({"GBM": GBM, "A": {"kind": "staked", "base": "GBM", "basis": {"kind": "csv", "file": "none.csv", "column": "x"}}},
     "none.csv: file: expected a CSV file, found no such file"),
]  # fmt: skip


@pytest.mark.parametrize(("prices", "message"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_price_is_one_line(prices: dict[str, dict[str, Any]], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        world(prices)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_steps() -> None:
    with pytest.raises(BadInput, match=r"clock\.steps: expected at least 1, found 0"):
        world({"A": GBM}, 0)


def whole() -> ps.Scenario:
    prices = {**DRIVEN, "STAKED": STAKED,
              "PEGGED": {**ONE, "shocks": [{"kind": "depeg", "step": 3, "hold": 5, "rise": 9, "change": -0.1}]}}
    return world(prices, correlation={"pairs": [["GBM", "STAKED.basis", 0.5]]})


def test_defaults_are_visible_and_read_back_as_the_same() -> None:
    made = whole()
    text = ps.to_toml(made)
    assert ps.parse_scenario(text) == made
    assert ps.parse_scenario(text).digest() == made.digest()
    for line in ('copula = "gaussian"', "drift_per_year = 0.0", "jump_mean = -0.01", "up_probability = 0.5",
                 "rate = 1.1", "left = 0.0", "fall = 1", "mean = 0.0"):
        assert line in text, line


def test_every_number_is_in_the_ledger() -> None:
    keys = {entry.key: entry.value for entry in ps.ledger(whole())}
    for key, value in {
        "assets.MERTON.price.jumps_per_year": "3000.0",
        "assets.GJR.price.gamma": "0.08",
        "assets.STAKED.price.growth_per_year": "0.03",
        "assets.STAKED.price.basis.reversion_per_year": "30.0",
        "assets.PEGGED.shocks.0.change": "-0.1",
        "correlation.copula": "gaussian",
    }.items():
        assert keys[key] == value, key
    assert "0.5" in keys["correlation.pairs"]


def test_values_can_be_changed_by_key() -> None:
    made = whole().changed({"assets.GJR.price.gamma": 0.05, "assets.PEGGED.shocks.0.change": -0.2})
    keys = {entry.key: entry.value for entry in ps.ledger(made)}
    assert keys["assets.GJR.price.gamma"] == "0.05"
    assert keys["assets.PEGGED.shocks.0.change"] == "-0.2"
