"""Liquidity: mint, burn, collect (@uniswap/v3-core 1.0.1 `UniswapV3Pool.sol`, `Position.sol`, `Tick.sol`).

An owner is a number. Amounts are raw tokens, liquidity is the contract's L.
"""

from protocol_sim.amms.concentrated.oracle import cumulative_now, note
from protocol_sim.amms.concentrated.pool import Amounts
from protocol_sim.amms.concentrated.sqrt_price import amount0_down, amount0_up, amount1_down, amount1_up
from protocol_sim.amms.concentrated.state import (
    DUE,
    LO,
    LOK,
    LS,
    M0,
    M1,
    NO_REASON,
    NO_ROOM,
    NP,
    OK,
    TF,
    Pools,
    Position,
)
from protocol_sim.amms.concentrated.tick_math import Q128, sqrt_ratio_at_tick
from protocol_sim.amms.concentrated.ticks import (
    Growth,
    check_ticks,
    find,
    growth_inside,
    insert,
    remove,
    room_for,
)
from protocol_sim.numeric import MAX_UINT128, ZERO, add, fits, mul_div_512_down, rule, sub, wrapping_sub


@rule
def find_position(book: Pools, q: int, owner: int, lower: int, upper: int) -> int:
    """Row of a position, -1 if it was never opened."""
    pool = book.pools[q]
    for n in range(pool.positions_from, pool.positions_from + pool.positions_used):
        row = book.positions[n]
        if row.owner == owner and row.lower == lower and row.upper == upper:
            return n
    return -1


@rule
def amounts_of(book: Pools, q: int, lower: int, upper: int, liquidity: int, up: int) -> Amounts:
    """Raw tokens that liquidity between two ticks stands for at the pool's price, rounded up or down."""
    pool = book.pools[q]
    low, high = sqrt_ratio_at_tick(lower), sqrt_ratio_at_tick(upper)
    middle = pool.sqrt_price
    if pool.tick < lower:
        middle = low
    elif pool.tick >= upper:
        middle = high
    amount0 = ZERO + 0
    if pool.tick < upper:
        amount0 = amount0_up(middle, high, liquidity) if up else amount0_down(middle, high, liquidity)
    if pool.tick < lower:
        return Amounts(amount0, ZERO)
    return Amounts(amount0, amount1_up(low, middle, liquidity) if up else amount1_down(low, middle, liquidity))


@rule
def credit_fees(position: Position, growth: Growth) -> int:
    """Note the fees earned since the last touch as owed (`Position.sol: update`). Always OK."""
    grown0 = wrapping_sub(growth.token0, position.fee_growth_inside0)
    grown1 = wrapping_sub(growth.token1, position.fee_growth_inside1)
    owed0 = mul_div_512_down(grown0, position.liquidity, Q128) & MAX_UINT128
    owed1 = mul_div_512_down(grown1, position.liquidity, Q128) & MAX_UINT128
    position.fee_growth_inside0, position.fee_growth_inside1 = growth.token0, growth.token1
    position.owed0, position.owed1 = (position.owed0 + owed0) & MAX_UINT128, (position.owed1 + owed1) & MAX_UINT128
    return OK


# ---- mint -----------------------------------------------------------------------------------------------------------
@rule
def gross(book: Pools, row: int) -> int:
    """liquidityGross of a tick's row; 0 for -1."""
    if row < 0:
        return ZERO
    return book.ticks[row].opens + book.ticks[row].closes


@rule
def mint_refusal(book: Pools, q: int, lower: int, upper: int, liquidity: int) -> int:
    """Why liquidity cannot be added, payment aside, in the contract's order."""
    pool = book.pools[q]
    if pool.sqrt_price == 0:
        return LOK
    if liquidity == 0 or not fits(liquidity, 127):
        return NO_REASON
    code = check_ticks(lower, upper)
    if code != OK:
        return code
    most = max(gross(book, find(book, q, lower)), gross(book, find(book, q, upper)))
    if most + liquidity > pool.max_liquidity:
        return LO
    if lower % pool.tick_spacing != 0 or upper % pool.tick_spacing != 0:
        return NO_REASON
    return OK


@rule
def has_room(book: Pools, q: int, owner: int, lower: int, upper: int) -> bool:
    """Whether the tables hold another position with these ticks."""
    pool = book.pools[q]
    if find_position(book, q, owner, lower, upper) < 0 and pool.positions_used == pool.positions_room:
        return False
    return room_for(book, q, (1 if find(book, q, lower) < 0 else 0) + (1 if find(book, q, upper) < 0 else 0))


@rule
def open_position(book: Pools, q: int, owner: int, lower: int, upper: int) -> int:
    """Row of the position, a new one if need be; there is room."""
    n = find_position(book, q, owner, lower, upper)
    if n >= 0:
        return n
    pool = book.pools[q]
    n = pool.positions_from + pool.positions_used
    pool.positions_used += 1
    new = book.positions[n]
    new.owner, new.lower, new.upper = owner, lower, upper
    return n


