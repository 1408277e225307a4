"""Borrowing power by hand: reserves, eModes, and accounts that owe nothing."""

import protocol_sim as ps
from protocol_sim.tuning.measures import solvency
from protocol_sim.tuning.power import borrowing_power, collateral_book
from protocol_sim.world import build
from tests.risk.worlds import as_v3, pair

FLAT = {"kind": "constant", "usd": "2000"}
BOOK = {"a": ("10", "12000"), "b": ("3", "4500")}


def with_emode() -> ps.Scenario:
    data = as_v3(pair(BOOK, FLAT)).model_dump(mode="json", exclude_none=True)
    data["protocols"][0]["emodes"] = [{
        "id": 1, "ltv_bps": 9_000, "liquidation_threshold_bps": 9_300, "liquidation_bonus_bps": 10_100,
        "collateral": ["WETH"], "borrowable": ["USDC"], "accounts": ["a"],
    }]
    return ps.Scenario.model_validate(data)


def power(scenario: ps.Scenario) -> int:
    return borrowing_power(collateral_book(build(scenario)), scenario)


def test_worth_times_ltv_of_those_who_owe() -> None:
    """13 WETH at 2,000 and 80 %; the lender's 100 million USDC back nothing."""
    assert power(pair(BOOK, FLAT)) == 13 * 2_000 * 8 * 10**7
    assert power(as_v3(pair(BOOK, FLAT))) == 13 * 2_000 * 8 * 10**7


def test_an_emode_decides_for_its_accounts() -> None:
    assert power(with_emode()) == (10 * 2_000 * 9 + 3 * 2_000 * 8) * 10**7
    changed = with_emode().changed({"protocols.aave.emodes.0.ltv_bps": 9_100})
    assert power(changed) - power(with_emode()) == 10 * 2_000 * 10**6


def test_the_frontier_is_the_largest_threshold_times_bonus() -> None:
    assert solvency(pair(BOOK, FLAT)) == 8_400
    assert solvency(with_emode()) == 9_393
    assert solvency(pair(BOOK, FLAT, threshold=8_001)) == 8_402        # 8,401.05 rounded up
