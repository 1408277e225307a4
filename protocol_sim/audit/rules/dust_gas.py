"""Close factor, dust and minimum debt against gas: the smallest debt that anybody liquidates.

At its threshold an account can be closed by the close factor cf (50 % in V2 and in V3 up to 3.2; from 3.3 on all of
it below 2,000 USD, and leftovers must be worth 1,000 USD). The liquidator earns bonus · (1 − protocol fee) of what is
repaid: debts below gas / (bonus · (1 − fee) · cf) pay nobody. Aave has no minimum debt, so they become bad debt in a
fall.
Source: LiquidationLogic.sol and GenericLogic.sol of the versions named; Aave V3.3 notes for 2,000 and 1,000 USD.
Findings: MEDIUM above 2,000 USD, LOW above 100 USD; the collateral with the largest such debt stands for all.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Mode, Terms

NAME = "dust-gas"
SMALL, TINY = 2_000, 100                           # USD
LATER = ("3.3", "3.4", "3.5", "3.6")


def smallest(market: Market, terms: Terms, mode: Mode, gas: Fraction) -> Fraction:
    """USD of the smallest debt whose liquidation at the threshold pays its gas."""
    earned = mode.paid(terms.fee) - 1
    if market.version in LATER and gas / earned <= SMALL:
        return gas / earned
    return gas / earned / Fraction(market.close_factor, BPS)


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """One finding a market."""
    if market.gas is None or not market.in_usd:
        yield NotChecked(NAME, (market.name,), "gas_usd" if market.in_usd else "gas_usd and base_usd")
        return
    found = [(smallest(market, terms, mode, market.gas), terms, mode)
             for terms, mode in market.modes() if mode.paid(terms.fee) > 1]
    over = [row for row in found if row[0] > TINY]
    if not over:
        return
    least, terms, mode = max(over, key=lambda row: row[0])
    yield Finding(
        NAME, Severity.MEDIUM if least > SMALL else Severity.LOW, market.subject(terms, mode),
        (
            Number("gas of a liquidation", market.gas, "USD"),
            Number("earned on what is repaid", mode.paid(terms.fee) - 1, "%"),
            Number("close factor", Fraction(market.close_factor, BPS), "%"),
            Number("debts below this pay nobody", least, "USD"),
            Number("collaterals above 100 USD", Fraction(len(over))),
        ),
        "nobody liquidates small debts, and nothing forbids to make them",
        "bonus · (1 − fee) · cf · debt ≥ gas, audit/rules/dust_gas.py",
        f"a minimum debt of {int(least) + 1} USD, or a close factor of 100 % for small ones (V3.3)",
    )
