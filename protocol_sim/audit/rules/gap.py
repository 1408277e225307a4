"""The gap that an account survives: D* = max(1 − 1/HF0, 1 − (1 + b) · LT / HF0).

An account of health factor HF0 = LT · C / B loses the fraction D of its collateral's worth (in its debt) at once.
Either it is still healthy, HF0 · (1 − D) ≥ 1, so D ≤ 1 − 1/HF0; or it is liquidated and what is left still pays the
bonus, B · (1 + b) ≤ C · (1 − D), so D ≤ 1 − (1 + b) · LT / HF0. It survives up to the larger of the two. Whoever has
just borrowed all that the ltv allows has HF0 = LT / LTV, for whom the second is 1 − (1 + b) · LTV and the larger one
as long as LT · (1 + b) ≤ 1. Beyond D* the bad debt is B − C · (1 − D) / (1 + b), whoever liquidates and however fast.

What must fit below D*: what the two feeds may leave unreported (deviation bands), and the worst move that history
shows over at least the feeds' delay. Published check: LT .95, b 1 %: D* = 7.42 % at HF0 = .95 ·
12/11 = 1.03636, which is leverage 12 (Gatto 2026). eModes are compared with history in `emode_history`.
Findings: HIGH beyond D* (a gap of exactly D* is survived), LOW beyond half of it.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Mode, Terms

NAME = "gap"
SOURCE = "D* = max(1 − 1/HF0, 1 − (1 + b)·LT/HF0): Gatto 2026, derived in audit/rules/gap.py"


def survived(threshold: Fraction, bonus: Fraction, factor: Fraction) -> Fraction:
    """D* of an account of health factor `factor`; `bonus` is 0.05 for 5 %."""
    return max(1 - 1 / factor, 1 - (1 + bonus) * threshold / factor)


def factor_for(threshold: Fraction, bonus: Fraction, fall: Fraction) -> Fraction:
    """The health factor from which on a fall is survived: the inverse of `survived`."""
    return min(1 / (1 - fall), (1 + bonus) * threshold / (1 - fall))


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """The worst debt asset of each collateral, against the band (all modes) and against history (own terms)."""
    unknown_band: list[str] = []
    unknown_gap: list[str] = []
    for terms, mode in market.modes():
        debts = [asset for asset in mode.borrowable if asset != terms.asset]
        if not debts or mode.ltv == 0:
            continue
        bands = [(band, d) for d in debts if (band := market.band(terms.asset, d)) is not None]
        if len(bands) < len(debts):
            unknown_band.append(market.subject(terms, mode))
        if bands:
            yield from _compare(market, terms, mode, *max(bands), len(bands), "the feeds' band")
        if mode.id == 0:
            falls = [(fall, d) for d in debts if (fall := market.worst_fall(terms.asset, d)) is not None]
            if len(falls) < len(debts):
                unknown_gap.append(terms.asset)
            if falls:
                yield from _compare(market, terms, mode, *max(falls), len(falls), "the worst fall in history")
    if unknown_band:
        yield NotChecked(NAME, tuple(unknown_band), "[[feeds]] deviation_bps of the collateral and of every debt asset")
    if unknown_gap:
        yield NotChecked(NAME, tuple(unknown_gap),
                         "[[gaps]] in USD of each asset, or of each pair, over the feeds' delay")


def _compare(
    market: Market, terms: Terms, mode: Mode, fall: Fraction, debt: str, count: int, what: str
) -> Iterator[Finding]:
    limit = survived(Fraction(mode.threshold, BPS), Fraction(mode.bonus - BPS, BPS), Fraction(mode.threshold, mode.ltv))
    if fall * 2 <= limit:
        return
    severity = Severity.HIGH if fall > limit else Severity.LOW
    yield Finding(
        NAME, severity, market.subject(terms, mode, debt),
        (
            Number("health factor after borrowing all", Fraction(mode.threshold, mode.ltv)),
            Number("largest gap survived, D*", limit, "%"),
            Number(what, fall, "%"),
            Number("debt assets examined", Fraction(count)),
        ),
        f"{what} {'exceeds' if severity is Severity.HIGH else 'is more than half of'} the gap that a borrower "
        "of all that the ltv allows survives",
        SOURCE,
        f"an ltv of at most {int((1 - fall) * BPS * BPS // mode.bonus)} bps with this bonus"
        if severity is Severity.HIGH else "a lower ltv, or a feed with a narrower band",
        cases.gap(market, terms, mode, debt, fall) if severity is Severity.HIGH else None,
    )
