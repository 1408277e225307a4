"""A book at its first block: kill prices against a look at every price, sizes against a closed form, definitions."""

from itertools import pairwise
from math import isqrt

import pytest

import protocol_sim as ps
from protocol_sim.errors import BadInput
from protocol_sim.numeric import WAD
from protocol_sim.risk import accounts, bad_debt, concentration, kill_prices, liquidatable, profitable_sizes
from protocol_sim.risk.kill_price import kill_price
from protocol_sim.risk.market import health_at, kept, place_of
from protocol_sim.world import build
from tests.risk.worlds import as_v3, gbm, pair

BOOK = {"a": ("10", "12000"), "b": ("3", "4500"), "c": ("1", "1601"), "d": ("5", "100")}
FLAT = {"kind": "constant", "usd": "2000"}


def several(decimals: int) -> ps.Scenario:
    """Accounts with two collaterals of different thresholds: the floored average makes the health factor jump."""
    scenario = pair({"a": ("10", "9000"), "b": ("3", "8100"), "c": ("7", "8123")}, FLAT)
    data = scenario.model_dump(mode="json", exclude_none=True)
    data["protocols"][0]["reserves"][1] |= {"liquidation_threshold_bps": 9_000, "ltv_bps": 8_500}
    for account, usdc in zip(data["accounts"], ("1777", "6000", "33"), strict=False):
        account["supplied"]["USDC"] = f"{usdc} USDC"
    data["feeds"][0]["decimals"] = decimals
    data["assets"][0]["price"]["usd"] = "2000"
    data["feeds"][1] |= {"decimals": decimals, "answer": 10**decimals}
    return ps.Scenario.model_validate(data)


def test_a_kill_price_is_the_first_unhealthy_price_among_all_of_them() -> None:
    """Prices with no decimals at all, so that every one can be looked at."""
    scenario = several(2)                            # 200,000 raw units for 2,000 USD
    world = build(scenario)
    place = place_of(scenario, world, "aave", "WETH")
    for i in range(3):
        found = kill_price(world, place, i)
        with kept(world, place):
            edge = int(found.price or 0)
            assert health_at(world, place, i, edge).factor < WAD
            above = range(edge + 1, min(place.price, edge + 3_000) + 1)
            assert all(health_at(world, place, i, price).factor >= WAD for price in above)
        assert found.direction == "down"


@pytest.mark.parametrize(
    ("weth", "usdc", "owed"), [(3, 7_699, 9_867), (3, 12_479, 11_913), (7, 19_407, 24_086), (10, 10_586, 17_037)]
)
def test_the_floored_threshold_makes_more_than_one_edge_and_the_nearest_one_counts(
    weth: int, usdc: int, owed: int
) -> None:
    """The health factor falls below 1, rises, and falls again; a plain bisection ends at a later edge (cases that were
    searched for with one)."""
    data = several(2).model_dump(mode="json", exclude_none=True)
    data["accounts"][0] |= {"supplied": {"WETH": f"{weth} WETH", "USDC": f"{usdc} USDC"},
                            "borrowed": {"USDC": f"{owed} USDC"}}
    scenario = ps.Scenario.model_validate(data)
    world = build(scenario)
    place = place_of(scenario, world, "aave", "WETH")
    edge = int(kill_price(world, place, 0).price or 0)
    with kept(world, place):
        near = [health_at(world, place, 0, price).factor < WAD for price in range(edge - 100, edge + 400)]
    assert near[100]
    assert not any(near[101:])
    assert sum(one and not two for one, two in pairwise(near)) > 1


def test_a_single_pair_has_the_kill_price_of_the_formula() -> None:
    found = kill_prices(pair(BOOK, FLAT), "aave", "WETH").set_index("account")
    for name, (have, owe) in BOOK.items():
        formula = int(float(owe) * 1e8 / (float(have) * 0.8))
        assert abs(int(found.loc[name, "kill_price"]) - formula) <= 1 or found.loc[name, "direction"] == "now"
    assert found.loc["c", "direction"] == "now"      # 1,601 against 1 WETH at 2,000 and 80 %
    assert found.loc["a", "distance"] == pytest.approx(-0.25, abs=1e-6)


@pytest.mark.parametrize("version", ["3.0.2", "3.6"])
def test_on_aave_v3_too(version: str) -> None:
    found = kill_prices(as_v3(pair(BOOK, FLAT), version), "aave", "WETH").set_index("account")
    for name in ("a", "b", "d"):
        have, owe = (float(text) for text in BOOK[name])
        assert abs(int(found.loc[name, "kill_price"]) - int(owe * 1e8 / (have * 0.8))) <= 1
    assert profitable_sizes(as_v3(pair(BOOK, FLAT, pools=[pool(1_000)]), version), "aave", "WETH", "USDC") == (
        profitable_sizes(pair(BOOK, FLAT, pools=[pool(1_000)]), "aave", "WETH", "USDC"))


def test_debt_has_its_kill_price_above() -> None:
    found = kill_prices(pair(BOOK, FLAT), "aave", "USDC").set_index("account")
    assert found.loc["a", "direction"] == "up"
    assert found.loc["a", "kill_price"] == pytest.approx(16_000 / 12_000 * 1e8, rel=1e-6)