@rule
def open_tick(book: Pools, q: int, tick: int, now: int) -> int:
    """Row of the tick, initialised if need be; there is room."""
    row = find(book, q, tick)
    if row >= 0:
        return row
    reached = cumulative_now(book, q, now)
    return insert(book, q, tick, reached.tick, reached.seconds_per_liquidity, now)


@rule
def mint(
    book: Pools, q: int, owner: int, lower: int, upper: int, liquidity: int, paid0: int, paid1: int, now: int
) -> tuple[int, Amounts]:
    """Add liquidity (uint128) to a position; the raw amounts asked for (`mint`).

    `paid0`, `paid1`: raw tokens that the callback pays, `DUE` for just what is asked; more is a gift to the pool.
    """
    none = Amounts(ZERO, ZERO)
    code = mint_refusal(book, q, lower, upper, liquidity)
    if code != OK:
        return code, none
    due = amounts_of(book, q, lower, upper, liquidity, 1)
    if paid0 != DUE and paid0 < due.amount0:
        return M0, none
    if paid1 != DUE and paid1 < due.amount1:
        return M1, none
    if not has_room(book, q, owner, lower, upper):
        return NO_ROOM, none
    pool = book.pools[q]
    balance0 = add(pool.balance0, due.amount0 if paid0 == DUE else paid0)
    balance1 = add(pool.balance1, due.amount1 if paid1 == DUE else paid1)
    low, high = open_tick(book, q, lower, now), open_tick(book, q, upper, now)
    position = book.positions[open_position(book, q, owner, lower, upper)]
    credit_fees(position, growth_inside(book, q, low, high))
    position.liquidity = position.liquidity + liquidity
    book.ticks[low].opens = book.ticks[low].opens + liquidity
    book.ticks[high].closes = book.ticks[high].closes + liquidity
    if lower <= pool.tick and pool.tick < upper:
        note(book, q, now)
        pool.liquidity = pool.liquidity + liquidity
    pool.balance0, pool.balance1 = balance0, balance1
    return OK, due


# ---- burn and collect -----------------------------------------------------------------------------------------------
@rule
def burn_refusal(book: Pools, q: int, n: int, lower: int, upper: int, liquidity: int) -> int:
    """Why liquidity cannot be taken from the position in row n (-1: there is none), in the contract's order."""
    if book.pools[q].sqrt_price == 0:
        return LOK
    if not fits(liquidity, 127):
        return NO_REASON
    code = check_ticks(lower, upper)
    if code != OK:
        return code
    if liquidity == 0:
        return NP if n < 0 or book.positions[n].liquidity == 0 else OK
    return LS if n < 0 or book.positions[n].liquidity < liquidity else OK


@rule
def burn(book: Pools, q: int, owner: int, lower: int, upper: int, liquidity: int, now: int) -> tuple[int, Amounts]:
    """Take liquidity (uint128) from a position; its raw tokens and the fees become owed; 0: the fees alone (`burn`)."""
    n = find_position(book, q, owner, lower, upper)
    code = burn_refusal(book, q, n, lower, upper, liquidity)
    if code != OK:
        return code, Amounts(ZERO, ZERO)
    pool, position = book.pools[q], book.positions[n]
    out = amounts_of(book, q, lower, upper, liquidity, 0)
    low, high = find(book, q, lower), find(book, q, upper)
    credit_fees(position, growth_inside(book, q, low, high))
    if liquidity == 0:
        return OK, out
    position.liquidity = position.liquidity - liquidity
    position.owed0 = (position.owed0 + out.amount0) & MAX_UINT128
    position.owed1 = (position.owed1 + out.amount1) & MAX_UINT128
    book.ticks[low].opens = book.ticks[low].opens - liquidity
    book.ticks[high].closes = book.ticks[high].closes - liquidity
    if lower <= pool.tick and pool.tick < upper:
        note(book, q, now)
        pool.liquidity = pool.liquidity - liquidity
    if gross(book, low) == 0:
        remove(book, q, low)
    if gross(book, high) == 0:
        remove(book, q, high)
    return OK, out


@rule
def collect(
    book: Pools, q: int, owner: int, lower: int, upper: int, wanted0: int, wanted1: int
) -> tuple[int, Amounts]:
    """Pay out what is owed, at most the raw amounts wanted (`collect`)."""
    pool, none = book.pools[q], Amounts(ZERO, ZERO)
    if pool.sqrt_price == 0:
        return LOK, none
    n = find_position(book, q, owner, lower, upper)
    if n < 0:
        return OK, none
    position = book.positions[n]
    out = Amounts(min(position.owed0, wanted0), min(position.owed1, wanted1))
    if out.amount0 > pool.balance0 or out.amount1 > pool.balance1:
        return TF, none
    position.owed0, position.owed1 = position.owed0 - out.amount0, position.owed1 - out.amount1
    pool.balance0, pool.balance1 = sub(pool.balance0, out.amount0), sub(pool.balance1, out.amount1)
    return OK, out
