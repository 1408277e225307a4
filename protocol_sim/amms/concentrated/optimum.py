"""Optima in integers across ticks: arbitrage against an outside price, its band, and how much to liquidate and sell.

Worths are the value of one raw unit of each token on one scale, below 2**128, as in `amms.arbitrage`. In real numbers
the best trade ends where the marginal price, fee included, meets the worths: a price known beforehand, so whole
stretches are walked until it lies in the one ahead. There the closed form gives input and output; integers around both
decide. Rounding makes the integer profit a saw: what is found misses the best integer trade by less than what one raw
unit of each token is worth together (tested against every input on small pools).
"""

from typing import NamedTuple

from protocol_sim.amms.arbitrage import NONE, ONE_FOR_ZERO, PRICE, WIDEST, ZERO_FOR_ONE, Band, Trade
from protocol_sim.amms.concentrated.pool import edge_limit, quote
from protocol_sim.amms.concentrated.sqrt_price import price_after_0_out, price_after_1_out
from protocol_sim.amms.concentrated.state import OK, PIPS, Pool, Pools
from protocol_sim.amms.concentrated.swap_step import in_up, out_down, step_in
from protocol_sim.amms.concentrated.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO
from protocol_sim.amms.concentrated.walk import Place, next_stop, passed, place_of
from protocol_sim.amms.sizing import Size
from protocol_sim.numeric import (
    ZERO,
    fits,
    isqrt,
    mul_div_512_down,
    mul_div_512_up,
    mul_div_down,
    mul_div_up,
    narrow,
    rule,
)
from protocol_sim.numeric.fixed_point import Wide

Q128, Q192 = Wide(1 << 128), Wide(1 << 192)
Q32, Q64 = Wide(1 << 32), Wide(1 << 64)


class Stretch(NamedTuple):
    """The last stretch of a trade: where it begins and ends, and the raw amounts moved before it."""

    place: Place
    end: int          # price (Q64.96): that of the next stop or the target
    amount_in: int
    amount_out: int


class Approach(NamedTuple):
    """The stretch that holds the target price; the best of the stops before it, and the stretch that ends there.

    An earlier stop can win although the price would still allow more: every stretch rounds against the trader.
    """

    ahead: Stretch
    best: Trade
    before_best: Stretch


