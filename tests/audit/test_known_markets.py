"""Known-bad markets are found, a sound one gives nothing high, and each counter-example shows what it says.

The expectations were written before the first run: the CRV market by `caps-depth` (nothing bounds the short, the pool
of 16 million CRV cannot give back 91), LT 96 % with 5 % by `solvency-frontier`, the cap of 100 pools by `caps-depth`,
the adapter by `cap-growth`.
"""

from fractions import Fraction
from pathlib import Path

import pytest

import protocol_sim as ps
from protocol_sim.audit import Severity, audit
from protocol_sim.scenario import load_scenario, to_toml

FIXTURES = Path(__file__).parents[2] / "fixtures" / "audit"
BAD = {
    "crv-2022": {("caps-depth", "USDC against CRV")},
    "threshold-above-frontier": {("solvency-frontier", "WETH")},
    "cap-100-times-depth": {("caps-depth", "TKN against USDC")},
    "cap-adapter-low": {("cap-growth", "wstETH against WETH in eMode 1 (ETH correlated)")},
}


@pytest.mark.parametrize("name", BAD)
def test_a_known_bad_market_is_found(name: str) -> None:
    verdict = ps.audit(FIXTURES / f"{name}.toml")
    assert {(f.rule, f.subject) for f in verdict.at_least(Severity.HIGH)} == BAD[name]


def test_a_sound_market_has_nothing_high() -> None:
    verdict = ps.audit(FIXTURES / "sound.toml")
    assert verdict.count(Severity.HIGH) == 0
    assert {(n.rule, n.needs) for n in verdict.not_checked} == {
        ("bonus-slippage", "a book of accounts (largest account)")}


@pytest.mark.parametrize("name", BAD)
def test_counter_examples_load_and_run_to_the_loss_that_they_state(name: str, tmp_path: Path) -> None:
    """Written out, read back and run as a user would: the same digest, the same loss, and it is one."""
    for finding in ps.audit(FIXTURES / f"{name}.toml").at_least(Severity.HIGH):
        assert finding.case is not None
        shown = finding.case.run(finding.id)
        file = tmp_path / f"{finding.id}.toml"
        file.write_text(to_toml(finding.case.scenario(finding.id)), encoding="utf-8")
        run = ps.run(load_scenario(file))
        assert run.digest == shown.digest
        assert getattr(run.summary, finding.case.loss) == shown.loss > 0


def test_the_low_adapter_takes_the_bonus_from_the_borrower() -> None:
    """HF = .95/.93 · .9715 = .9924: half of 930,000 is closed, seized at a price 2.85 % low, with a bonus of 1 %.

    The run's figure is what the liquidator got; the treasury's tenth of the bonus comes on top.
    """
    (finding,) = ps.audit(FIXTURES / "cap-adapter-low.toml").at_least(Severity.HIGH)
    assert finding.case is not None
    repaid = Fraction(930_000, 2)
    expected = repaid * Fraction(101, 100) / Fraction(9_715, 10_000) - repaid
    fee = repaid / 100 / Fraction(9_715, 10_000) / 10
    assert abs(Fraction(finding.case.run().loss, 10**8) - (expected - fee)) < Fraction(1, 100)


def test_a_position_one_step_inside_is_not_lost() -> None:
    """The counter-example shows the rule and nothing else: just inside D* the same scenario has no bad debt."""
    from protocol_sim.audit import cases
    from protocol_sim.audit.rules.gap import survived
    from tests.audit.audit_markets import market

    m = market()
    terms, mode = next(m.modes())
    limit = survived(Fraction(3, 4), Fraction(1, 20), Fraction(75, 70))
    assert cases.gap(m, terms, mode, "USDC", limit - Fraction(1, 10**5)).run().loss == 0
    assert cases.gap(m, terms, mode, "USDC", limit + Fraction(1, 10**5)).run().loss > 0


def test_without_the_pause_nothing_is_lost() -> None:
    """The same slide, the reserve open: liquidators keep up."""
    from dataclasses import replace

    from tests.audit.audit_markets import ask, dollar, market, terms

    (finding,) = ask("locked", market(terms(paused=True), dollar()))
    assert finding.case is not None
    opened = replace(finding.case, collateral=replace(finding.case.collateral, paused=False))
    assert finding.case.run().loss > 0
    assert opened.run().loss == 0


def test_within_what_can_be_unwound_nothing_is_lost() -> None:
    from protocol_sim.audit import cases
    from protocol_sim.audit.rules.caps_depth import losing
    from tests.audit.audit_markets import market, venues

    m = market(venues=venues(20_000))
    terms, mode = next(m.modes())
    first = losing(m, terms, mode, "USDC")
    assert cases.drained(m, terms, mode, "USDC", first * 2, "WETH").run().loss > 0
    assert cases.drained(m, terms, mode, "USDC", first // 4, "WETH").run().loss == 0


def test_the_module_is_the_function() -> None:
    import protocol_sim.audit as package

    assert package(FIXTURES / "sound.toml") == audit(FIXTURES / "sound.toml")  # type: ignore[operator]
