"""Where one raw unit, or one tick of the feed, is worth something.

Balances round by a raw unit in each operation (ray arithmetic half up, seizures floored), prices by a tick of the
answer. Neither matters until a unit is worth money: a token of 2 decimals makes every rounding cost a cent, and an
account of a few units cannot be liquidated at all, because half of one unit is none. A tick is 1/answer of the price:
from a basis point on it moves health factors, from the bonus on one tick decides between profit and loss.
Source: WadRayMath.sol, PercentageMath.sol; V3 from 3.3 on refuses reserves of less than 6 decimals
(ReserveConfiguration).
Findings: MEDIUM if a raw unit is worth a dollar or a tick more than the bonus; LOW from a cent or a basis point on.
"""

from collections.abc import Iterator
from fractions import Fraction

from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Terms

NAME = "rounding-edges"
CENT, DOLLAR = Fraction(1, 100), Fraction(1)
SOURCE = "WadRayMath.sol, PercentageMath.sol; audit/rules/rounding_edges.py"


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """Every reserve."""
    if not market.in_usd:
        yield NotChecked(NAME, tuple(terms.asset for terms in market.reserves), "base_usd (worth of a raw unit)")
    for terms in market.reserves:
        if market.in_usd:
            yield from _unit(terms)
        yield from _tick(terms)


def _unit(terms: Terms) -> Iterator[Finding]:
    worth = terms.price / terms.unit
    if worth >= CENT:
        yield Finding(
            NAME, Severity.MEDIUM if worth >= DOLLAR else Severity.LOW, terms.asset,
            (Number("decimals", Fraction(terms.decimals)), Number("worth of a raw unit", worth, "USD")),
            "each rounding costs a raw unit, and debts of one unit cannot be closed by half", SOURCE,
            "a wrapper with more decimals",
        )


def _tick(terms: Terms) -> Iterator[Finding]:
    tick = Fraction(1, terms.answer)
    bonus = Fraction(max(0, terms.bonus - BPS), BPS)
    if tick >= Fraction(1, BPS):
        yield Finding(
            NAME, Severity.MEDIUM if bonus and tick > bonus else Severity.LOW, terms.asset,
            (Number("answer", Fraction(terms.answer)), Number("one tick", tick, "%"), Number("bonus", bonus, "%")),
            "a tick of the feed is as large as what decides whether an account is liquidated", SOURCE,
            "a feed with more decimals",
        )