# ---- where to stop --------------------------------------------------------------------------------------------------
@rule
def root_of_ratio(a: int, b: int) -> int:
    """sqrt(a / b) in Q64.96 within a pool's prices, as exact as 256 bits allow, rounded down; b not zero."""
    if fits(a // b, 63):
        return max(isqrt(mul_div_512_down(a, Q192, b)), MIN_SQRT_RATIO + 1)
    if fits(a // b, 127):
        return isqrt(mul_div_512_down(a, Q128, b)) * Q32
    return MAX_SQRT_RATIO - 1  # a price above 2**127 counts as the last one


@rule
def end_price(zero_for_one: int, fee: int, worth_in: int, worth_out: int) -> int:
    """Price (Q64.96) at which another raw unit in gains nothing; fee in pips, below `PIPS`."""
    gross, net = ZERO + PIPS, ZERO + PIPS - fee
    if zero_for_one:
        return root_of_ratio(worth_in * gross, worth_out * net) if worth_out > 0 else MAX_SQRT_RATIO - 1
    return root_of_ratio(worth_out * net, worth_in * gross) if worth_in > 0 else MAX_SQRT_RATIO - 1


# ---- arbitrage ------------------------------------------------------------------------------------------------------
@rule
def of_both(best: Trade, paid: int, got: int, worth_in: int, worth_out: int) -> Trade:
    """`best`, or this trade if it gains more, or as much with less."""
    cost, value = paid * worth_in, got * worth_out
    if value <= cost or value - cost < best.profit or (value - cost == best.profit and paid >= best.amount_in):
        return best
    return Trade(best.side, paid, got, value - cost)


@rule
def approach(book: Pools, q: int, side: int, target: int, worth_in: int, worth_out: int) -> Approach:
    """Walk whole stretches until the target price lies in the one ahead. Nothing is written."""
    pool, zero_for_one = book.pools[q], 1 if side == ZERO_FOR_ONE else 0
    place, best = place_of(pool), Trade(side, ZERO, ZERO, ZERO)
    stop = next_stop(book, place, target, pool.tick_spacing, zero_for_one)
    ahead = Stretch(place, stop.sqrt_price, ZERO, ZERO)
    before_best = ahead
    while stop.sqrt_price > target if zero_for_one else stop.sqrt_price < target:
        net = in_up(place.sqrt_price, stop.sqrt_price, place.liquidity, zero_for_one)
        paid = ahead.amount_in + net + mul_div_512_up(net, pool.fee, PIPS - pool.fee)
        got = ahead.amount_out + out_down(place.sqrt_price, stop.sqrt_price, place.liquidity, zero_for_one)
        known = best.profit
        best = of_both(best, paid, got, worth_in, worth_out)
        if best.profit > known:
            before_best = ahead
        place = passed(book, place, stop, zero_for_one)
        stop = next_stop(book, place, target, pool.tick_spacing, zero_for_one)
        ahead = Stretch(place, stop.sqrt_price, paid, got)
    return Approach(ahead, best, before_best)


@rule
def better(best: Trade, x: int, leg: Stretch, fee: int, worth_in: int, worth_out: int) -> Trade:
    """`best`, or x in all (more than what came before the stretch) if that gains more."""
    zero_for_one = 1 if best.side == ZERO_FOR_ONE else 0
    step = step_in(leg.place.sqrt_price, leg.end, leg.place.liquidity, x - leg.amount_in, fee, zero_for_one)
    paid, got = leg.amount_in + step.amount_in + step.fee, leg.amount_out + step.amount_out
    return of_both(best, paid, got, worth_in, worth_out)


@rule
def least_in(leg: Stretch, y: int, fee: int, zero_for_one: int) -> int:
    """Raw input, at most a few too many, for y out in all; y lies above what came before and within the stretch."""
    price, liquidity, wanted = leg.place.sqrt_price, leg.place.liquidity, y - leg.amount_out
    if zero_for_one:
        to = price_after_1_out(price, liquidity, wanted)
    else:
        to = price_after_0_out(price, liquidity, wanted)
    paid = in_up(price, to, liquidity, zero_for_one)
    return leg.amount_in + paid + mul_div_512_up(paid, fee, PIPS - fee)


@rule
def better_out(best: Trade, y: int, leg: Stretch, fee: int, worth_in: int, worth_out: int) -> Trade:
    """`best`, or y out in all as cheaply as it comes, if that gains more."""
    least = least_in(leg, y, fee, 1 if best.side == ZERO_FOR_ONE else 0)
    for less in range(2):
        if least > leg.amount_in + less:
            best = better(best, least - less, leg, fee, worth_in, worth_out)
    return best


@rule
def best_trade(book: Pools, q: int, side: int, target: int, worth_in: int, worth_out: int) -> Trade:
    """The best trade on a side; the pool's price is not yet beyond the target."""
    fee, zero_for_one = book.pools[q].fee, 1 if side == ZERO_FOR_ONE else 0
    way = approach(book, q, side, target, worth_in, worth_out)
    leg, best = way.ahead, way.best
    if best.amount_out > way.before_best.amount_out:
        best = better_out(best, best.amount_out, way.before_best, fee, worth_in, worth_out)
    price, liquidity = leg.place.sqrt_price, leg.place.liquidity
    if liquidity == 0 or price == target:
        return best
    paid = in_up(price, target, liquidity, zero_for_one)
    x = leg.amount_in + paid + mul_div_512_up(paid, fee, PIPS - fee)
    y = leg.amount_out + out_down(price, target, liquidity, zero_for_one)
    most = leg.amount_out + out_down(price, leg.end, liquidity, zero_for_one)
    for n in range(3):  # x - 1 to x + 1
        if x + n > leg.amount_in + 1:
            best = better(best, x + n - 1, leg, fee, worth_in, worth_out)
    for n in range(2):  # y and y + 1, each as cheap as it comes
        if y + n > leg.amount_out and y + n <= most:
            best = better_out(best, y + n, leg, fee, worth_in, worth_out)
    return best


@rule
def arbitrage(book: Pools, q: int, worth0: int, worth1: int) -> Trade:
    """The most profitable trade against the outside price, `side` NONE if none gains; an exact-in swap executes it."""
    pool, none = book.pools[q], Trade(NONE, ZERO, ZERO, ZERO)
    if pool.sqrt_price == 0:
        return none
    low, high = end_price(0, pool.fee, worth1, worth0), end_price(1, pool.fee, worth0, worth1)
    if pool.sqrt_price > high:
        best = best_trade(book, q, ZERO_FOR_ONE, high, worth0, worth1)
    elif pool.sqrt_price < low:
        best = best_trade(book, q, ONE_FOR_ZERO, low, worth1, worth0)
    else:
        return none
    return best if best.profit > 0 else none


@rule
def band(pool: Pool, unit0: int, unit1: int) -> Band:
    """Prices at which arbitrage gains nothing; units are 10**decimals (conservative, as `amms.arbitrage.band`)."""
    if pool.sqrt_price == 0:
        return Band(0, WIDEST)
    gross, net, value, per = ZERO + PIPS, ZERO + PIPS - pool.fee, unit0 * PRICE, Q128 * unit1
    root = pool.sqrt_price
    up, down = mul_div_512_up(root, root, Q64), mul_div_512_down(root, root, Q64)  # the price in Q128
    if down // per > WIDEST // value:  # beyond every price
        return Band(WIDEST + 1, WIDEST)
    low, high = mul_div_512_up(up, value * net, per * gross), mul_div_512_down(down, value * gross, per * net)
    return Band(narrow(min(low, ZERO + WIDEST + 1)), narrow(min(high, ZERO + WIDEST)))


# ---- a sale ---------------------------------------------------------------------------------------------------------
@rule
def sale_profit(best: Size, book: Pools, q: int, zero_for_one: int, num: int, den: int, d: int, gas: int) -> Size:
    """`best`, or paying d in kind and selling what it seizes."""
    seized = mul_div_down(d, num, den)
    if d == 0 or seized == 0:
        return best
    code, moved = quote(book, q, zero_for_one, 1, seized, edge_limit(zero_for_one))
    if code != OK or moved.amount_out <= d + gas or moved.amount_out - d - gas <= best.profit:
        return best
    return Size(ZERO + d, seized, moved.amount_out - d - gas)


@rule
def optimal_sale(book: Pools, q: int, zero_for_one: int, num: int, den: int, maximum: int, gas: int) -> Size:
    """Debt to repay in kind so that selling the seizure brings most, across ticks (`amms.sizing.optimal_sale`).

    d raw debt seizes floor(d * num / den) raw collateral, which goes in; `maximum` and `gas` in raw debt.
    """
    best, pool = Size(ZERO, ZERO, ZERO), book.pools[q]
    if pool.sqrt_price == 0 or num == 0 or den == 0:
        return best
    target = end_price(zero_for_one, pool.fee, den, num)
    if pool.sqrt_price <= target if zero_for_one else pool.sqrt_price >= target:
        return best
    side = ZERO_FOR_ONE if zero_for_one else ONE_FOR_ZERO
    most = mul_div_down(maximum, num, den)
    x = min(best_trade(book, q, side, target, den, num).amount_in, most)
    best = sale_profit(best, book, q, zero_for_one, num, den, mul_div_down(x, den, num), gas)
    best = sale_profit(best, book, q, zero_for_one, num, den, mul_div_up(x, den, num), gas)
    if x < most:
        best = sale_profit(best, book, q, zero_for_one, num, den, mul_div_up(x + 1, den, num), gas)
    return best
