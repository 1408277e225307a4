"""The loop of a swap: step by step from one stop to the next (@uniswap/v3-core 1.0.1 `UniswapV3Pool.sol: swap`)."""

from typing import NamedTuple

from protocol_sim.amms.concentrated.oracle import Cumulative, cumulative_now
from protocol_sim.amms.concentrated.state import Pool, Pools
from protocol_sim.amms.concentrated.swap_step import step_in, step_out
from protocol_sim.amms.concentrated.tick_math import Q128, sqrt_ratio_at_tick, tick_at_sqrt_ratio
from protocol_sim.amms.concentrated.ticks import cross, last_edge, word_edge
from protocol_sim.numeric import MAX_UINT128, ZERO, fits, mul_div_512_down, rule, wrapping_add, wrapping_mul


class Place(NamedTuple):
    """Where a swap stands: price (Q64.96), tick, liquidity in range, row of the initialised tick at or below."""

    sqrt_price: int
    tick: int
    liquidity: int
    below: int


class Stop(NamedTuple):
    """The next stop: an initialised tick or the edge of a word, and its price (Q64.96)."""

    row: int
    tick: int
    initialized: bool
    sqrt_price: int


class Swap(NamedTuple):
    """Raw amounts in (fee included) and out; price (Q64.96), liquidity and tick after it, as in the Swap event."""

    amount_in: int
    amount_out: int
    sqrt_price: int
    liquidity: int
    tick: int


class Walk(NamedTuple):
    """A swap carried through, not yet settled: `Swap`, and what else changes in the pool."""

    moved: Swap
    below: int          # row of the tick at or below the price
    fee_growth: int     # of the token that goes in, Q128
    protocol_fee: int   # raw, of the token that goes in


@rule
def growth_of(fee: int, liquidity: int) -> int:
    """Raw fees per unit of liquidity, Q128, rounded down."""
    if fits(fee, 128):
        return wrapping_mul(fee, Q128) // liquidity
    return mul_div_512_down(fee, Q128, liquidity)


@rule
def place_of(pool: Pool) -> Place:
    """Where the pool stands."""
    return Place(pool.sqrt_price, pool.tick, pool.liquidity, pool.below)


@rule
def next_stop(book: Pools, place: Place, limit: int, spacing: int, zero_for_one: int) -> Stop:
    """How far a step may go on its way to `limit` (Q64.96). Without liquidity the words between change nothing."""
    row = place.below if zero_for_one else book.ticks[place.below].after
    ahead, edge = book.ticks[row].tick, word_edge(place.tick, spacing, zero_for_one)
    if ahead >= edge if zero_for_one else ahead <= edge:
        return Stop(row, ahead, True, book.ticks[row].sqrt_price)
    if place.liquidity == 0:
        last = last_edge(ahead, tick_at_sqrt_ratio(limit), spacing, zero_for_one)
        edge = min(edge, last) if zero_for_one else max(edge, last)
    return Stop(row, edge, False, sqrt_ratio_at_tick(edge))


@rule
def passed(book: Pools, place: Place, stop: Stop, zero_for_one: int) -> Place:
    """Beyond a stop that was reached: the liquidity on the other side of its tick."""
    liquidity, below = place.liquidity, place.below
    if stop.initialized:
        tick = book.ticks[stop.row]
        if zero_for_one:
            liquidity, below = liquidity + tick.closes - tick.opens, tick.before
        else:
            liquidity, below = liquidity + tick.opens - tick.closes, stop.row
    return Place(stop.sqrt_price, stop.tick - 1 if zero_for_one else stop.tick, liquidity, below)


@rule
def walk(book: Pools, q: int, zero_for_one: int, exact_in: int, amount: int, limit: int, now: int, write: int) -> Walk:
    """To where amount or limit ends it; with `write` the ticks that it passes are crossed."""
    pool = book.pools[q]
    place = place_of(pool)
    growth = pool.fee_growth0 if zero_for_one else pool.fee_growth1
    share = pool.fee_protocol0 if zero_for_one else pool.fee_protocol1
    rest, total_in, total_out, protocol_fee = ZERO + amount, ZERO + 0, ZERO + 0, ZERO + 0
    reached, known = Cumulative(0, ZERO), 0
    while rest != 0 and place.sqrt_price != limit:
        stop = next_stop(book, place, limit, pool.tick_spacing, zero_for_one)
        target = max(stop.sqrt_price, limit) if zero_for_one else min(stop.sqrt_price, limit)
        if exact_in:
            step = step_in(place.sqrt_price, target, place.liquidity, rest, pool.fee, zero_for_one)
            rest = rest - (step.amount_in + step.fee)
        else:
            step = step_out(place.sqrt_price, target, place.liquidity, rest, pool.fee, zero_for_one)
            rest = rest - step.amount_out
        total_in, total_out = total_in + step.amount_in + step.fee, total_out + step.amount_out
        fee = step.fee
        if share > 0:
            cut = fee // share
            fee = fee - cut
            protocol_fee = (protocol_fee + cut) & MAX_UINT128
        if place.liquidity > 0:
            growth = wrapping_add(growth, growth_of(fee, place.liquidity))
        if step.sqrt_price == stop.sqrt_price:
            if stop.initialized and write:
                if known == 0:
                    reached, known = cumulative_now(book, q, now), 1
                growth0 = growth if zero_for_one else pool.fee_growth0
                growth1 = pool.fee_growth1 if zero_for_one else growth
                cross(book, stop.row, growth0, growth1, reached.tick, reached.seconds_per_liquidity, now)
            place = passed(book, place, stop, zero_for_one)
        elif step.sqrt_price != place.sqrt_price:
            place = Place(step.sqrt_price, tick_at_sqrt_ratio(step.sqrt_price), place.liquidity, place.below)
    moved = Swap(total_in, total_out, place.sqrt_price, place.liquidity, place.tick)
    return Walk(moved, place.below, growth, protocol_fee)