def test_what_falls_due_at_which_price() -> None:
    scenario = pair(BOOK, FLAT)
    prices = [200_000_000_000, 187_000_000_000, 149_000_000_000, 20_000_000, 100]
    rows = liquidatable(scenario, "aave", "WETH", prices)
    assert rows["accounts"].tolist() == [1, 2, 3, 4, 4]
    kills = kill_prices(scenario, "aave", "WETH")
    for price, count in zip(prices, rows["accounts"], strict=True):
        assert count == sum(int(kill) >= price for kill in kills["kill_price"])
    assert rows["latent_bad_debt"].tolist()[:2] == [0, 0]
    assert rows["latent_bad_debt"].tolist()[-1] > 0
    assert build(scenario).links[0].price == 200_000_000_000


def test_leverage_headroom_and_concentration_by_hand() -> None:
    rows = accounts(pair(BOOK, FLAT), "aave").set_index("account")
    assert rows.loc["a", "leverage"] == pytest.approx(20_000 / 8_000)
    assert rows.loc["a", "headroom"] == pytest.approx(1 - 12_000 / 16_000)
    shares = concentration([("a", 50), ("b", 30), ("c", 20), ("none", 0)], top=2)
    assert (shares.borrowers, shares.debt, shares.hhi) == (3, 100, 3_800)
    assert (shares.top, shares.top_share_bps) == ((("a", 50), ("b", 30)), 8_000)
    assert concentration([]).hhi == 0


def pool(reserve: int, fee: int = 0) -> dict[str, object]:
    return {"name": "p", "kind": "constant-product", "tokens": ["WETH", "USDC"],
            "reserves": [f"{reserve} WETH", f"{reserve * 2_000} USDC"], "fee_bps": fee}


def test_the_largest_profitable_size_is_that_of_the_constant_product() -> None:
    """Without fee and gas, X in value: selling x (1 + b) brings X x (1 + b) / (X + x (1 + b)), which is x at X b."""
    reserve, bonus = 1_000, 0.05
    one = profitable_sizes(pair(BOOK, FLAT, pools=[pool(reserve)]), "aave", "WETH", "USDC")[0]
    value = reserve * 2_000 * 10**6                  # of the USDC side
    assert one.most == pytest.approx(value * bonus / (1 + bonus), rel=1e-6)
    best = value * (isqrt(int((1 + bonus) * 10**20)) / 10**10 - 1) / (1 + bonus)
    assert one.best == pytest.approx(best, rel=1e-4)
    assert one.profit == pytest.approx(value * ((1 + bonus) ** 0.5 - 1) ** 2 / (1 + bonus), rel=1e-6)
    assert one.route == "WETH through p"


def test_gas_sets_a_least_size_and_a_thin_pool_leaves_none() -> None:
    with_gas = profitable_sizes(pair(BOOK, FLAT, pools=[pool(1_000)], gas="10 USDC"), "aave", "WETH", "USDC")[0]
    assert with_gas.least is not None
    assert with_gas.least > 10 / 0.05 * 10**6        # the bonus has to pay the gas
    none = profitable_sizes(pair(BOOK, FLAT, pools=[pool(1_000, 600)]), "aave", "WETH", "USDC")[0]
    assert (none.least, none.best, none.most) == (None, None, None)
    open_end = profitable_sizes(pair(BOOK, FLAT, gas="10 USDC"), "aave", "WETH", "USDC")[0]
    assert open_end.best is not None
    assert open_end.most is None
    assert open_end.least == pytest.approx(200 * 10**6, rel=1e-3)


def test_bad_debt_is_realised_where_no_collateral_is_left_and_latent_elsewhere() -> None:
    """A fall by half at once: who is liquidated leaves debt and dust; a halted liquidator leaves it latent."""
    crash = {"kind": "points", "at": [[0, "2000"], [3, "900"]]}
    book = {"a": ("10", "12000"), "b": ("10", "100")}
    realised = bad_debt(ps.run(pair(book, crash, steps=8)))
    assert realised.realised_accounts == 1
    assert realised.latent == 0
    assert realised.realised == pytest.approx((12_000 - 9_000 / 1.05) * 1e8, rel=1e-6)
    halted = ps.run(pair(book, crash, steps=8, halt_ltv=WAD // 2))
    latent = bad_debt(halted)
    assert (latent.realised, latent.latent_accounts) == (0, 1)
    assert latent.latent == 3_000 * 10**8
    assert latent.total == halted.summary.bad_debt


@pytest.mark.parametrize("version", ["3.0.2", "3.6"])
def test_a_deficit_that_the_protocol_burnt_is_realised_bad_debt(version: str) -> None:
    """From 3.3 on nobody owes it any more; before, the account still does. It is the same loss."""
    crash = {"kind": "points", "at": [[0, "2000"], [3, "900"]]}
    scenario = as_v3(pair({"a": ("10", "12000")}, crash, steps=8), version)
    run = ps.run(scenario)
    assert (run.positions["debt"].sum() == 0) == (version == "3.6")
    assert bad_debt(run).realised == pytest.approx((12_000 - 9_000 / 1.05) * 1e8, rel=1e-6)
    assert bad_debt(run).total == run.summary.bad_debt
    assert ps.run_paths(scenario, 1).summary["bad_debt"].tolist() == [run.summary.bad_debt]


def test_names_that_are_not_there_are_refused() -> None:
    with pytest.raises(BadInput, match="protocol: expected one of aave, found 'comp'"):
        kill_prices(pair(BOOK, FLAT), "comp", "WETH")
    with pytest.raises(BadInput, match="asset: expected one of WETH, USDC, found 'DAI'"):
        liquidatable(pair(BOOK, gbm(1.0)), "aave", "DAI", [1])
