"""Solvency frontier: LT · (1 + bonus) < 1, exactly, by collateral and eMode.

An account becomes liquidatable when debt = LT · collateral. Whoever repays all of it is owed debt · (1 + bonus) worth
of collateral: LT · (1 + bonus) of what there is. Above 1 the last part of the debt has nothing against it however
smoothly the price moved and however fast the liquidator: the first liquidation leaves bad debt. At 1 exactly the
account is empty; the slack 1 − LT · (1 + bonus) is the fall that it survives beyond the threshold.

`PoolConfigurator.sol` (V3) and `LendingPoolConfigurator.sol` (V2) refuse percentMul(LT, bonus) > 100 %, but
percentMul rounds half up: products up to 1.00005 pass. Source: Gatto 2026 (LT · (1 + b) < 1); the contracts named.
Findings: HIGH above 1; MEDIUM from 1 down to a slack of 0 exactly; INFO none.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.case import Case
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Mode, Terms

NAME = "solvency-frontier"
ONE = BPS * BPS


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """One finding a collateral and mode without slack."""
    for terms, mode in market.modes():
        if mode.product < ONE:
            continue
        debt = next((asset for asset in mode.borrowable if asset != terms.asset), "")
        high = mode.product > ONE
        yield Finding(
            NAME, Severity.HIGH if high and debt else Severity.MEDIUM, market.subject(terms, mode),
            (
                Number("liquidation threshold", Fraction(mode.threshold, BPS), "%"),
                Number("bonus", Fraction(mode.bonus - BPS, BPS), "%"),
                Number("threshold × (1 + bonus)", Fraction(mode.product, ONE), "%"),
                Number("slack", Fraction(ONE - mode.product, ONE), "%"),
                Number("bad debt at the first liquidation, of the debt",
                       max(Fraction(0), 1 - Fraction(ONE, mode.product)), "%"),
            ),
            "the liquidation of an account at its threshold owes the liquidator more collateral than there is"
            if high else "the liquidation of an account at its threshold takes everything: nothing absorbs a late one",
            "LT · (1 + bonus) < 1: Gatto 2026; PoolConfigurator.sol checks it rounded half up",
            f"a threshold of at most {(ONE - 1) // mode.bonus} bps with this bonus, less the feeds' band",
            _case(market, terms, mode, debt) if high and debt else None,
        )


def _case(market: Market, terms: Terms, mode: Mode, debt: str) -> Case:
    """Owed at the ltv, then the price falls until debt / collateral is just above the threshold, and no further."""
    share = Fraction(mode.ltv, BPS)
    if mode.ltv == 0 or mode.ltv > mode.threshold:
        share = Fraction(mode.threshold, BPS)
    fall = 1 - share / Fraction(mode.threshold, BPS) * Fraction(999_999, 1_000_000)
    return cases.gap(market, terms, mode, debt, fall, share)
