"""How much to liquidate when the seizure meets a constant-product pool of collateral against debt.

Repaying d raw debt seizes floor(d * num / den) raw collateral: num / den carries prices, units and the bonus, e.g.
num = price_debt * unit_collateral * (10_000 + bonus), den = price_collateral * unit_debt * 10_000, each below 2**128.
Two ways to settle, each with its own currency of profit:
- `optimal_sale`: the debt is paid in kind and everything seized is sold: out(seized) - d - gas, raw debt.
- `optimal_purchase`: the debt is bought with the collateral: seized - in(d) - gas, raw collateral.
Both are concave in real numbers; the closed form proposes, integers around it decide, never above `maximum` (close
factor, balance). What is found misses the best integer size by less than two raw units of the currency of profit. A
protocol that rounds the seizure otherwise (half up, say) differs by a raw unit: plan the chosen size with its own rule.
"""

from typing import NamedTuple

from protocol_sim.amms.arbitrage import root_in
from protocol_sim.amms.constant_product import amount_in, amount_out
from protocol_sim.numeric import ZERO, isqrt, mul_div_512_down, mul_div_down, mul_div_up, rule


class Size(NamedTuple):
    """Raw debt repaid, raw collateral seized, profit after gas; all 0: nothing pays."""

    repaid: int
    seized: int
    profit: int


class Venue(NamedTuple):
    """The pool as a liquidator uses it: collateral goes in, debt comes out; raw reserves, fee as a fraction."""

    reserve_in: int
    reserve_out: int
    fee_numerator: int
    fee_denominator: int


@rule
def sale_profit(best: Size, venue: Venue, num: int, den: int, d: int, gas: int) -> Size:
    """`best`, or paying d in kind and selling what it seizes."""
    seized = mul_div_down(d, num, den)
    if d == 0 or seized == 0:
        return best
    got = amount_out(seized, venue.reserve_in, venue.reserve_out, venue.fee_numerator, venue.fee_denominator)
    if got <= d + gas or got - d - gas <= best.profit:
        return best
    return Size(d, seized, got - d - gas)


@rule
def optimal_sale(venue: Venue, num: int, den: int, maximum: int, gas: int) -> Size:
    """Debt to repay in kind so that selling the seizure brings most; `maximum` and `gas` in raw debt."""
    best = Size(ZERO, ZERO, ZERO)
    if venue.reserve_in == 0 or venue.reserve_out == 0 or num == 0:
        return best
    base = venue.reserve_in * venue.fee_denominator
    root = root_in(venue.reserve_in, venue.reserve_out, venue.fee_numerator, venue.fee_denominator, den, num)
    if root < base:
        return best
    most = mul_div_down(maximum, num, den)
    x = min((root - base) // venue.fee_numerator, most)
    best = sale_profit(best, venue, num, den, mul_div_down(x, den, num), gas)
    best = sale_profit(best, venue, num, den, mul_div_up(x, den, num), gas)
    if x < most:
        best = sale_profit(best, venue, num, den, mul_div_up(x + 1, den, num), gas)
    return best


@rule
def purchase_profit(best: Size, venue: Venue, num: int, den: int, d: int, gas: int) -> Size:
    """`best`, or buying d with part of what it seizes."""
    seized = mul_div_down(d, num, den)
    if d == 0 or seized == 0 or d >= venue.reserve_out:
        return best
    cost = gas + amount_in(d, venue.reserve_in, venue.reserve_out, venue.fee_numerator, venue.fee_denominator)
    if seized <= cost or seized - cost <= best.profit:
        return best
    return Size(d, seized, seized - cost)


@rule
def optimal_purchase(venue: Venue, num: int, den: int, maximum: int, gas: int) -> Size:
    """Debt to repay, bought with the seizure, so that most is left; `maximum` raw debt, `gas` raw collateral."""
    best = Size(ZERO, ZERO, ZERO)
    if venue.reserve_in == 0 or venue.reserve_out == 0 or num == 0:
        return best
    base = venue.reserve_in * venue.fee_denominator
    if venue.reserve_out * venue.fee_numerator * num <= base * den:
        return best
    stays = isqrt(mul_div_512_down(base * venue.reserve_out, den, num * venue.fee_numerator))
    d = min(venue.reserve_out - stays, maximum)
    seized = mul_div_down(d, num, den)
    best = purchase_profit(best, venue, num, den, d, gas)
    if d > 0:
        best = purchase_profit(best, venue, num, den, d - 1, gas)
    best = purchase_profit(best, venue, num, den, mul_div_up(seized, den, num), gas)  # the least that seizes as much
    above = mul_div_up(seized + 1, den, num)
    if above <= maximum:
        best = purchase_profit(best, venue, num, den, above, gas)
    return best
