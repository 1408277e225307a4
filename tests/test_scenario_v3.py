"""Aave V3 markets and Uniswap V3 pools in a scenario: what is built of them, and what is refused in one line."""

from typing import Any

import pytest

import protocol_sim as ps
from protocol_sim.amms.concentrated.tick_math import sqrt_ratio_at_tick
from protocol_sim.errors import BadInput
from protocol_sim.protocols.aave_v3.interface import liquidate, plan_liquidation
from protocol_sim.scenario import Scenario, parse_scenario, to_toml
from protocol_sim.scenario.load import validated
from protocol_sim.world import build

BPS = 10**23


def data(version: str = "3.6") -> dict[str, Any]:
    """A market of two assets, an eMode, a pool; a borrower who falls when the price does."""
    rate = {"optimal_utilization_ray": str(8_000 * BPS), "slope1": str(400 * BPS), "slope2": str(6_000 * BPS)}
    weth = {"asset": "WETH", "feed": "weth", "ltv_bps": 8_000, "liquidation_threshold_bps": 8_250, "rate": rate}
    weth |= {"liquidation_bonus_bps": 10_500, "liquidation_protocol_fee_bps": 1_000}
    usdc = {"asset": "USDC", "feed": "usdc", "ltv_bps": 7_500, "liquidation_threshold_bps": 7_800, "rate": rate}
    usdc |= {"liquidation_bonus_bps": 10_450, "supply_cap": 10**9, "borrow_cap": 10**9}
    emode = {"id": 3, "ltv_bps": 9_000, "liquidation_threshold_bps": 9_300, "liquidation_bonus_bps": 10_200}
    emode |= {"collateral": ["WETH"], "accounts": ["bob"]} | ({} if version == "3.0.2" else {"borrowable": ["WETH"]})
    wide = {"lower_tick": -887_220, "upper_tick": 887_220, "liquidity": str(10**18)}
    return {
        "name": "three",
        "clock": {"start": 1_700_000_000, "steps": 12},
        "assets": [
            {"name": "WETH", "decimals": 18, "price": {"kind": "points", "at": [[0, "2000"], [5, "1800"]]}},
            {"name": "USDC", "decimals": 6, "price": {"kind": "constant", "usd": "1"}},
        ],
        "feeds": [
            {"name": "weth", "kind": "chainlink", "base": "WETH"}, {"name": "usdc", "kind": "fixed", "answer": 10**8},
        ],
        "protocols": [
            {"name": "aave", "kind": "aave-v3", "version": version, "reserves": [weth, usdc], "emodes": [emode]}
        ],
        "accounts": [
            {"name": "alice", "protocol": "aave", "supplied": {"WETH": "10 WETH"}, "borrowed": {"USDC": "16000 USDC"}},
            {"name": "bob", "protocol": "aave", "supplied": {"WETH": "10 WETH"}, "borrowed": {"WETH": "9 WETH"}},
            {"name": "lender", "protocol": "aave", "supplied": {"USDC": "100000 USDC", "WETH": "100 WETH"}},
        ],
        "pools": [{"name": "pool", "kind": "uniswap-v3", "tokens": ["WETH", "USDC"], "price": "2000",
                   "positions": [wide | {"lower_tick": -204_000, "upper_tick": -192_000}, wide]}],
        "agents": [
            {"name": "keeper", "kind": "liquidator", "numeraire": "USDC"}, {"name": "arb", "kind": "arbitrageur"},
        ],
    }


@pytest.mark.parametrize("version", ["3.0.2", "3.3", "3.4", "3.5", "3.6"])
def test_a_fall_liquidates_and_sells_into_the_pool(version: str) -> None:
    made = validated(data(version))
    world = build(made)
    pool = world.pools[1].pools[0]
    assert (world.places[0].family, world.places[0].pool) == (1, 0)
    assert pool.liquidity == 2 * 10**18
    assert pool.sqrt_price**2 * 10**12 // 2**192 in (1_999, 2_000)
    assert sqrt_ratio_at_tick(pool.tick) <= pool.sqrt_price
    three = world.protocols[0]
    bits = [(account.collateral, account.borrowing, account.emode) for account in three.accounts]
    assert bits == [(1, 2, 0), (1, 1, 3), (3, 0, 0), (0, 0, 0)]
    assert three.reserves[1].available_liquidity == 84_000 * 10**6
    assert three.reserves[1].variable_rate > 0
    run = ps.run(made)
    assert run.summary.liquidations > 0
    assert run.summary.arbitrages > 0


