"""Borrow and be liquidatable at once: the distance from the ltv to the threshold against the feeds' band.

Whoever borrows all that the ltv allows, at answers that the market has already left by just under the deviation band,
has HF = LT / LTV · (1 − band) when the next report lands, band = 1 − (1 − dc) / (1 + dd) for collateral feed and debt
feed. Below 1 the account is liquidatable without any market move after the loan: the borrower pays the bonus for the
feed's silence. With ltv = LT one block of interest does it, whatever the feed.
Source: AaveOracle.sol (no freshness check), Chainlink's deviation rule as in `oracles.feed`.
Findings: MEDIUM if the band exceeds the distance 1 − LTV/LT, LOW if twice the band does.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import Market

NAME = "borrow-band"


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """The worst debt asset of each collateral and mode."""
    unknown: list[str] = []
    for terms, mode in market.modes():
        debts = [asset for asset in mode.borrowable if asset != terms.asset]
        if not debts or mode.ltv == 0:
            continue
        distance = 1 - Fraction(mode.ltv, mode.threshold)
        bands = [(band, d) for d in debts if (band := market.band(terms.asset, d)) is not None]
        if len(bands) < len(debts):
            unknown.append(market.subject(terms, mode))
        band, debt = max(bands, default=(Fraction(0), debts[0]))
        if distance > 0 and 2 * band <= distance:
            continue
        medium = band > distance or distance <= 0
        yield Finding(
            NAME, Severity.MEDIUM if medium else Severity.LOW, market.subject(terms, mode, debt),
            (
                Number("ltv", Fraction(mode.ltv, 10_000), "%"),
                Number("liquidation threshold", Fraction(mode.threshold, 10_000), "%"),
                Number("distance, 1 − ltv/threshold", distance, "%"),
                Number("feeds' band", band, "%"),
            ),
            "a loan of all that the ltv allows can be liquidatable at the next report" if medium
            else "two reports at the edge of their bands make a fresh loan liquidatable",
            "HF = LT/LTV · (1 − band), audit/rules/borrow_band.py",
            f"an ltv of at most {int(mode.threshold * (1 - 2 * band) // 1)} bps (twice the band below the threshold)",
        )
    if unknown:
        yield NotChecked(NAME, tuple(unknown), "[[feeds]] deviation_bps of the collateral and of every debt asset")
