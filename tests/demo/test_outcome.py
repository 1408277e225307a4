"""The definitions of bad debt, loss and bonus, on numbers small enough to check by hand."""

from fractions import Fraction

from protocol_sim.demo.outcome import equity, outcome, shortfall, worth_down, worth_up
from protocol_sim.demo.prices import Interval, Regime

NOWHERE = Interval(Fraction(0), Fraction(1))
HALF = Regime(1, 1, NOWHERE, 2, 1, (1, 1))       # a CRV is worth half a USDC
FULL = Regime(2, 1, NOWHERE, 2, 2, (2, 2))       # a CRV is worth a USDC
CRV, USDC = 10**18, 10**6


def test_what_is_owed_is_rounded_up() -> None:
    assert (worth_down(CRV, HALF), worth_up(CRV, HALF)) == (USDC // 2, USDC // 2)
    assert (worth_down(CRV + 1, HALF), worth_up(CRV + 1, HALF)) == (USDC // 2, USDC // 2 + 1)
    assert shortfall(USDC // 2, CRV + 1, HALF) == 1
    assert equity(USDC // 2 + 1, CRV + 1, HALF) == 0


def test_one_of_both_is_nothing() -> None:
    assert (shortfall(3 * USDC, 4 * CRV, HALF), equity(3 * USDC, 4 * CRV, HALF)) == (0, USDC)
    assert (shortfall(3 * USDC, 4 * CRV, FULL), equity(3 * USDC, 4 * CRV, FULL)) == (USDC, 0)


def test_outcome_of_two_calls() -> None:
    """10 USDC against 8 CRV; 2 CRV repaid for 1.1 USDC at a half, then 1 for 1.05 at par: 7.85 USDC against 5 CRV."""
    trades = [(2 * CRV, 1_100_000, HALF), (CRV, 1_050_000, FULL)]
    found = outcome("a", trades, (10 * USDC, 8 * CRV, HALF), (7_850_000, 5 * CRV), (HALF, FULL))
    assert found == ("a", 2, 3 * CRV, 2_150_000, 5 * CRV, 7_850_000, 0, 0, 6 * USDC - 2_850_000, 150_000)


def test_an_insolvent_end() -> None:
    found = outcome("b", [], (10 * USDC, 8 * CRV, HALF), (2 * USDC, 5 * CRV), (FULL, HALF))
    assert (found.shortfall, found.shortfall_high, found.loss) == (500_000, 3 * USDC, 6 * USDC)
