"""An eMode against the worst ratio that its pairs have seen.

An eMode trusts that its assets move together: its ltv and threshold are near 1. If history knows a fall f of the
collateral in the debt asset (a depeg on the market that the feed reads), who borrowed all that the eMode's ltv allows
is liquidated from f > 1 − LTV/LT on and leaves bad debt from f > D* = max(1 − LTV/LT, 1 − (1 + b) · LTV) on (see
`gap`).
Source: as `gap`. Known falls: stETH/ETH 6.5 % on 18 June 2022, USDC/USD 12 % on 11 March 2023 (hourly closes; the
audit file gives the figure that counts).
Findings: HIGH beyond D*, MEDIUM beyond 1 − LTV/LT, LOW beyond half of that.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Mode, Terms
from protocol_sim.audit.rules.gap import survived

NAME = "emode-history"


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """The worst debt asset of each collateral of each eMode."""
    unknown: list[str] = []
    for terms, mode in market.modes():
        debts = [asset for asset in mode.borrowable if asset != terms.asset]
        if not mode.id or not debts or mode.ltv == 0:
            continue
        falls = [(fall, d) for d in debts if (fall := market.worst_fall(terms.asset, d)) is not None]
        if len(falls) < len(debts):
            unknown.append(market.subject(terms, mode))
        if falls:
            yield from _compare(market, terms, mode, *max(falls))
    if unknown:
        yield NotChecked(NAME, tuple(unknown), "[[gaps]] of the eMode's pairs, over the feeds' delay")


def _compare(market: Market, terms: Terms, mode: Mode, fall: Fraction, debt: str) -> Iterator[Finding]:
    factor = Fraction(mode.threshold, mode.ltv)
    limit, distance = survived(Fraction(mode.threshold, BPS), Fraction(mode.bonus - BPS, BPS), factor), 1 - 1 / factor
    if 2 * fall <= distance:
        return
    severity = Severity.HIGH if fall > limit else Severity.MEDIUM if fall > distance else Severity.LOW
    words = {
        Severity.HIGH: "the pair has fallen further than a borrower of all that the eMode allows survives",
        Severity.MEDIUM: "the pair has fallen far enough to liquidate whoever borrowed all that the eMode allows",
        Severity.LOW: "the pair has fallen more than half of what liquidates a borrower of all that the eMode allows",
    }
    yield Finding(
        NAME, severity, market.subject(terms, mode, debt),
        (
            Number("eMode ltv", Fraction(mode.ltv, BPS), "%"),
            Number("eMode threshold", Fraction(mode.threshold, BPS), "%"),
            Number("worst fall of the pair", fall, "%"),
            Number("liquidated beyond", distance, "%"),
            Number("bad debt beyond, D*", limit, "%"),
        ),
        words[severity], "D* = max(1 − LTV/LT, 1 − (1 + b)·LTV), audit/rules/gap.py",
        f"an eMode ltv of at most {int((1 - fall) * BPS * BPS // mode.bonus)} bps",
        cases.gap(market, terms, mode, debt, fall) if severity is Severity.HIGH else None,
    )
