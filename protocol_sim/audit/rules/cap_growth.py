"""A price-cap adapter whose growth lies below the real one.

An adapter of a staking token lets the exchange rate through up to ratio · (1 + growth · (t − since)/year), linear in
time (CAPO: `PriceCapAdapterBase.sol`). Where the real rate is higher, the feed says low = 1 − capped/real too little,
for healthy accounts as for others: who borrowed all that the ltv allows has HF = LT/LTV · (1 − low), and is
liquidated without any move of the market if low > 1 − LTV/LT. The borrowers lose the bonus, the protocol nothing. If
the cap does not bind yet but grows more slowly than the rate, it will after (capped − real)/(real growth − capped
growth).
Source: PriceCapAdapterBase.sol; an adapter 2.85 % low liquidated wstETH loops in an eMode of ltv 93 % and threshold
95 %.
Findings: HIGH if low > 1 − LTV/LT in a mode, MEDIUM if low > 0 or the cap binds within the reaction time, LOW if
later.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.case import Case
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Adapter, Market

NAME = "cap-growth"
YEAR = 365 * 86_400
SOURCE = "ratio · (1 + growth · t): PriceCapAdapterBase.sol; HF = LT/LTV · (1 − low), audit/rules/cap_growth.py"


def capped(adapter: Adapter) -> Fraction:
    """The largest rate that the adapter lets through at `now`."""
    return adapter.ratio * (1 + Fraction(adapter.growth * (adapter.now - adapter.since), BPS * YEAR))


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """Every adapter, and every asset that earns something and has none."""
    known = {adapter.asset for adapter in market.adapters}
    without = sorted({asset for asset, _ in market.yields} - known)
    if without or not market.adapters:
        yield NotChecked(NAME, tuple(without) or (market.name,), "[[adapters]] of staking tokens")
    for adapter in market.adapters:
        cap = capped(adapter)
        low = max(Fraction(0), 1 - cap / adapter.real)
        numbers = (
            Number("largest rate let through", cap),
            Number("real rate", adapter.real),
            Number("feed too low by", low, "%"),
            Number("growth let through, a year", Fraction(adapter.growth, BPS), "%"),
            Number("real growth, a year", Fraction(adapter.real_growth, BPS), "%"),
        )
        if low:
            yield _low(market, adapter, low, numbers)
        else:
            yield from _later(market, adapter, cap, numbers)


def _low(market: Market, adapter: Adapter, low: Fraction, numbers: tuple[Number, ...]) -> Finding:
    hit = [(1 - Fraction(mode.ltv, mode.threshold), terms, mode) for terms, mode in market.modes()
           if terms.asset == adapter.asset and mode.ltv and any(d != terms.asset for d in mode.borrowable)]
    nearest = min(hit, key=lambda row: row[0], default=None)
    if nearest is not None and low > nearest[0]:
        distance, terms, mode = nearest
        debt = next(d for d in mode.borrowable if d != terms.asset)
        return _finding(
            Severity.HIGH, market.subject(terms, mode, debt), (*numbers, Number("1 − ltv/threshold", distance, "%")),
            "borrowers of all that the ltv allows are liquidated though the market has not moved",
            cases.underpriced(market, terms, mode, debt, low),
        )
    return _finding(Severity.MEDIUM, adapter.asset, numbers,
                    "accounts near their threshold are liquidated though the market has not moved", None)


def _later(market: Market, adapter: Adapter, cap: Fraction, numbers: tuple[Number, ...]) -> Iterator[Finding]:
    closing = adapter.real * adapter.real_growth - adapter.ratio * adapter.growth
    if closing <= 0:
        return
    seconds = (cap - adapter.real) * BPS * YEAR / closing
    soon = seconds < market.reaction
    yield _finding(Severity.MEDIUM if soon else Severity.LOW, adapter.asset,
                   (*numbers, Number("binds in", seconds, "s")),
                   "the cap grows more slowly than the rate and will hold the price down", None)


def _finding(
    severity: Severity, subject: str, numbers: tuple[Number, ...], reason: str, case: Case | None
) -> Finding:
    fix = f"a new snapshot of the rate, and a growth limit above {numbers[4].text} a year"
    return Finding(NAME, severity, subject, numbers, reason, SOURCE, fix, case)

