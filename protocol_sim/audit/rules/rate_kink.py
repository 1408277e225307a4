"""Rates at and after the kink against what a looped collateral earns.

A loop of leverage 1/(1 − LTV) in an asset that earns y a year against a debt at r earns (y − r · LTV)/(1 − LTV) of
its equity: it loses money once r > y/LTV. And its health factor falls: collateral grows by 1 + y·t, debt by 1 + r·t,
so a borrower of all that the ltv allows is liquidatable after t = (HF0 − 1)/(r − y · HF0), HF0 = LT/LTV (simple
interest; Aave compounds the debt, so it is sooner, never later). No price needs to move: the curve's part above the
kink is enough, and everybody who loops the same pair arrives together.
Source: DefaultReserveInterestRateStrategy.sol; audit/rules/rate_kink.py.
Findings: HIGH if t at full utilisation is less than governance needs to react, MEDIUM if less than four times that,
LOW if the loop loses money at the kink itself.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, RAY, Market, Mode, Terms

NAME = "rate-kink"
YEAR = 365 * 86_400


def time_to_liquidation(factor: Fraction, rate: Fraction, earned: Fraction) -> Fraction | None:
    """Seconds until a health factor reaches 1 at these yearly rates; None: never."""
    speed = rate - earned * factor
    return (factor - 1) / speed * YEAR if speed > 0 else None


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """Every pair that is looped."""
    if not market.yields:
        yield NotChecked(NAME, (market.name,), "[[yields]] of the pairs that are looped")
    unknown: list[str] = []
    for terms, mode in market.modes():
        for debt in mode.borrowable if mode.ltv else ():
            if (terms.asset, debt) not in market.yields:
                continue
            if market.of(debt).rates is None:
                unknown.append(debt)
            else:
                yield from _pair(market, terms, mode, debt)
    if unknown:
        yield NotChecked(NAME, tuple(dict.fromkeys(unknown)), "the debt asset's rate strategy")


def _pair(market: Market, terms: Terms, mode: Mode, debt: str) -> Iterator[Finding]:
    rates, ltv = market.of(debt).rates, Fraction(mode.ltv, BPS)
    assert rates is not None
    earned, factor = Fraction(market.yields[terms.asset, debt], BPS), Fraction(mode.threshold, mode.ltv)
    at_kink, at_full = Fraction(rates.at_kink, RAY), Fraction(rates.at_full, RAY)
    time = time_to_liquidation(factor, at_full, earned)
    if time is not None and time < market.reaction:
        severity, reason = Severity.HIGH, "at full utilisation loops are liquidated before governance can act"
    elif time is not None and time < 4 * market.reaction:
        severity, reason = Severity.MEDIUM, "at full utilisation loops are liquidated within weeks, no price moving"
    elif at_kink * ltv > earned:
        severity, reason = Severity.LOW, "loops lose money at the optimal utilisation already"
    else:
        return
    numbers = [
        Number("earned a year", earned, "%"),
        Number("borrow rate at the kink", at_kink, "%"),
        Number("borrow rate at full utilisation", at_full, "%"),
        Number("leverage", 1 / (1 - ltv), "x"),
        Number("loop earns at the kink, of its equity", (earned - at_kink * ltv) / (1 - ltv), "%"),
    ]
    if time is not None:
        numbers.append(Number("liquidatable after, at full utilisation", time, "s"))
    days = int((time or 0) // 86_400) + 2
    yield Finding(
        NAME, severity, market.subject(terms, mode, debt), tuple(numbers), reason,
        "t = (HF0 − 1)/(r − y · HF0), audit/rules/rate_kink.py",
        "a flatter curve above the kink for the debt asset, or a wider distance from ltv to threshold",
        cases.interest(market, terms, mode, debt, market.yields[terms.asset, debt], days)
        if severity is Severity.HIGH else None,
    )
