"""Arbitrage of a constant-product pool against an outside price: the trade, and the band in which there is none.

Outside values are given as `worth0`, `worth1`: the value of one raw unit of each token on one scale, below 2**128 (a
price times the other token's unit, say); worth0 / worth1 is the price of token0 in token1.

The trade maximises `amount_out * worth_out - amount_in * worth_in`. In real numbers that is concave with a closed form;
of the integers around it those decide whose rounding costs less: whole inputs where a raw unit of output is the cheaper
one, else whole outputs; and the input is the least that buys its output. Rounding makes the integer profit a saw: what
is found misses the very best integer trade by less than the worth of the cheaper raw unit. (Beside the real optimum,
rounding costs less than one unit of output when inputs are whole, less than one unit of input when outputs are whole;
and no integer trade gains more than those, unrounded.)
"""

from typing import NamedTuple

from protocol_sim.amms.constant_product import Pool, amount_out
from protocol_sim.numeric import (
    MAX_UINT112,
    MAX_UINT256,
    ZERO,
    as_float,
    isqrt,
    mul_div_down,
    mul_div_up,
    mul_lt,
    narrow,
    rule,
)

NONE, ZERO_FOR_ONE, ONE_FOR_ZERO = 0, 1, 2  # which token goes in
PRICE = 100_000_000  # prices have 8 decimals
BEYOND = 2.0**255
WIDEST = 2**62 - 2  # the highest edge that a machine integer holds; a low edge beyond it leaves every price outside


class Trade(NamedTuple):
    """`amount_in`, `amount_out` raw; `profit` on the scale of the worths."""

    side: int
    amount_in: int
    amount_out: int
    profit: int


class Side(NamedTuple):
    """The pool seen from the token that goes in: raw reserves, fee num / den, worths, raw input that 112 bits allow."""

    reserve_in: int
    reserve_out: int
    num: int
    den: int
    worth_in: int
    worth_out: int
    room: int


class Band(NamedTuple):
    """Prices of a whole token0 in whole token1, 8 decimals: no trade gains anything for low <= price <= high."""

    low: int
    high: int


@rule
def least_in(y: int, reserve_in: int, reserve_out: int, fee_numerator: int, fee_denominator: int) -> int:
    """Least raw input for which the pair gives y out, 0 < y < reserve_out (the router may ask one more)."""
    return mul_div_up(reserve_in * fee_denominator, y, (reserve_out - y) * fee_numerator)


@rule
def root_in(reserve_in: int, reserve_out: int, num: int, den: int, worth_in: int, worth_out: int) -> int:
    """Floor of sqrt(num * den * reserve_in * floor(reserve_out * worth_out / worth_in)); from 2**127 on, which is more
    than any pool has room for, anything up to 2**128 - 1 stands for it (the float only keeps the product in 256 bits).
    """
    if worth_in == 0:
        return isqrt(MAX_UINT256)
    scaled, worth = reserve_in * (num * den), mul_div_down(reserve_out, worth_out, worth_in)
    if as_float(scaled) * as_float(worth) > BEYOND:
        return isqrt(MAX_UINT256)
    return isqrt(scaled * worth)


@rule
def trade_for(which: int, y: int, known: int, side: Side) -> Trade:
    """The cheapest trade that gives at least y out, 0 < y < reserve_out; none if the pool has no room for it. `known`
    1: some input gives just y, and so does the cheapest."""
    x = least_in(y, side.reserve_in, side.reserve_out, side.num, side.den)
    if x > side.room:
        return Trade(which, ZERO, ZERO, ZERO)
    out = y
    if not known:
        out = amount_out(x, side.reserve_in, side.reserve_out, side.num, side.den)
    paid, got = x * side.worth_in, out * side.worth_out
    return Trade(which, x, out, got - paid if got > paid else ZERO)


