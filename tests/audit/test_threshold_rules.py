"""Rules on thresholds, gaps and feeds: a failing and a passing case each, and the boundary one unit either side."""

from fractions import Fraction

import pytest

from protocol_sim.audit.market import Gap
from protocol_sim.audit.rules.gap import factor_for, survived
from tests.audit.audit_markets import ask, dollar, emode, feeds, fell, lacks, market, severities, terms


# ---- solvency-frontier -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("threshold", "bonus", "expected"), [
    (8_000, 12_499, []),                 # .8 · 1.2499 = .99992
    (8_000, 12_500, ["medium"]),         # exactly 1
    (8_000, 12_501, ["high"]),           # 1.00008
    (9_523, 10_500, []),
    (9_524, 10_500, ["high"]),           # 1.00002: the contracts round it down to 100 % and take it
    (9_600, 10_500, ["high"]),           # they refuse this one
])
def test_solvency_frontier(threshold: int, bonus: int, expected: list[str]) -> None:
    m = market(terms(threshold=threshold, bonus=bonus), dollar())
    assert severities("solvency-frontier", m) == expected


def test_what_is_lost_at_the_frontier_is_what_the_run_loses() -> None:
    """LT .96 and 5 %: 1 − 1/1.008 of the debt, 90 % of a million."""
    (finding,) = ask("solvency-frontier", market(terms(ltv=9_000, threshold=9_600), dollar()))
    assert finding.case is not None
    share = next(n.value for n in finding.numbers if n.name.startswith("bad debt"))
    assert share == 1 - Fraction(1000, 1008)
    assert abs(finding.case.run().loss - share * 900_000 * 10**8) < 2 * 10**8


def test_the_frontier_of_an_emode_is_its_own() -> None:
    m = market(terms(), dollar(), emodes=emode(9_000, 9_901, 10_100))
    (finding,) = ask("solvency-frontier", m)
    assert finding.subject == "WETH in eMode 1 (pair)"


# ---- gap -------------------------------------------------------------------------------------------------------------
def test_the_published_gap() -> None:
    """LT .95, b 1 %: D* = 7.42 % belongs to a health factor of 1.0364, which is leverage 12: LTV = 11/12."""
    threshold, bonus = Fraction(95, 100), Fraction(1, 100)
    at_twelve = threshold * 12 / 11
    assert survived(threshold, bonus, at_twelve) == 1 - Fraction(101, 100) * Fraction(11, 12)
    assert round(float(survived(threshold, bonus, at_twelve)) * 100, 2) == 7.42
    low, high = (factor_for(threshold, bonus, Fraction(d, 100_000)) for d in (7_415, 7_425))
    assert low < at_twelve < high
    assert round(float(factor_for(threshold, bonus, Fraction(742, 10_000))), 4) == 1.0364


@pytest.mark.parametrize(("threshold", "bonus", "factor"), [(.95, .01, 1.02), (.8, .05, 1.3), (.9, .2, 1.01)])
def test_the_gap_by_its_definition(threshold: float, bonus: float, factor: float) -> None:
    """Just inside: healthy, or the collateral still pays the bonus; just outside: neither."""
    t, b, f = (Fraction(x).limit_denominator(10**4) for x in (threshold, bonus, factor))
    limit, debt = survived(t, b, f), t / f                    # of a collateral of 1

    def holds(fall: Fraction) -> bool:
        return f * (1 - fall) >= 1 or debt * (1 + b) <= 1 - fall

    assert holds(limit)
    assert not holds(limit + Fraction(1, 10**9))


@pytest.mark.parametrize(("fall", "expected"), [
    (1_325, []), (1_326, ["low"]),       # D* = 1 − 1.05 · .7 = 26.5 %; half of it is 13.25 %
    (2_650, ["low"]), (2_651, ["high"]),
])
def test_gap_against_history(fall: int, expected: list[str]) -> None:
    m = market(feeds=feeds(0), gaps=fell(fall))
    assert severities("gap", m) == expected


@pytest.mark.parametrize(("band", "expected"), [(1_325, []), (1_326, ["low"]), (2_650, ["low"]), (2_651, ["high"])])
def test_gap_against_the_band(band: int, expected: list[str]) -> None:
    m = market(feeds=feeds(band), gaps=fell(0))
    assert severities("gap", m) == expected


