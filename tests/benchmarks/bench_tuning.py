"""Joint tuning: 200 evaluations of four parameters, 1,000 paths of 20,000 accounts each, on two processes."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import protocol_sim as ps

ACCOUNTS, PATHS, EVALUATIONS, WORKERS = 20_000, 1_000, 200, 2
RESERVE = "protocols.aave.reserves.WETH."
SPACE = {
    "parameters": [
        {"key": f"{RESERVE}liquidation_threshold_bps", "low": 7_500, "high": 8_750, "step": 125},
        {"key": f"{RESERVE}ltv_bps", "low": 7_000, "high": 8_500, "step": 125},
        {"key": f"{RESERVE}liquidation_bonus_bps", "low": 10_300, "high": 11_000, "step": 50},
        {"key": "protocols.aave.close_factor_bps", "values": [2_500, 5_000, 7_500, 10_000]},
    ],
    "constraints": [{"measure": "solvency-bps", "at_most": 9_600}],
}


def scenario(accounts: int) -> ps.Scenario:
    """The example of the README with a generated book in place of its borrowers."""
    data: dict[str, Any] = ps.load_scenario("fixtures/scenarios/weth-book.toml").model_dump(mode="json")
    data["accounts"] = []
    data["books"] = [{
        "name": "borrower", "kind": "generated", "protocol": "aave", "accounts": accounts, "suppliers": 50,
        "collateral": {"WETH": 1.0}, "debt": {"USDC": 1.0}, "collaterals": [1.0], "debts": [1.0],
        "debt_median_usd": 1_500.0, "debt_most_usd": 2_000_000.0, "health_median": 1.8, "health_least": 1.05,
    }]
    return ps.Scenario.model_validate({key: value for key, value in data.items() if value is not None})


def rows() -> Iterator[tuple[str, float, str]]:
    """The search, and how much of it the halving of poor candidates saved."""
    made = scenario(ACCOUNTS)
    ps.run_paths(made, 2)                            # compiled, or read from disk
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        found = ps.tune(
            made, SPACE, ["borrowing-power", "bad-debt-es", "borrowers-loss-mean"], paths=PATHS, search="nsga2",
            evaluations=EVALUATIONS, sensitivity=False, workers=WORKERS, out=Path(folder),
        )
        seconds = time.perf_counter() - begin
    able = [candidate for candidate in found.candidates if not candidate.reason]
    run = sum(candidate.paths for candidate in able) + PATHS
    yield f"tune: 4 parameters, {EVALUATIONS} evaluations, {PATHS} paths, {ACCOUNTS} accounts", seconds, "s"
    yield "tune: evaluations that were valid scenarios", float(len(able)), ""
    yield "tune: of them on all paths", float(sum(candidate.paths == PATHS for candidate in able)), ""
    yield "tune: paths run", float(run), ""
    yield "tune: paths", run / seconds, "1/s"
