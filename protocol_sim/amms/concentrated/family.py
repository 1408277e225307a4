"""Uniswap V3 pools as a pool family: what `amms.base` asks for, on the tables of `state.Pools`.

A sale or purchase is a swap without a price limit that must be filled: where liquidity ends first it is refused
(NOT_FILLED), as the router refuses an exact output; the router would sell part of an exact input and return the rest.
"""

from protocol_sim.amms.arbitrage import NONE, ZERO_FOR_ONE, Band
from protocol_sim.amms.concentrated import optimum
from protocol_sim.amms.concentrated.oracle import quote_at_price
from protocol_sim.amms.concentrated.pool import edge_limit, quote, swap
from protocol_sim.amms.concentrated.state import DUE, NOT_FILLED, OK, Pools
from protocol_sim.numeric import ZERO, as_float, rule

Q96 = 2.0**96


@rule
def sale(family: Pools, q: int, zero_for_one: int, x: int) -> tuple[int, int]:
    """(code, raw output) for exactly x in; nothing is written."""
    code, moved = quote(family, q, zero_for_one, 1, x, edge_limit(zero_for_one))
    if code == OK and moved.amount_in != x:
        return NOT_FILLED, ZERO
    return code, moved.amount_out


@rule
def purchase(family: Pools, q: int, zero_for_one: int, y: int) -> tuple[int, int]:
    """(code, raw input) for exactly y out; nothing is written."""
    code, moved = quote(family, q, zero_for_one, 0, y, edge_limit(zero_for_one))
    if code == OK and moved.amount_out != y:
        return NOT_FILLED, ZERO
    return code, moved.amount_in


@rule
def sell(family: Pools, q: int, zero_for_one: int, x: int, now: int) -> tuple[int, int]:
    """(code, raw output) for exactly x in, executed."""
    code, y = sale(family, q, zero_for_one, x)
    if code == OK:
        swap(family, q, zero_for_one, 1, x, edge_limit(zero_for_one), DUE, now)
    return code, y


@rule
def buy(family: Pools, q: int, zero_for_one: int, y: int, now: int) -> tuple[int, int]:
    """(code, raw input) for exactly y out, executed."""
    code, x = purchase(family, q, zero_for_one, y)
    if code == OK:
        swap(family, q, zero_for_one, 0, y, edge_limit(zero_for_one), DUE, now)
    return code, x


@rule
def spot(family: Pools, q: int, zero_is_base: int, scale: int, per: int) -> int:
    """Marginal raw quote tokens for one raw base token, times `scale` / `per`, rounded down; the fee left out."""
    return quote_at_price(family.pools[q].sqrt_price, scale, zero_is_base) // per


@rule
def mid(family: Pools, q: int) -> float:
    """Marginal raw token1 for one raw token0, as a float; the fee left out."""
    root = as_float(family.pools[q].sqrt_price) / Q96
    return root * root


@rule
def kept(family: Pools, q: int) -> float:
    """The part of an input that the fee leaves, as a float."""
    return 1.0 - family.pools[q].fee * 1e-6


@rule
def arbitrage_size(family: Pools, q: int, worth0: int, worth1: int) -> tuple[int, int]:
    """(zero_for_one, raw input) of the most profitable trade at these worths; input 0: none."""
    best = optimum.arbitrage(family, q, worth0, worth1)
    if best.side == NONE:
        return 0, ZERO
    return (1 if best.side == ZERO_FOR_ONE else 0), best.amount_in


@rule
def band(family: Pools, q: int, unit0: int, unit1: int) -> Band:
    """The prices (8 decimals, whole token0 in whole token1) between which no trade pays; units are 10**decimals."""
    return optimum.band(family.pools[q], unit0, unit1)