def test_the_bad_debt_of_a_gap_is_the_closed_form() -> None:
    """B − C · (1 − D)/(1 + b): 700,000 − 700,000/1.05 for a fall of 30 %."""
    (finding,) = ask("gap", market(gaps=fell(3_000)))
    assert finding.case is not None
    assert abs(finding.case.run().loss - (700_000 * 10**8 - 700_000 * 10**8 * 100 // 105)) < 10**8


def test_a_pair_without_history_of_its_own_is_put_together_from_dollars() -> None:
    m = market(gaps=(Gap("WETH", "USD", 2_000, 0, 60), Gap("USDC", "USD", 0, 2_500, 60)))
    assert m.worst_fall("WETH", "USDC") == 1 - Fraction(80, 125)
    assert market(gaps=fell(2_000)[:0]).worst_fall("WETH", "USDC") is None


def test_a_move_over_less_than_the_feeds_delay_says_nothing() -> None:
    """The delay is 24 s."""
    for window, known in ((24, True), (23, False)):
        gaps = (Gap("WETH", "USDC", 3_000, 0, window),)
        m = market(feeds=feeds(50), gaps=gaps)
        assert (m.worst_fall("WETH", "USDC") is not None) == known
        assert severities("gap", m) == (["high"] if known else [])
        assert bool(lacks("gap", m)) != known


def test_gap_says_what_it_lacks() -> None:
    assert len(lacks("gap", market())) == 2
    assert not lacks("gap", market(feeds=feeds(50), gaps=fell(10)))


# ---- borrow-band -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("ltv", "band", "expected"), [
    (7_125, 250, []), (7_125, 251, ["low"]),                # distance 1 − .7125/.75 = 5 %
    (7_125, 500, ["low"]), (7_125, 501, ["medium"]),
    (7_500, 0, ["medium"]), (7_499, 0, []),                 # ltv = threshold: one block of interest
])
def test_borrow_band(ltv: int, band: int, expected: list[str]) -> None:
    assert severities("borrow-band", market(terms(ltv=ltv), dollar(), feeds=feeds(band))) == expected


def test_the_band_of_a_pair_counts_both_feeds() -> None:
    assert market(feeds=feeds(100, 25)).band("WETH", "USDC") == 1 - Fraction(9_900, 10_025)


def test_borrow_band_says_what_it_lacks() -> None:
    assert lacks("borrow-band", market())
    assert not lacks("borrow-band", market(feeds=feeds(1)))


# ---- toxic-zone ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("band", "fall", "expected"), [
    (500, 0, []), (501, 0, ["low"]),                        # width 1 − .9 · 1 = 10 % (bonus of 0 for round numbers)
    (1_000, 0, ["low"]), (1_001, 0, ["medium"]),
    (0, 1_000, []), (0, 1_001, ["medium"]),
])
def test_toxic_zone(band: int, fall: int, expected: list[str]) -> None:
    m = market(terms(threshold=9_000, bonus=10_000), dollar(), feeds=feeds(band), gaps=fell(fall))
    assert severities("toxic-zone", m) == expected


def test_a_zone_without_width_is_the_frontier_s_matter() -> None:
    assert severities("toxic-zone", market(terms(threshold=8_000, bonus=12_500), dollar(), feeds=feeds(100))) == []


def test_toxic_zone_says_what_it_lacks() -> None:
    assert len(lacks("toxic-zone", market())) == 2
    assert not lacks("toxic-zone", market(feeds=feeds(1), gaps=fell(1)))


# ---- emode-history ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("fall", "expected"), [
    (200, []), (201, ["low"]), (400, ["low"]), (401, ["medium"]),      # ltv .90, LT .9375: distance 4 %
    (910, ["medium"]), (911, ["high"]),                                # D* = 1 − 1.01 · .90 = 9.1 %
])
def test_emode_history(fall: int, expected: list[str]) -> None:
    m = market(terms(), dollar(), emodes=emode(9_000, 9_375, 10_100), gaps=fell(fall))
    assert severities("emode-history", m) == expected


def test_emode_history_says_what_it_lacks() -> None:
    assert lacks("emode-history", market(emodes=emode()))
    assert not lacks("emode-history", market())
    assert not lacks("emode-history", market(emodes=emode(), gaps=fell(1)))


# ---- staleness, sequencer --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("age", "expected"), [
    (3_623, ["medium"]), (3_624, []),                       # heartbeat + delay
    (7_248, []), (7_249, ["low"]), (0, ["low"]),
])
def test_staleness(age: int, expected: list[str]) -> None:
    m = market(feeds={"WETH": feeds(50, max_age=age)["WETH"], "USDC": feeds(50)["USDC"]})
    assert severities("staleness", m) == expected


def test_staleness_says_what_it_lacks() -> None:
    assert lacks("staleness", market())[0].subjects == ("WETH", "USDC")


@pytest.mark.parametrize(("chain", "sentinel", "expected", "unknown"), [
    (42_161, False, ["medium"], 0), (42_161, True, [], 0), (1, False, [], 0), (42_161, None, [], 1),
    (None, None, [], 1), (42_160, False, [], 0),
])
def test_sequencer(chain: int | None, sentinel: bool | None, expected: list[str], unknown: int) -> None:
    m = market(chain=chain, sentinel=sentinel)
    assert severities("sequencer", m) == expected
    assert len(lacks("sequencer", m)) == unknown
