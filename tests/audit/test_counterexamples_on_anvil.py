"""Counter-examples on the real contracts: the loss that the scenario states, to the raw unit."""

from fractions import Fraction
from pathlib import Path

import pytest

from protocol_sim.audit import Finding, Severity, audit
from protocol_sim.audit.market import Rates
from protocol_sim.engine import run
from protocol_sim.fork import counterexample
from protocol_sim.fork.counterexample import Played, play, render
from tests.audit.audit_markets import RAY, ask, dollar, emode, fell, market, terms, venues

pytestmark = pytest.mark.anvil
FIXTURES = Path(__file__).parents[2] / "fixtures" / "audit"


def on_contracts(finding: Finding) -> Played:
    assert finding.case is not None
    played = play(finding.id, finding.case, finding.case.run(finding.id))
    assert played.ok, render(played)
    return played


@pytest.mark.parametrize("name", ["crv-2022", "threshold-above-frontier", "cap-100-times-depth", "cap-adapter-low"])
def test_known_bad_markets(name: str) -> None:
    for finding in audit(FIXTURES / f"{name}.toml").at_least(Severity.HIGH):
        played = on_contracts(finding)
        assert played.liquidations > 0
        assert played.trades == (played.liquidations if finding.rule == "caps-depth" else 0)


def test_another_fee_than_the_contract_s_is_said_to_be_left_out() -> None:
    (finding,) = ask("caps-depth", market(terms(supply_cap=20_000), dollar(), venues=venues(20_000, 100)))
    played = on_contracts(finding)
    assert (played.trades, played.standing_in) == (0, "its pool is not deployed")


@pytest.mark.parametrize("kind", ["aave-v2", "aave-v3"])
def test_a_gap(kind: str) -> None:
    (finding,) = ask("gap", market(kind=kind, gaps=fell(3_000)))
    played = on_contracts(finding)
    assert played.debt > 0
    assert played.collateral <= 1                  # all of it is taken; V2 may leave a raw unit


def test_a_gap_in_an_emode() -> None:
    (finding,) = ask("emode-history", market(gaps=fell(1_500), emodes=emode()))
    assert on_contracts(finding).liquidations > 0


def test_a_paused_collateral_refuses_its_liquidation() -> None:
    (finding,) = ask("locked", market(terms(paused=True), dollar()))
    played = on_contracts(finding)
    assert (played.liquidations, played.refused) == (0, "29")          # Errors.sol: RESERVE_PAUSED


@pytest.mark.parametrize("kind", ["aave-v2", "aave-v3"])
def test_interest_alone(kind: str) -> None:
    steep = Rates(RAY * 9 // 10, 0, 0, 6 * RAY)
    (finding,) = ask("rate-kink", market(terms(), dollar(rates=steep), kind=kind, yields={("WETH", "USDC"): 300}))
    assert on_contracts(finding).liquidations > 0


def test_gas_above_what_any_sale_earns() -> None:
    (finding,) = ask("bonus-slippage", market(venues=venues(20_000), gas=Fraction(30_000)))
    assert on_contracts(finding).liquidations == 0


def test_decimals_that_the_node_does_not_have_are_stood_in_for() -> None:
    (finding,) = ask("gap", market(terms(decimals=6), dollar(), gaps=fell(3_000)))
    assert "18 decimals" in on_contracts(finding).standing_in


def test_a_difference_of_one_raw_unit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge can say no: the run starts with one raw unit of debt more than the contracts lend."""
    (finding,) = ask("gap", market(gaps=fell(3_000)))
    assert finding.case is not None
    more = {"accounts.borrower.borrowed.USDC": str(finding.case.borrowed + 1)}
    monkeypatch.setattr(counterexample, "run", lambda scenario: run(scenario.changed(more)))
    played = play(finding.id, finding.case, finding.case.run(finding.id))
    assert not played.ok
    assert "debt at the end" in render(played)