def test_it_is_written_out_and_read_back() -> None:
    made = validated(data())
    assert parse_scenario(to_toml(made)).digest() == made.digest()
    assert ps.run(parse_scenario(to_toml(made))).digest == ps.run(made).digest


def test_an_isolated_collateral_counts_what_is_borrowed_against_it() -> None:
    given = data()
    given["protocols"][0]["reserves"][0]["debt_ceiling"] = 10**9
    given["protocols"][0]["emodes"] = []
    given["accounts"][0]["collateral"] = ["WETH"]
    given["accounts"] = [given["accounts"][0], given["accounts"][2]]
    world = build(validated(given))
    assert world.protocols[0].accounts[1].collateral == 2        # an isolated asset is no collateral by itself
    assert world.protocols[0].reserves[0].isolation_debt == 16_000 * 100


@pytest.mark.parametrize("version", ["3.0.2", "3.3", "3.4", "3.5", "3.6"])
def test_a_plan_that_takes_all_collateral_can_be_carried_out(version: str) -> None:
    """The amount of a plan, asked for again, gives the same plan: no dust of rounding stands in its way."""
    given, taken = data(version), 0   # a debt worth more than the collateral
    for n in range(20):
        given["accounts"][0]["borrowed"]["USDC"] = f"{20_000 + 37 * n}.{n:06d} USDC"
        market = build(validated(given)).protocols[0]
        market.reserves[0].price = 1_900 * 10**8 + n
        now = 1_700_000_100
        code, plan = plan_liquidation(market, 0, 0, 1, 10**12, now)
        assert code == 0
        assert plan_liquidation(market, 0, 0, 1, plan.repaid, now) == (0, plan) or version == "3.0.2"
        done, moved = liquidate(market, 0, 0, 1, plan.repaid, now)
        assert done == 0
        if version != "3.0.2":
            assert moved == plan
            taken += market.holdings[0].scaled_supply == 0
    assert taken > 10 or version == "3.0.2"


@pytest.mark.slow
def test_the_compiled_engines_run_it_too() -> None:
    """One market and one pool alone: another set of types than the random worlds have."""
    made = validated(data())
    assert {ps.run(made, engine=engine).digest for engine in ("exact", "fast", "scan")} == {ps.run(made).digest}


def changed(version: str, path: str, value: Any) -> dict[str, Any]:
    """The data with one value changed; the path's parts are keys and numbers."""
    given = data(version)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = given
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return given


