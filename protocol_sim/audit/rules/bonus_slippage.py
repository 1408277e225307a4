"""The bonus against slippage: the largest liquidation that pays, settled in the pool of the pair.

Repaying d seizes d · price_d / price_c · (1 + bonus · (1 − protocol fee)) for the liquidator, who sells it. It pays
while out(seized) ≥ d + gas, by exact pool arithmetic. What pays is an interval: below it gas, above it slippage eats
the bonus. A close of an account's debt larger than its upper end waits for the pool to refill, part by part.
Source: arithmetic of `amms`; LiquidationLogic.sol for the seizure.
Findings: HIGH if no size pays, not even in a pool that lags a falling market by its whole fee, which is as far as
arbitrage lets it; MEDIUM if no size pays without such a lag, or if the largest account's close (close factor × debt)
exceeds the largest size that pays.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Mode, Terms
from protocol_sim.audit.venues import LARGEST, largest

NAME = "bonus-slippage"


def payable(market: Market, terms: Terms, mode: Mode, debt: str, lagging: bool = False) -> tuple[int, int]:
    """(raw debt, raw collateral) of the largest liquidation that pays; (0, 0): none does.

    `lagging`: in a pool that has come down with the market and lags it by its fee, as far as arbitrage lets it.
    """
    other = market.of(debt)
    rate = other.price / terms.price * terms.unit / other.unit * mode.paid(terms.fee)
    gas = 0
    if market.gas is not None and market.in_usd:
        gas = -int(-(market.gas / other.price * other.unit) // 1)

    kept = 1 - market.venues.fee(terms.asset, debt)

    def profit(d: int) -> int:
        out = market.venues.sale(terms.asset, debt, d * rate.numerator // rate.denominator)
        return (out * kept.denominator // kept.numerator if lagging else out) - d

    most = largest(profit, gas, LARGEST)
    return most, int(most * rate // 1)


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """Every pair with a pool."""
    without: list[str] = []
    seen: list[str] = []
    for terms, mode in market.modes():
        pairs = [d for d in mode.borrowable if d != terms.asset and market.venues.trades(terms.asset, d)]
        if not pairs and any(d != terms.asset for d in mode.borrowable):
            without.append(market.subject(terms, mode))
        for debt in pairs:
            seen.append(market.subject(terms, mode, debt))
            yield from _pair(market, terms, mode, debt)
    if without:
        yield NotChecked(NAME, tuple(without), "[[pools]] of the collateral and a debt asset")
    if seen and market.gas is None:
        yield NotChecked(NAME, tuple(seen), "gas_usd (examined as if gas were free)")
    if seen and market.accounts is None:
        yield NotChecked(NAME, tuple(seen), "a book of accounts (largest account)")


def _pair(market: Market, terms: Terms, mode: Mode, debt: str) -> Iterator[Finding]:
    other = market.of(debt)
    most, sold = payable(market, terms, mode, debt)
    name, close = _largest_close(market, terms, debt)
    if most >= close and most > 0:
        return
    high = most == 0 and payable(market, terms, mode, debt, lagging=True)[0] == 0
    words = "no liquidation pays: fee, slippage and gas take more than the bonus"
    if not high:
        words += ", unless the pool lags behind a falling market"
    if most:
        words = "the largest account cannot be liquidated at once: each part waits for the pool to refill"
    yield Finding(
        NAME, Severity.HIGH if high else Severity.MEDIUM, market.subject(terms, mode, debt),
        (
            Number("bonus to the liquidator", mode.paid(terms.fee) - 1, "%"),
            Number("largest liquidation that pays", Fraction(most, other.unit), debt),
            Number("sells", Fraction(sold, terms.unit), terms.asset),
            *((Number(f"largest close ({name})", Fraction(close, other.unit), debt),) if name else ()),
        ),
        words,
        "out(seized) ≥ repaid + gas, audit/rules/bonus_slippage.py",
        "a higher bonus, or a listing in pairs with deeper pools",
        cases.unpaid(market, terms, replace(mode, ltv=mode.ltv or mode.threshold), debt) if high else None,
    )


def _largest_close(market: Market, terms: Terms, debt: str) -> tuple[str, int]:
    """Who could be asked for most in this pair, and how much; every account counts as if all were this pair."""
    found = [
        (account.borrowed[debt] * market.close_factor // BPS, account.name)
        for account in market.accounts or () if account.supplied.get(terms.asset) and account.borrowed.get(debt)
    ]
    close, name = max(found, default=(0, ""))
    return name, close
