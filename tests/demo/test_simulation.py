"""The simulation starts where the records do, follows their prices, and the counterfactuals change one thing each."""

import pytest

from protocol_sim.demo.counterfactuals import outcome_of, play, variants, with_depth, with_halt
from protocol_sim.demo.headline import FRONTIER
from protocol_sim.demo.inferred import load_inferred
from protocol_sim.demo.market import BORROWER, CRV, USDC
from protocol_sim.demo.outcome import Outcome
from protocol_sim.demo.records import liquidations, load_closes, load_events
from protocol_sim.demo.replay import replay
from protocol_sim.demo.simulation import FILE, block_at, scenario_text, schedule
from protocol_sim.engine.events import LIQUIDATION
from protocol_sim.engine.exact import simulate
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v2.account import account_data, atoken_balance, variable_debt_of
from protocol_sim.scenario import load_scenario
from protocol_sim.world import build

EVENTS, CLOSES, FOUND = load_events(), load_closes(), load_inferred()
CALLS = liquidations(EVENTS)
SCENARIO = load_scenario(FILE)
OPENING = replay(EVENTS, FOUND.regimes, CLOSES, FOUND.rates, calls=1).calls[0].before


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return {name: outcome_of(name, run, OPENING, FOUND.regimes) for name, run in play(SCENARIO)}


def test_the_command_writes_the_scenario_of_the_repository() -> None:
    assert scenario_text(EVENTS, CLOSES, FOUND) == FILE.read_text(encoding="utf-8")


def test_the_account_is_the_replayed_one() -> None:
    world = build(SCENARIO)
    now = CALLS[0].time
    market, before = world.protocols[0], OPENING
    assert atoken_balance(market, BORROWER, USDC, now) == before.collateral
    assert variable_debt_of(market, BORROWER, CRV, now) == before.debt
    assert account_data(market, BORROWER, now).health_factor == before.health


def test_every_recorded_call_finds_its_price_in_the_feed() -> None:
    rows = schedule(EVENTS, CLOSES, FOUND)
    assert [block for block, _ in rows] == sorted({block for block, _ in rows})
    for regime in FOUND.regimes:
        block = block_at(CALLS[regime.first - 1].time, CALLS[0].time)
        assert [crv for at, crv in rows if at <= block][-1] == regime.crv
    assert all((call.time - CALLS[0].time) % 12 == 0 for call in CALLS)


def test_the_liquidator_takes_nothing_that_does_not_pay() -> None:
    """Each liquidation's profit is above 0, and each was of an unhealthy account (the protocol refuses others)."""
    events = [event for event in simulate(build(SCENARIO)) if event.kind == LIQUIDATION]
    assert events
    assert all(event.third > 0 for event in events)


def test_its_trades_move_the_pool() -> None:
    world = build(SCENARIO)
    before = world.pools[0].pools[0].reserve0
    seen: list[int] = []

    def look(_: int) -> None:
        seen.append(world.pools[0].pools[0].reserve0)

    simulate(world, after_step=look)
    assert seen[0] > before                                          # USDC went in for CRV
    assert len(set(seen)) > 100


def test_variants_are_all_played_and_differ(outcomes: dict[str, Outcome]) -> None:
    assert list(outcomes) == [name for name, _ in variants()]
    assert len({(o.repaid, o.seized) for o in outcomes.values()}) == len(outcomes)
    for outcome in outcomes.values():
        assert outcome.repaid + outcome.debt > 92_000_000 * 10**18
        assert outcome.seized + outcome.collateral > 63_596_139 * 10**6
        assert outcome.shortfall <= outcome.shortfall_high


def test_no_call_at_or_above_the_frontier_when_halted() -> None:
    world = build(with_halt(SCENARIO))
    market = world.protocols[0]
    seen: list[int] = []

    def look(_: int) -> None:
        data = account_data(market, BORROWER, world.clock[0].now)
        seen.append(data.debt * WAD // data.collateral)

    events = [event for event in simulate(world, after_step=look) if event.kind == LIQUIDATION]
    assert events
    assert max(seen) > FRONTIER
    ended = {event.block for event in events}
    assert all(seen[block - 1] < FRONTIER for block in ended)


def test_a_halt_leaves_the_borrower_and_the_pool_better_off(outcomes: dict[str, Outcome]) -> None:
    free, halted = outcomes["simulated"], outcomes["simulated, halted"]
    assert halted.shortfall < free.shortfall
    assert halted.loss < free.loss


def test_depth_scales_both_sides() -> None:
    scaled = with_depth(SCENARIO, 3, 2)
    for before, after in zip(SCENARIO.pools[0].reserves, scaled.pools[0].reserves, strict=True):
        name = SCENARIO.pools[0].tokens[SCENARIO.pools[0].reserves.index(before)]
        assert scaled.raw(after, name) == SCENARIO.raw(before, name) * 3 // 2


def test_the_same_run_twice() -> None:
    (_, one), (_, two) = play(SCENARIO, chosen=[variants()[0]] * 2)
    assert one.digest == two.digest
