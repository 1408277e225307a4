"""Uniswap V2 pairs as a pool family: what `amms.base` asks for, on rows of `constant_product.Pool`."""

from typing import NamedTuple

from protocol_sim.amms.arbitrage import NONE, ZERO_FOR_ONE, Band, arbitrage
from protocol_sim.amms.arbitrage import band as price_band
from protocol_sim.amms.constant_product import Pool, quote_in, quote_out, swap_in, swap_out
from protocol_sim.numeric import MAX_UINT256, ZERO, Rows, as_float, mul_div_down, rule


class Pairs(NamedTuple):
    """All constant-product pools of a world."""

    pools: Rows[Pool]


@rule
def sale(family: Pairs, q: int, zero_for_one: int, x: int) -> tuple[int, int]:
    return quote_out(family.pools[q], zero_for_one, x)


@rule
def purchase(family: Pairs, q: int, zero_for_one: int, y: int) -> tuple[int, int]:
    return quote_in(family.pools[q], zero_for_one, y)


@rule
def sell(family: Pairs, q: int, zero_for_one: int, x: int, now: int) -> tuple[int, int]:
    code, moved = swap_in(family.pools[q], zero_for_one, x, ZERO, now)
    return code, moved.out0 + moved.out1


@rule
def buy(family: Pairs, q: int, zero_for_one: int, y: int, now: int) -> tuple[int, int]:
    code, moved = swap_out(family.pools[q], zero_for_one, y, MAX_UINT256, now)
    return code, moved.in0 + moved.in1


@rule
def spot(family: Pairs, q: int, zero_is_base: int, scale: int, per: int) -> int:
    pool = family.pools[q]
    if zero_is_base:
        return mul_div_down(pool.reserve1, scale, pool.reserve0 * per)
    return mul_div_down(pool.reserve0, scale, pool.reserve1 * per)


@rule
def mid(family: Pairs, q: int) -> float:
    pool = family.pools[q]
    return as_float(pool.reserve1) / max(as_float(pool.reserve0), 1.0)


@rule
def kept(family: Pairs, q: int) -> float:
    pool = family.pools[q]
    return pool.fee_numerator / pool.fee_denominator


@rule
def arbitrage_size(family: Pairs, q: int, worth0: int, worth1: int) -> tuple[int, int]:
    best = arbitrage(family.pools[q], worth0, worth1)
    if best.side == NONE:
        return 0, ZERO
    return (1 if best.side == ZERO_FOR_ONE else 0), best.amount_in


@rule
def band(family: Pairs, q: int, unit0: int, unit1: int) -> Band:
    return price_band(family.pools[q], unit0, unit1)
