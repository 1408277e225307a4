"""The order of a block, worked by hand on small worlds: all engines run its text, so parity proves nothing of it."""

from typing import Any

import pytest

import protocol_sim as ps
from protocol_sim.agents import view as v
from protocol_sim.agents.trade import press, purchase_cost, sale_value
from protocol_sim.engine.block import move_outside, run_block
from protocol_sim.engine.exact import Everyone, simulate
from protocol_sim.engine.proposals import Candidate, Proposal, sort
from protocol_sim.world import build

RAY = 10**27
START = 1_700_000_000


def scenario(**sections: Any) -> ps.Scenario:
    """One WETH borrower of USDC at 80 % LTV; WETH falls from 1,000 to 900 at step 2."""
    rate = {"optimal_utilization_ray": str(RAY * 8 // 10)}
    terms = {"ltv_bps": 8_000, "liquidation_threshold_bps": 8_500, "liquidation_bonus_bps": 10_500}
    data: dict[str, Any] = {
        "name": "by-hand",
        "clock": {"start": START, "steps": 6},
        "assets": [
            {"name": "WETH", "decimals": 18, "price": {"kind": "points", "at": [[0, "1000"], [2, "900"]]}},
            {"name": "USDC", "decimals": 6, "price": {"kind": "constant", "usd": "1"}},
        ],
        "feeds": [
            {"name": "WETH", "kind": "chainlink", "base": "WETH", "heartbeat": 3_600},
            {"name": "USDC", "kind": "fixed", "answer": 10**8},
        ],
        "protocols": [{"name": "aave", "kind": "aave-v2", "reserves": [
            {"asset": "WETH", "feed": "WETH", "rate": rate, **terms},
            {"asset": "USDC", "feed": "USDC", "rate": rate, **terms},
        ]}],
        "accounts": [
            {"name": "ann", "protocol": "aave", "supplied": {"WETH": "10 WETH"}, "borrowed": {"USDC": "8000 USDC"}},
            {"name": "lender", "protocol": "aave", "supplied": {"USDC": "1000000 USDC"}},
        ],
        "agents": [{"name": "liq", "kind": "liquidator", "numeraire": "USDC", "gas": "5 USDC", "sizes": 1}],
    }
    return ps.Scenario.model_validate(data | sections)


def kinds(run: ps.Run) -> list[tuple[int, str]]:
    return list(zip(run.columns["events"]["block"], run.columns["events"]["kind"], strict=True))


def test_a_report_lands_one_block_after_the_price_and_liquidates_in_the_block_it_lands() -> None:
    """Step 2 is block 3: seen there, landed in block 4, and the account is taken in block 4."""
    run = ps.run(scenario())
    assert kinds(run) == [(4, "report"), (4, "liquidation")]  # 4,800 * 85 % > 4,000: healthy again
    taken = run.events[run.events["kind"] == "liquidation"].iloc[0]
    assert taken["cause"] == 1  # the report's number
    # half of 8,000 USDC for 4,000 / 900 * 1.05 WETH, at the new answer of 900
    assert taken["amount_in"] == 4_000 * 10**6
    assert taken["amount_out"] == 4_000 * 10**6 * 10**18 * 10**8 * 10_500 // (900 * 10**8 * 10**6 * 10_000)
    # sold at the outside price of 900: 4,200 USDC (rounded down once in wei and once in raw USDC), less cost and gas
    assert taken["profit"] == 4_200 * 10**6 - 1 - 4_000 * 10**6 - 5 * 10**6
    assert taken["round"] == 0


def test_a_longer_delay_is_a_later_report() -> None:
    feeds = [{"name": "WETH", "kind": "chainlink", "base": "WETH", "heartbeat": 3_600, "delay_blocks": 3},
             {"name": "USDC", "kind": "fixed", "answer": 10**8}]
    assert kinds(ps.run(scenario(feeds=feeds)))[0] == (6, "report")


def test_gas_that_eats_the_profit_keeps_the_liquidator_away() -> None:
    """The bonus on 4,000 USDC is 200 USDC less a raw unit: gas of 199.999998 still pays, one raw unit more does not."""
    def count(gas: str) -> int:
        agent = {"name": "liq", "kind": "liquidator", "numeraire": "USDC", "gas": gas, "sizes": 1}
        return ps.run(scenario(agents=[agent])).summary.liquidations

    assert count("199.999998 USDC") == 1
    assert count("199.999999 USDC") == 0


def test_of_equal_proposals_the_higher_bid_acts_first() -> None:
    agents = [{"name": name, "kind": "liquidator", "numeraire": "USDC", "gas": "5 USDC", "sizes": 1} for name in "ab"]
    world = build(scenario(agents=agents))
    world.agents[1].bid = 1
    events = [e for e in simulate(world) if e.kind in (1, 2)]
    assert [(e.kind, e.agent) for e in events] == [(1, 1), (2, 0)]
    assert events[1].code == 42  # healthy again: LPCM_HEALTH_FACTOR_NOT_BELOW_THRESHOLD


def test_a_stale_proposal_fails_and_costs_its_gas() -> None:
    """Close factor 100 %: the first liquidator leaves nothing, the second one's transaction fails."""
    agents = [{"name": name, "kind": "liquidator", "numeraire": "USDC", "gas": "5 USDC", "sizes": 1} for name in "ab"]
    whole = {"block": 0, "kind": "set-close-factor", "protocol": "aave", "bps": 10_000}
    run = ps.run(scenario(agents=agents, timeline=[whole]))
    assert kinds(run)[-2:] == [(4, "liquidation"), (4, "failed")]
    assert run.summary.failed == 1
    assert run.summary.gas_spent == 10 * 10**6
    paid = run.events.iloc[-2]
    assert run.summary.liquidator_profit == paid["profit"] - 5 * 10**6


def test_what_is_refused_as_a_whole_is_taken_in_part() -> None:
    """Only 2 of 10 WETH lie in the pool: half the debt would seize 4.66…, a quarter 2.33…, an eighth 1.16… and pays."""
    borrower = {"name": "bob", "protocol": "aave", "supplied": {"USDC": "1000000 USDC"}, "borrowed": {"WETH": "8 WETH"}}
    accounts = [*scenario().accounts, borrower]

    def run(sizes: int) -> ps.Run:
        agent = {"name": "liq", "kind": "liquidator", "numeraire": "USDC", "close": "optimal", "sizes": sizes}
        return ps.run(scenario(agents=[agent], accounts=accounts))

    assert run(1).summary.liquidations == 0
    taken = run(4).events.query("kind == 'liquidation'")
    assert list(taken["amount_in"])[:1] == [1_000 * 10**6]


def test_a_halt_at_an_ltv() -> None:
    """8,000 / 9,000 is an LTV of 0.888…: a liquidator that halts there does nothing, one that halts above it acts."""
    def count(wad: int) -> int:
        agent = {"name": "liq", "kind": "liquidator", "numeraire": "USDC", "halt_ltv": str(wad), "sizes": 1}
        return ps.run(scenario(agents=[agent])).summary.liquidations

    assert count(888_888_888_888_888_888) == 0
    assert count(900_000_000_000_000_000) > 0


def test_what_a_sale_leaves_outside_decays_and_is_rounded_towards_none() -> None:
    """Impact 0.9 recovers by ceil(gap / 64) a block; 1.1 falls likewise; both end exactly at none."""
    world = build(scenario())
    token = world.tokens[0]
    half_way = ((900_000_000, 901_562_500), (1_100_000_000, 1_098_437_500))
    for start, after in (*half_way, (999_999_999, 10**9), (1_000_000_001, 10**9), (10**9, 10**9)):
        token.impact = start
        move_outside(world, 0)
        assert token.impact == after
        assert token.outside == 1_000 * 10**8 * after // 10**9


def test_a_sale_presses_by_its_share_of_the_depth_and_never_below_a_half() -> None:
    world = build(scenario())
    token = world.tokens[0]
    token.depth = 100 * 10**18
    assert press(world, 0, 7 * 10**18, -1) == 930_000_000
    assert press(world, 0, 7 * 10**18, 1) == 10**9
    assert press(world, 0, 10**21, -1) == 500_000_000
    assert press(world, 0, 10**22, 1) == 2 * 10**9
    token.depth = 0
    assert press(world, 0, 10**18, -1) == 2 * 10**9


def test_the_outside_price_is_rounded_against_the_trader() -> None:
    """Without a pool: a sale brings the floor, a purchase costs the ceiling."""
    world = build(scenario())
    assert sale_value(world, 0, 0, 1_000_000_001) == (0, 1)
    assert purchase_cost(world, 0, 0, 1_000_000_001) == (0, 2)
    assert sale_value(world, 0, 1, 77) == (0, 77)


def test_a_timeline_entry_acts_at_the_start_of_its_block() -> None:
    """A lower threshold at block 2 makes the account liquidatable there, before any price moves."""
    entry = {"block": 2, "kind": "set-parameter", "protocol": "aave", "reserve": "WETH"}
    entry |= {"key": "liquidation_threshold_bps"}
    run = ps.run(scenario(timeline=[entry | {"value": 8_000}, entry | {"key": "ltv_bps", "value": 7_500}]))
    assert kinds(run)[0] == (2, "timeline")
    assert (2, "liquidation") not in kinds(run)  # 80 % of 10,000 is 8,000: exactly healthy
    lower = scenario(timeline=[entry | {"key": "ltv_bps", "value": 7_500}, entry | {"value": 7_999}])
    assert (2, "liquidation") in kinds(ps.run(lower))


def test_a_paused_protocol_takes_no_liquidation_and_a_swapped_feed_speaks_at_once() -> None:
    paused = ps.run(scenario(timeline=[{"block": 1, "kind": "pause", "protocol": "aave"}]))
    assert paused.summary.liquidations == 0
    feeds = [{"name": "WETH", "kind": "chainlink", "base": "WETH"}]
    feeds += [{"name": n, "kind": "fixed", "answer": usd * 10**8} for n, usd in (("USDC", 1), ("low", 900))]
    entry = {"block": 1, "kind": "swap-feed", "protocol": "aave", "reserve": "WETH", "feed": "low"}
    swapped = ps.run(scenario(feeds=feeds, timeline=[entry]))
    assert kinds(swapped)[:2] == [(1, "timeline"), (1, "liquidation")]


def test_a_silent_feed_reports_when_it_speaks_again() -> None:
    """WETH falls in block 3; the feed is silent in blocks 2 to 4, sees it in 5 and reports in 6."""
    outage = {"block": 2, "kind": "feed-outage", "feed": "WETH", "blocks": 3}
    assert kinds(ps.run(scenario(timeline=[outage]))) == [(2, "timeline"), (6, "report"), (6, "liquidation")]
    late = outage | {"block": 4, "blocks": 2}           # decided in block 3, it lands all the same
    assert kinds(ps.run(scenario(timeline=[late])))[:2] == [(4, "timeline"), (4, "report")]


@pytest.mark.parametrize("engine", ["fast", "scan"])
def test_a_silent_feed_compiled(engine: str) -> None:
    made = scenario(timeline=[{"block": 2, "kind": "feed-outage", "feed": "WETH", "blocks": 3}])
    assert ps.run(made, engine=engine).digest == ps.run(made).digest


def test_only_a_feed_that_looks_at_something_can_fall_silent() -> None:
    outage = {"block": 2, "kind": "feed-outage", "feed": "USDC", "blocks": 3}
    with pytest.raises(ps.BadInput, match=r"timeline\.0\.feed: expected a chainlink feed that is declared"):
        scenario(timeline=[outage])


def test_what_does_not_fit_into_a_block_is_carried_over() -> None:
    position = {"supplied": {"WETH": "10 WETH"}, "borrowed": {"USDC": "8000 USDC"}}
    accounts = [{"name": f"a{n}", "protocol": "aave", **position} for n in range(3)]
    lender = {"name": "lender", "protocol": "aave", "supplied": {"USDC": "1000000 USDC"}}
    close = [{"block": 0, "kind": "set-close-factor", "protocol": "aave", "bps": 10_000}]
    clock = {"start": START, "steps": 6, "liquidations_per_block": 2}
    world = build(scenario(accounts=[*accounts, lender], timeline=close, clock=clock))
    blocks = [e.block for e in simulate(world) if e.kind == 1]
    assert blocks == [4, 4, 5]


def test_proposals_have_a_total_order() -> None:
    """-profit, then -bid, agent, protocol, account, collateral, debt."""
    best = {"profit": 5, "bid": 1, "agent": 1, "protocol": 1, "account": 1, "kc": 1, "kd": 1}
    rows = [Proposal(**(best | change)) for change in (
        {"kd": 2}, {"kc": 2}, {"account": 2}, {"protocol": 2}, {"agent": 2}, {"bid": 0}, {"profit": 4})]
    rows = [Proposal(**best), *rows]
    shuffled = [rows[n] for n in (5, 2, 7, 0, 3, 6, 1, 4)]
    order = [Candidate() for _ in rows]
    sort(shuffled, order, len(rows))
    assert [shuffled[o.account] for o in order] == rows


def test_pools_and_outside_meet_in_the_arbitrage() -> None:
    """A pool at 1,000 while the outside falls to 900: in that block the arbitrageur sells WETH to 900 / 0.997 or so."""
    pool = {"name": "p", "kind": "constant-product", "tokens": ["WETH", "USDC"]}
    pool["reserves"] = ["100 WETH", "100000 USDC"]
    world = build(scenario(pools=[pool], agents=[{"name": "arb", "kind": "arbitrageur"}], accounts=[]))
    f = Everyone(world)
    for step in range(2):
        run_block(world, f, step)
    assert f.events == []
    run_block(world, f, 2)
    assert [e.kind for e in f.events] == [3]
    row = world.pools[0].pools[0]
    price = row.reserve1 * 10**12 / row.reserve0
    assert 900 < price < 900 / 0.997 * 1.0001
    assert world.places[0].high == v.NONE  # the band is worked out anew
    run_block(world, f, 3)
    assert len(f.events) == 2  # the feed's report, and no second arbitrage


@pytest.mark.parametrize("engine", ["exact", "fast"])
def test_series_hold_the_end_of_each_step(engine: str) -> None:
    series = ps.run(scenario(), engine=engine).series
    assert list(series["outside.WETH"]) == [1_000 * 10**8] * 2 + [900 * 10**8] * 4
    assert list(series["answer.WETH"]) == [1_000 * 10**8] * 3 + [900 * 10**8] * 3
    assert list(series["liquidations"])[:4] == [0, 0, 0, 1]
    assert list(series["time"]) == [START + 12 * (n + 1) for n in range(6)]
