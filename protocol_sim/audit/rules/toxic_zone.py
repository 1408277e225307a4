"""The toxic zone: from debt/collateral = 1/(1 + bonus) on, each liquidation makes the account worse.

A liquidation takes r · (1 + b) of collateral for r of debt: the ratio B/C falls only if B/C < 1/(1 + b). An account
enters liquidation at B/C = LT, so there is a safe stretch LT … 1/(1 + b), which a fall of w = 1 − LT · (1 + b)
crosses. If the feeds' band or a move of history within the reaction time is wider than w, accounts at their threshold
go straight into the zone, where partial liquidations spiral (239 of 385 events of the CRV cascade of 22 November 2022
were toxic).
Source: Warmuz, Chaudhary, Pinna 2022 (arXiv 2212.07306): toxic iff LTV > 1/(1 + i).
Findings: MEDIUM if the band or history exceeds w, LOW if twice the band does; w ≤ 0 belongs to solvency-frontier.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market

NAME = "toxic-zone"


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """The worst debt asset of each collateral and mode."""
    no_band: list[str] = []
    no_gap: list[str] = []
    for terms, mode in market.modes():
        width = 1 - Fraction(mode.product, BPS * BPS)
        debts = [asset for asset in mode.borrowable if asset != terms.asset]
        if width <= 0 or not debts:
            continue
        bands = [(band, d) for d in debts if (band := market.band(terms.asset, d)) is not None]
        falls = [(fall, d) for d in debts if (fall := market.worst_fall(terms.asset, d)) is not None]
        if len(bands) < len(debts):
            no_band.append(market.subject(terms, mode))
        if len(falls) < len(debts):
            no_gap.append(market.subject(terms, mode))
        band, debt = max(bands, default=(Fraction(0), debts[0]))
        fall, worst = max(falls, default=(Fraction(0), debts[0]))
        if max(2 * band, fall) <= width:
            continue
        medium = max(band, fall) > width
        yield Finding(
            NAME, Severity.MEDIUM if medium else Severity.LOW,
            market.subject(terms, mode, worst if fall > band else debt),
            (
                Number("threshold", Fraction(mode.threshold, BPS), "%"),
                Number("toxic from debt/collateral", Fraction(BPS, mode.bonus), "%"),
                Number("fall from the threshold into it", width, "%"),
                Number("feeds' band", band, "%"),
                Number("worst fall in history", fall, "%"),
            ),
            "an account at its threshold can be in the toxic zone when the first liquidator sees it" if medium
            else "the feeds' bands leave little between the threshold and the toxic zone",
            "toxic iff LTV > 1/(1 + bonus): Warmuz et al. 2022, arXiv 2212.07306",
            f"a threshold of at most {int((1 - max(band, fall)) * BPS * BPS // mode.bonus)} bps with this bonus",
        )
    if no_band:
        yield NotChecked(NAME, tuple(no_band), "[[feeds]] deviation_bps of the collateral and of every debt asset")
    if no_gap:
        yield NotChecked(NAME, tuple(no_gap), "[[gaps]] in USD of each asset, or of each pair, over the feeds' delay")