@rule
def best_in(root: int, side: Side) -> int:
    """Output of whichever whole input beside the real optimum gains more."""
    base = side.reserve_in * side.den
    x: int = ZERO
    if root > base:
        x = min((root - base) // side.num, side.room)
    low: int = ZERO
    if x > 0:
        low = amount_out(x, side.reserve_in, side.reserve_out, side.num, side.den)
    high = amount_out(x + 1, side.reserve_in, side.reserve_out, side.num, side.den)
    return high if (high - low) * side.worth_out > side.worth_in and x < side.room else low


@rule
def best_out(root: int, side: Side) -> int:
    """Whichever whole output beside the real optimum gains more."""
    stays = mul_div_down(side.reserve_in * side.den, side.reserve_out, max(root, ZERO + 1))  # the rest is taken out
    if stays >= side.reserve_out:
        return ZERO
    y = side.reserve_out - stays
    if y >= side.reserve_out:
        return side.reserve_out - 1
    if y == 1:
        return y
    more = least_in(y, side.reserve_in, side.reserve_out, side.num, side.den)
    less = least_in(y - 1, side.reserve_in, side.reserve_out, side.num, side.den)
    return y if more <= side.room and (more - less) * side.worth_in < side.worth_out else y - 1


@rule
def best_trade(which: int, side: Side) -> Trade:
    """The best trade on a side that is known to have a positive marginal gain at zero: of the whole inputs beside the
    real optimum where output is the cheaper unit, else of the whole outputs."""
    root = root_in(side.reserve_in, side.reserve_out, side.num, side.den, side.worth_in, side.worth_out)
    whole_inputs = 1 if side.worth_out <= side.worth_in else 0
    y = best_in(root, side) if whole_inputs else best_out(root, side)
    if y == 0:
        return Trade(which, ZERO, ZERO, ZERO)
    return trade_for(which, y, whole_inputs, side)


@rule
def arbitrage(pool: Pool, worth0: int, worth1: int) -> Trade:
    """The most profitable trade against the outside price, `side` NONE if no trade gains; `swap_in` executes it."""
    none = Trade(NONE, ZERO, ZERO, ZERO)
    if pool.reserve0 == 0 or pool.reserve1 == 0:
        return none
    num, den = pool.fee_numerator, pool.fee_denominator
    value0, value1 = pool.reserve0 * worth0, pool.reserve1 * worth1
    if value1 * num > value0 * den:
        room = MAX_UINT112 - min(pool.balance0, MAX_UINT112)
        best = best_trade(ZERO_FOR_ONE, Side(pool.reserve0, pool.reserve1, num, den, worth0, worth1, room))
    elif value0 * num > value1 * den:
        room = MAX_UINT112 - min(pool.balance1, MAX_UINT112)
        best = best_trade(ONE_FOR_ZERO, Side(pool.reserve1, pool.reserve0, num, den, worth1, worth0, room))
    else:
        return none
    return best if best.profit > 0 else none


@rule
def band(pool: Pool, unit0: int, unit1: int) -> Band:
    """Prices at which arbitrage gains nothing; units are 10**decimals.

    Conservative: inside, no integer trade gains; just outside, rounding may eat the gain and `arbitrage` says NONE.
    Prices and edges beyond 2**62 - 2 count as outside; an empty pool's band holds all others.
    """
    if pool.reserve0 == 0 or pool.reserve1 == 0:
        return Band(0, WIDEST)
    num, den = pool.fee_numerator, pool.fee_denominator
    value, per = pool.reserve1 * unit0 * PRICE, pool.reserve0 * unit1
    low = mul_div_up(value, num, per * den)
    high = mul_div_down(value, den, per * num)
    return Band(narrow(min(low, WIDEST + 1)), narrow(min(high, WIDEST)))


@rule
def outside(edges: Band, price0: int, price1: int) -> bool:
    """Whether the price of token0 in token1, both given with 8 decimals in a third currency, leaves the band."""
    return mul_lt(price0, PRICE, edges.low, price1) or mul_lt(edges.high, price1, price0, PRICE)
