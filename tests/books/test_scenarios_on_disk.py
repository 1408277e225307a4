"""The scenarios in fixtures: each loads, says what it is and where its figures come from, and runs the same in every
engine at a reduced size."""

from pathlib import Path

import pytest

from protocol_sim.engine import run, run_paths
from protocol_sim.results import counts
from protocol_sim.scenario import Scenario, ledger, load_scenario, parse_scenario, to_toml

FOLDER = Path(__file__).parents[2] / "fixtures/scenarios"
CRASH = [{"kind": "crash", "step": 5, "steps": 30, "change": -0.45}]
# book, accounts, and shocks that come early enough for the few steps of a test
SMALL = {
    "eth-crash-minute": ("borrower", 150, {"assets.WETH.shocks": CRASH}),
    "eth-crash-hourly": ("borrower", 100, {"assets.WETH.shocks": CRASH}),
    "steth-depeg": ("account", 120, {"assets.wstETH.shocks.0.step": 5, "assets.wstETH.shocks.0.fall": 20}),
    "crv-whale": ("small", 40, {"assets.CRV.shocks": CRASH}),
    "stablecoin-depeg-collateral": (
        "account", 150, {"assets.USDC.shocks.0.step": 5, "assets.USDC.shocks.0.fall": 20}
    ),
    "stablecoin-depeg-debt": ("account", 150, {"assets.DAI.shocks.0.step": 5, "assets.DAI.shocks.0.fall": 20}),
}


def small(name: str) -> Scenario:
    """The scenario with few accounts and steps, its shock early."""
    made = load_scenario(FOLDER / f"{name}.toml")
    book, accounts, shocks = SMALL[name]
    return made.changed({f"books.{book}.accounts": accounts, "clock.steps": 50} | shocks)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_loads_and_says_what_it_is(path: Path) -> None:
    made = load_scenario(path)
    assert made.name == path.stem
    assert len(made.description) > 60
    assert made.inputs
    assert counts(ledger(made))["assumed"] > 0
    assert all(entry.source for entry in ledger(made))
    assert parse_scenario(to_toml(made), directory=FOLDER).digest() == made.digest()


@pytest.mark.parametrize("name", SMALL)
def test_reduced_it_liquidates_and_every_engine_agrees(name: str) -> None:
    made = small(name)
    exact = run(made)
    assert exact.summary.liquidations > 0
    assert run(made, engine="fast").digest == exact.digest
    assert run_paths(made, 2, engine="scan").digest == run_paths(made, 2, workers=2).digest


def test_what_is_observed_is_marked_so() -> None:
    entries = {entry.key: entry for entry in ledger(load_scenario(FOLDER / "eth-crash-minute.toml"))}
    for key, status in (
        ("protocols.aave.reserves.WETH.liquidation_threshold_bps", "observed"),
        ("protocols.aave.emodes.0.liquidation_bonus_bps", "observed"),
        ("protocols.aave.reserves.DAI.rate.slope2", "observed"),
        ("assets.WBTC.price.start", "observed"),
        ("assets.wstETH.price.rate", "inferred"),
        ("assets.WETH.price.volatility_per_year", "assumed"),
        ("books.borrower.health_median", "assumed"),
        ("pools.WETH-USDC.reserves", "assumed"),
    ):
        assert entries[key].status == status, key