RESERVE, EMODE, POOL = "protocols.0.reserves.0", "protocols.0.emodes.0", "pools.0"
ENTRY = {"block": 1, "protocol": "aave", "reserve": "WETH"}
PARAMETER = ENTRY | {"kind": "set-parameter"}
FEED = {"name": "weth", "kind": "chainlink", "base": "WETH", "decimals": 18}
REFUSED = [
    ("3.6", "protocols.0.version", "3.1", "protocols.aave.version", "'3.0.2', '3.3', '3.4', '3.5' or '3.6'"),
    ("3.6", f"{RESERVE}.colour", "red", "colour", "unknown key"),
    ("3.6", "feeds.0", FEED, "reserves.WETH.feed", "8 decimals"),
    ("3.6", "assets.1.decimals", 5, "reserves.USDC.asset", "an asset of 6 to 38 decimals"),
    ("3.6", f"{RESERVE}.rate.slope1", str(BPS + 1), "rate.slope1", "whole bps"),
    ("3.6", f"{RESERVE}.rate.slope1", str(7_000 * BPS), "rate.slope2", "at least slope1"),
    ("3.6", f"{RESERVE}.rate.slope2", str(100_000 * BPS), "reserves.WETH.rate", "1000 %"),
    ("3.6", f"{RESERVE}.rate.stable_slope1", str(BPS), "rate.stable_slope1", "0 after 3.0.2"),
    ("3.6", f"{RESERVE}.rate.optimal_utilization_ray", str(BPS), "optimal_utilization_ray", "1 % to 99 %"),
    ("3.3", f"{RESERVE}.stable_borrowing_enabled", True, "stable_borrowing_enabled", "false after 3.0.2"),
    ("3.0.2", f"{RESERVE}.deficit", 1, "reserves.WETH.deficit", "0 in 3.0.2"),
    ("3.0.2", f"{RESERVE}.grace_until", 1, "reserves.WETH.grace_until", "0 in 3.0.2"),
    ("3.6", f"{RESERVE}.liquidation_bonus_bps", 13_000, "liquidation_bonus_bps", "threshold × bonus"),
    ("3.6", f"{RESERVE}.liquidation_protocol_fee_bps", 10_001, "liquidation_protocol_fee_bps", "at most 10000"),
    ("3.6", f"{EMODE}.id", 0, "emodes.0.id", "at least 1"),
    ("3.6", "protocols.0.emodes", [data()["protocols"][0]["emodes"][0]] * 2, "emodes.1.id", "an id used once"),
    ("3.6", f"{EMODE}.ltv_bps", 9_301, "emodes.0.ltv_bps", "at most the liquidation threshold"),
    ("3.6", f"{EMODE}.liquidation_bonus_bps", 11_000, "emodes.0.liquidation_bonus_bps", "at most 100 %"),
    ("3.6", f"{EMODE}.collateral", ["DAI"], "emodes.0.collateral", "a reserve of aave"),
    ("3.0.2", f"{EMODE}.borrowable", ["WETH"], "emodes.0.borrowable", "none in 3.0.2"),
    ("3.5", f"{EMODE}.zero_ltv", ["WETH"], "emodes.0.zero_ltv", "none in 3.5"),
    ("3.6", f"{EMODE}.zero_ltv", ["USDC"], "emodes.0.zero_ltv", "collateral of the eMode"),
    ("3.0.2", f"{EMODE}.liquidation_threshold_bps", 8_000, "emodes.0.", "at most the liquidation threshold"),
    ("3.6", f"{EMODE}.accounts", ["eve"], "emodes.0.accounts", "an account of aave"),
    ("3.6", f"{EMODE}.accounts", ["alice"], "emodes.0.accounts", "owe what it lends"),
    ("3.6", "timeline", [ENTRY | {"kind": "set-close-factor", "bps": 1}], "timeline.0", "one of block"),
    ("3.6", "timeline", [{"block": 1, "protocol": "aave", "kind": "set-close-factor", "bps": 1}], "timeline.0.kind",
     "a constant of aave-v3"),
    ("3.6", "timeline", [PARAMETER | {"key": "rate.market_stable_rate", "value": 1}], "timeline.0.key",
     "a parameter of aave-v3"),
    ("3.6", "timeline", [PARAMETER | {"key": "rate.base", "value": 1}], "timeline.0.rate.base", "whole bps"),
    ("3.6", f"{POOL}.price", None, "pools.pool.price", "either it or sqrt_price_x96"),
    ("3.6", f"{POOL}.sqrt_price_x96", "1", "pools.pool.price", "either it or sqrt_price_x96"),
    ("3.6", f"{POOL}.price", "much", "pools.pool.price", "a decimal number"),
    ("3.6", f"{POOL}.tick_spacing", 7, "pools.pool.positions.0.lower_tick", "a multiple of the tick spacing of 7"),
    ("3.6", f"{POOL}.tick_spacing", 0, "pools.pool.tick_spacing", "more than 0"),
    ("3.6", f"{POOL}.positions.1.upper_tick", -887_220, "positions.1.upper_tick", "more than the lower tick"),
    ("3.6", f"{POOL}.positions.1.upper_tick", 887_280, "positions.1.upper_tick", "at most 887272"),
    ("3.6", f"{POOL}.positions", [], "pools.pool.positions", "at least 1 of them"),
    ("3.6", f"{POOL}.kind", "curve", "pools.pool.kind", "'constant-product', 'uniswap-v3'"),
]


@pytest.mark.parametrize(("version", "path", "value", "key", "expected"), REFUSED)
def test_what_does_not_fit_is_one_line(version: str, path: str, value: Any, key: str, expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        validated(changed(version, path, value), "file.toml")
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("file.toml")
    assert key in text
    assert expected in text


BUILT = [
    (f"{POOL}.fee_protocol", [3, 0], "pools.pool.fee_protocol", "0 or 4 to 10"),
    (f"{POOL}.price", "0", "pools.pool.price", "between 2**32 and 2**160"),
    (f"{POOL}.positions.1.liquidity", str(2**126), "pools.pool.positions.1", "'LO'"),
    ("accounts.0.borrowed.USDC", "100001 USDC", "USDC.available_liquidity", "borrowed than supplied"),
]


@pytest.mark.parametrize(("path", "value", "key", "expected"), BUILT)
def test_what_the_contracts_would_refuse_is_one_line(path: str, value: Any, key: str, expected: str) -> None:
    made: Scenario = validated(changed("3.6", path, value), "file.toml")
    with pytest.raises(BadInput) as caught:
        build(made)
    text = str(caught.value)
    assert "\n" not in text
    assert key in text
    assert expected in text
