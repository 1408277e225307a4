"""The replay: all 404 events through the model's operations, and what breaks it."""

import pytest

from protocol_sim.demo import market as setting
from protocol_sim.demo.headline import FRONTIER, headline
from protocol_sim.demo.inferred import load_inferred
from protocol_sim.demo.market import Rates
from protocol_sim.demo.records import BORROW, SUPPLY, close_before, load_closes, load_events
from protocol_sim.demo.replay import Replay, replay
from protocol_sim.demo.runs import replay_run
from protocol_sim.numeric import WAD
from protocol_sim.protocols.aave_v2 import liquidation

EVENTS, CLOSES, FOUND = load_events(), load_closes(), load_inferred()


def play(rates: Rates = FOUND.rates, calls: int | None = None) -> Replay:
    return replay(EVENTS, FOUND.regimes, CLOSES, rates, calls)


DONE = play()
FIGURES = headline(DONE, FOUND.regimes)


def test_records_are_complete() -> None:
    kinds = [event.kind for event in EVENTS]
    assert (kinds.count(SUPPLY), kinds.count(BORROW), len(kinds)) == (5, 14, 404)
    assert sum(e.amount for e in EVENTS if e.kind == SUPPLY) == 63_596_139_363797
    assert sum(e.amount for e in EVENTS if e.kind == BORROW) == 92_000_000 * 10**18
    assert len({(e.tx, e.log) for e in EVENTS}) == 404
    assert [(e.block, e.log) for e in EVENTS] == sorted((e.block, e.log) for e in EVENTS)


def test_all_385_seizures_are_equal_to_the_raw_unit() -> None:
    assert not DONE.refusals
    assert len(DONE.calls) == 385
    assert all(call.equal for call in DONE.calls)
    assert all(call.before.health < WAD for call in DONE.calls)
    assert DONE.end.collateral == 0


def test_toxic_liquidations_are_the_published_ones() -> None:
    toxic = [call.number for call in DONE.calls if call.before.toxic]
    assert toxic == list(range(147, 386))
    assert FIGURES.first_toxic.event.time == 1_669_138_463        # 17:34:23 UTC
    assert round(FIGURES.first_toxic.before.principal, -16) == 54_427_133_61 * 10**16
    assert all((call.before.ltv > FRONTIER) == call.before.toxic for call in DONE.calls)


def test_a_toxic_call_worsens_the_account_and_no_other_does() -> None:
    """By the model's own state: debt / collateral after the call, at the same price, against before."""
    after = [play(calls=number).end for number in (1, 50, 146, 147, 200, 300)]
    for number, end in zip((1, 50, 146, 147, 200, 300), after, strict=True):
        before = DONE.calls[number - 1].before
        assert (end.ltv > before.ltv) == before.toxic


def test_residuals() -> None:
    end = DONE.end
    assert end.principal == 92_000_000 * 10**18 - sum(call.repaid for call in DONE.calls)
    assert round(end.principal, -16) == 2_455_682_56 * 10**16
    assert 2_570_639 * 10**18 < end.debt < 2_656_335 * 10**18      # governance's counts
    assert sum(call.seized for call in DONE.calls) - 63_596_139_363797 == 8_963_760245
    assert FIGURES.recorded.shortfall == FIGURES.principal_value + FIGURES.accrued_value


def test_at_the_frontier_the_account_was_still_solvent() -> None:
    assert abs(FIGURES.solvent_by - 1_188_090 * 10**6) < 20 * 10**6          # published on principal alone
    assert abs(FIGURES.left_if_exhausted - 693_134 * 10**18) < 20 * 10**18


@pytest.mark.parametrize("wei", [-1, 1])
def test_one_raw_unit_in_the_seizure_rule_breaks_it(wei: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = liquidation.collateral_for
    monkeypatch.setattr(liquidation, "collateral_for", lambda *arguments: rule(*arguments) + wei)
    assert sum(call.equal for call in play().calls) <= 1


def test_flooring_the_bonus_after_the_division_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def after(debt: int, price_debt: int, unit_debt: int, price: int, unit: int, bonus: int) -> int:
        return price_debt * debt * unit // (price * unit_debt) * bonus // 10_000

    monkeypatch.setattr(liquidation, "collateral_for", after)
    assert sum(call.equal for call in play().calls) < 385


def test_interest_beside_its_range_breaks_it() -> None:
    low, high = FOUND.usdc_range
    for usdc in (low - 10**13, high + 10**13):
        assert not play(Rates(usdc, FOUND.rates.crv)).calls[-1].equal
    for usdc in (low, high):
        assert all(call.equal for call in play(Rates(usdc, FOUND.rates.crv)).calls)
    healthy = play(Rates(FOUND.rates.usdc, FOUND.crv_least - 10**20)).calls
    assert not all(call.equal for call in healthy)
    assert next(call for call in healthy if call.code).code == 42     # LPCM_HEALTH_FACTOR_NOT_BELOW_THRESHOLD


def test_a_threshold_of_90_percent_is_not_that_of_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take so much interest that more would be left than governance ever counted."""
    monkeypatch.setattr(setting, "THRESHOLD", 9_000)
    ray = 10**27
    assert not all(call.equal for call in play(Rates(FOUND.rates.usdc, 2 * ray)).calls)
    enough = play(Rates(FOUND.rates.usdc, 3 * ray))
    assert all(call.equal for call in enough.calls)
    assert enough.end.debt > 3_300_000 * 10**18


def test_a_replay_of_some_calls_stops_there() -> None:
    part = play(calls=146)
    assert len(part.calls) == 146
    before = FIGURES.first_toxic.before
    assert part.end.principal == before.principal
    assert FIGURES.halted.liquidations == 146


def test_the_run_of_the_replay_can_be_digested_twice() -> None:
    one, two = (replay_run(DONE, FIGURES, FOUND) for _ in range(2))
    assert one.digest == two.digest
    assert len(one.events) == 385
    assert one.summary.liquidations == 385
    assert {entry.status for entry in one.ledger} == {"observed", "inferred", "assumed"}


def test_closes_hold_from_the_end_of_their_hour() -> None:
    first, second = CLOSES[0], CLOSES[1]
    assert close_before(CLOSES, first.time - 1) == first.usd
    assert close_before(CLOSES, second.time - 1) == first.usd
    assert close_before(CLOSES, second.time) == second.usd
